"""Holds the reference tables against each other, so that no message finds a gap that could be seen before.

It must not repair or guess: a configuration with a fault is refused as a whole.
"""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from config.errors import ConfigError, Fault
from config.reference.checks.channels import channel_faults
from config.reference.checks.law import law_faults
from config.reference.checks.reminders import reminder_faults
from config.reference.checks.retention import retention_faults
from config.reference.checks.routes import route_faults
from config.reference.checks.senders import sender_faults
from config.reference.csv_reader import DATA, CsvTable, RowT
from config.reference.rows import GatheringRow, NotReachedRow, ReactByRow
from config.reference.tables import Reference, read_reference
from models.events.contract import EducationType


def check_reference_data(directory: Path) -> list[Fault]:
    """Every fault of the reference data in `directory`; empty when it can be used."""
    return reference_faults(read_reference(directory))


def sound_reference(directory: Path = DATA) -> Reference:
    """The reference data of `directory`; raises `ConfigError` with every fault.

    A process calls it once, at its start, and hands the value on: all its parts see the same tables.
    """
    reference = read_reference(directory)
    faults = reference_faults(reference)
    if faults:
        raise ConfigError(faults)
    return reference


def reference_faults(reference: Reference) -> list[Fault]:
    """Faults of single rows, then those between rows. What a broken row hides is not reported as absent."""
    return [
        *reference.faults,
        *_twice(reference.municipalities, "municipality", lambda row: row.code),
        *_twice(reference.units, "unit", lambda row: row.unit_id),
        *_unit_faults(reference),
        *route_faults(reference),
        *_twice(reference.education_types, "education type", lambda row: row.code),
        *_education_faults(reference),
        *_twice(reference.rule_sets, "version", lambda row: row.version),
        *law_faults(reference),
        *_twice(
            reference.law_confirmers, "person", lambda row: f"{row.person.lower()} from {row.valid_from}"
        ),
        *_twice(
            reference.law_confirmations,
            "confirmation of",
            lambda row: f"{row.version} by {row.confirmed_by.lower()} on {row.confirmed_on}",
        ),
        *_twice(reference.senders, "sender", lambda row: row.number),
        *sender_faults(reference),
        *_twice(reference.react_by, "target of", lambda row: f"{row.unit_id} from {row.valid_from}"),
        *_unknown_units(reference, reference.react_by),
        *_twice(reference.not_reached_after, "number of", lambda row: f"{row.unit_id} from {row.valid_from}"),
        *_unknown_units(reference, reference.not_reached_after),
        *_twice(reference.gathering, "time of", lambda row: f"{row.unit_id} from {row.valid_from}"),
        *_unknown_units(reference, reference.gathering),
        *_twice(reference.days_off, "day", lambda row: row.month_day),
        *channel_faults(reference),
        *_twice(
            reference.steps,
            "step",
            lambda row: f"{row.kind} {row.level} of {row.unit_id or 'all other units'} from {row.valid_from}",
        ),
        *_twice(
            reference.working_hours,
            "hours of",
            lambda row: f"{row.weekday} of {row.unit_id or 'all other units'} from {row.valid_from}",
        ),
        *_twice(
            reference.recipients,
            "recipient",
            lambda row: " ".join(
                (row.audience, *filter(None, (row.unit_id, row.municipality_code)), row.email.lower())
            ),
        ),
        *_twice(reference.digests, "digest of", lambda row: f"{row.unit_id} from {row.valid_from}"),
        *reminder_faults(reference),
        *retention_faults(reference),
    ]


def _twice(table: CsvTable[RowT], thing: str, key: Callable[[RowT], str]) -> Iterator[Fault]:
    first: dict[str, int] = {}
    for line in table.lines:
        name = key(line.row)
        if first.setdefault(name, line.number) != line.number:
            yield table.fault(line.number, f"{thing} {name} is already on line {first[name]}")


def _unit_faults(reference: Reference) -> Iterator[Fault]:
    known = {row.code for row in reference.municipalities.rows}
    if not reference.municipalities.sound:
        return
    for line in reference.units.lines:
        if line.row.municipality_code not in known:
            yield reference.units.fault(
                line.number,
                f"unit {line.row.unit_id} is under municipality {line.row.municipality_code}, "
                "which is not in municipalities.csv",
            )


def _education_faults(reference: Reference) -> Iterator[Fault]:
    table = reference.education_types
    if table.sound:
        known = {row.code for row in table.rows}
        missing: Iterable[EducationType] = (code for code in EducationType if code not in known)
        yield from (table.fault(None, f"education type {code} is missing") for code in missing)


def _unknown_units(
    reference: Reference, table: CsvTable[ReactByRow] | CsvTable[NotReachedRow] | CsvTable[GatheringRow]
) -> Iterator[Fault]:
    known = {row.unit_id for row in reference.units.rows}
    if not reference.units.sound:
        return
    for line in table.lines:
        if line.row.unit_id not in known:
            yield table.fault(line.number, f"unit {line.row.unit_id} is not in units.csv")
