"""Who takes part in the story: the institutions, municipalities and residence register of the service."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from config.reference.checks.all import sound_reference
from config.reference.csv_reader import DATA
from config.reference.institutions import institutions_of
from config.senders import base_senders
from models.events import probe_identity
from models.events.contract import EducationType
from models.events.sender import SenderKind

OPEN_ON: Final = date(2026, 8, 1)


@dataclass(frozen=True, slots=True)
class School:
    """An institution of the story."""

    number: str
    source: str
    municipality: str
    education_types: tuple[EducationType, ...]


@dataclass(frozen=True, slots=True)
class Authority:
    """A municipality or a register as a sender. `number` of a municipality is its code."""

    number: str
    source: str


@dataclass(frozen=True, slots=True)
class Institutions:
    """All senders of the story."""

    schools: Sequence[School]
    municipalities: Sequence[Authority]
    register: Authority


def load_demo_institutions(directory: Path = DATA) -> Institutions:
    """The cast of the shipped reference data; closed institutions and canaries take no part."""
    reference = sound_reference(directory)
    senders = {
        sender.number: sender
        for sender in base_senders(reference)
        if sender.number not in probe_identity.SENDERS
    }
    schools = tuple(
        School(number, senders[number].source, institution.municipality_code, institution.education_types)
        for number, institution in sorted(institutions_of(reference).items())
        if number in senders and institution.valid_to is None and institution.valid_from <= OPEN_ON
    )
    authorities = [
        (sender.kind, Authority(sender.number, sender.source))
        for sender in sorted(senders.values(), key=lambda sender: sender.number)
        if sender.valid_to is None
    ]
    register = next(authority for kind, authority in authorities if kind is SenderKind.REGISTER)
    municipalities = tuple(authority for kind, authority in authorities if kind is SenderKind.MUNICIPALITY)
    return Institutions(schools, municipalities, register)
