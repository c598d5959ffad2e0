"""Whether settings and files are sound, each fault with its part: what `check-config` and `doctor` both ask."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from config.errors import ConfigError, Fault
from config.key_faults import folder_faults, store_faults
from config.reference.checks.all import reference_faults
from config.reference.checks.law import confirmations_to_come
from config.reference.csv_reader import DATA
from config.reference.tables import Reference, read_reference
from config.sections.audit import ProbeIntervalSection, ProbeSection
from config.sections.keys import EveryKeySection
from config.sections.notices import BounceSection, SmtpSection, WebhookSection
from config.sections.pages import ApiSection
from config.sections.processes import IntakeSection
from config.sections.servers import ReferenceSection, SendersSection
from config.told_sections import ToldSections
from crypto.key_purpose import KeyHolder
from frafaldsvarsel.wiring import common as common_wiring
from frafaldsvarsel.wiring import notices as notices_wiring
from frafaldsvarsel.wiring import probe as probe_wiring
from frafaldsvarsel.wiring.api import api_faults
from frafaldsvarsel.wiring.ledger import rules
from models.calendar import copenhagen_date


class ConfigPart(StrEnum):
    """What is sound or not by itself."""

    REFERENCE = "reference-data"
    KEYS = "key-ring"
    SENDERS = "senders"
    CHANNELS = "channels"
    CLIENTS = "api-clients"
    PROBE_KEYS = "probe-keys"


@dataclass(frozen=True, slots=True)
class PartFault:
    """One thing that a person must mend."""

    part: ConfigPart
    fault: Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Soundness:
    """What is wrong, in the order of the parts, and the tables: None where they cannot be used."""

    faults: tuple[PartFault, ...]
    reference: Reference | None
    unasked: frozenset[ConfigPart]
    """Parts that could not be looked at: their settings, or the tables that they need, cannot be used."""


def soundness(told: ToldSections, now: datetime) -> Soundness:
    """Everything that can be said of the files that the settings name."""
    reference, wrong = _reference(told)
    unasked = set[ConfigPart]()
    faults = [PartFault(ConfigPart.REFERENCE, fault) for fault in wrong]
    if reference is not None:
        faults += [
            PartFault(ConfigPart.REFERENCE, fault)
            for fault in confirmations_to_come(reference, copenhagen_date(now))
        ]
    ways: dict[ConfigPart, Callable[[], Iterable[Fault]]] = {
        ConfigPart.KEYS: lambda: _keys(told, now),
        ConfigPart.SENDERS: lambda: _senders(told, now),
        ConfigPart.CHANNELS: lambda: _channels(told, reference),
        ConfigPart.CLIENTS: lambda: _clients(told, reference),
        ConfigPart.PROBE_KEYS: lambda: _probe(told, reference),
    }
    for part, found in ways.items():
        try:
            faults += [PartFault(part, fault) for fault in found()]
        except ConfigError as error:
            faults += [PartFault(part, fault) for fault in error.faults]
        except _Unasked:
            unasked.add(part)
    return Soundness(faults=tuple(faults), reference=reference, unasked=frozenset(unasked))


class _Unasked(Exception):
    """Settings or tables that the question needs cannot be used, which is said elsewhere."""


def _reference(told: ToldSections) -> tuple[Reference | None, Iterable[Fault]]:
    section = told.get(ReferenceSection)
    try:
        reference = read_reference((section and section.directory) or DATA)
    except ConfigError as error:
        return None, error.faults
    faults = list(reference_faults(reference))
    if section is not None:
        faults += common_wiring.unsigned(section)
    return (None if faults else reference), faults


def _keys(told: ToldSections, now: datetime) -> Iterable[Fault]:
    keys, intake = told.get(EveryKeySection), told.get(IntakeSection)
    if keys is None or intake is None:
        raise _Unasked
    taken = intake.published_keys_taken
    if keys.store is not None:
        return store_faults(keys.store, now=now, published_keys_taken=taken)
    if keys.folder is not None and keys.folder.name in set(KeyHolder):
        return folder_faults(keys.folder, KeyHolder(keys.folder.name), now=now, published_keys_taken=taken)
    raise _Unasked


def _senders(told: ToldSections, now: datetime) -> Iterable[Fault]:
    senders, intake = told.get(SendersSection), told.get(IntakeSection)
    if senders is None or intake is None:
        raise _Unasked
    return common_wiring.register_faults(senders, now=now, published_keys_taken=intake.published_keys_taken)


def _channels(told: ToldSections, reference: Reference | None) -> Iterator[Fault]:
    smtp, bounces, webhooks = told.get(SmtpSection), told.get(BounceSection), told.get(WebhookSection)
    if smtp is None or bounces is None or webhooks is None or reference is None:
        raise _Unasked
    yield from notices_wiring.channel_faults(bounces, webhooks, reference)
    notices_wiring.smtp(smtp)


def _clients(told: ToldSections, reference: Reference | None) -> Iterable[Fault]:
    api = told.get(ApiSection)
    if api is None or reference is None:
        raise _Unasked
    return api_faults(api, rules(reference).units)


def _probe(told: ToldSections, reference: Reference | None) -> Iterable[Fault]:
    interval, probe = told.get(ProbeIntervalSection), told.get(ProbeSection)
    if interval is None or probe is None or reference is None:
        raise _Unasked
    if interval.seconds is not None and probe.keys_dir is not None:
        probe_wiring.known_probe(probe, reference)
    return ()
