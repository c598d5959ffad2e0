"""The responsible units: jobcentres, or what a municipality has put in their place since 1 February 2026."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Final

from config.reference.checks.all import sound_reference
from config.reference.csv_reader import DATA
from models.base import Frozen
from models.ids import MunicipalityCode, UnitId
from models.tasks.actions import NOT_REACHED_AFTER

DEFAULT_WORKING_DAYS: Final = 5
"""A local service target, never statutory: no deadline in days was found in the law. It borrows the nearest
rule, contact within five working days for those of 15 to 17 years (source: uvm.dk)."""


class Unit(Frozen):
    """A unit, the recipient of its notices, and the municipality that is responsible for it."""

    unit_id: UnitId
    name: str
    email: str
    municipality_code: MunicipalityCode


@dataclass(frozen=True, slots=True)
class ReactBy:
    """Each unit's own target in working days, dated, so that a new target moves no deadline already set."""

    targets: Mapping[str, tuple[tuple[date, int], ...]]
    """By unit: (valid from, working days), latest first."""

    def days(self, unit_id: str, on: date) -> int:
        """The working days within which `unit_id` wants to react to a message dated `on`."""
        dated = self.targets.get(unit_id, ())
        return next((days for start, days in dated if start <= on), DEFAULT_WORKING_DAYS)


@dataclass(frozen=True, slots=True)
class NotReached:
    """How often each unit seeks contact before it may close a task as not reached, dated."""

    numbers: Mapping[str, tuple[tuple[date, int], ...]]
    """By unit: (valid from, attempts), latest first."""

    def attempts(self, unit_id: str, on: date) -> int:
        """What holds for `unit_id` on that day."""
        dated = self.numbers.get(unit_id, ())
        return next((number for start, number in dated if start <= on), NOT_REACHED_AFTER)


def load_units(directory: Path = DATA) -> Mapping[UnitId, Unit]:
    """Every unit by its id; raises `config.errors.ConfigError` with every fault."""
    units = (
        Unit(
            unit_id=UnitId(row.unit_id),
            name=row.name,
            email=row.email,
            municipality_code=MunicipalityCode(row.municipality_code),
        )
        for row in sound_reference(directory).units.rows
    )
    return MappingProxyType({unit.unit_id: unit for unit in units})


def load_react_by(directory: Path = DATA) -> ReactBy:
    """Every unit's own target; raises `config.errors.ConfigError` with every fault."""
    rows = sound_reference(directory).react_by.rows
    return ReactBy(_latest_first((row.unit_id, row.valid_from, row.working_days) for row in rows))


def load_not_reached(directory: Path = DATA) -> NotReached:
    """Every unit's own number of attempts; raises `config.errors.ConfigError` with every fault."""
    rows = sound_reference(directory).not_reached_after.rows
    return NotReached(_latest_first((row.unit_id, row.valid_from, row.attempts) for row in rows))


def _latest_first(rows: Iterable[tuple[str, date, int]]) -> Mapping[str, tuple[tuple[date, int], ...]]:
    numbers: dict[str, list[tuple[date, int]]] = defaultdict(list)
    for unit, valid_from, number in rows:
        numbers[unit].append((valid_from, number))
    return MappingProxyType({unit: tuple(sorted(found, reverse=True)) for unit, found in numbers.items()})
