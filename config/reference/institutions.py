"""The educational institutions with what they teach and where they are: for stories, figures and pages.

No decision asks for it: a message is judged by the enrolment's own education type and the person's residence.
"""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType

from config.reference.checks.all import sound_reference
from config.reference.csv_reader import DATA
from config.reference.rows import SenderRow
from models.base import Frozen
from models.events.contract import EducationType
from models.events.sender import SenderKind
from models.ids import MunicipalityCode, SenderNumber


class Institution(Frozen):
    """An institution, in force in [valid_from, valid_to)."""

    number: SenderNumber
    name: str
    municipality_code: MunicipalityCode
    education_types: tuple[EducationType, ...]
    valid_from: date
    valid_to: date | None
    successor: SenderNumber | None

    def open_on(self, day: date) -> bool:
        """Whether the institution exists under this number on `day`."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


def load_institutions(directory: Path = DATA) -> Mapping[SenderNumber, Institution]:
    """Every institution by its number; raises `config.errors.ConfigError` with every fault."""
    found = (
        _institution(row)
        for row in sound_reference(directory).senders.rows
        if row.kind is SenderKind.INSTITUTION
    )
    return MappingProxyType({institution.number: institution for institution in found})


def _institution(row: SenderRow) -> Institution:
    return Institution(
        number=SenderNumber(row.number),
        name=row.name,
        municipality_code=MunicipalityCode(row.municipality_code or ""),
        education_types=row.education_types,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        successor=None if row.successor is None else SenderNumber(row.successor),
    )
