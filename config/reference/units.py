"""The responsible units: jobcentres, or what a municipality has put in their place since 1 February 2026."""

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from config.reference.dated import Dated, dated
from config.reference.tables import Reference
from models.base import Frozen
from models.ids import MunicipalityCode, UnitId
from models.tasks.actions import NOT_REACHED_AFTER

DEFAULT_WORKING_DAYS: Final = 5
"""A local service target, never statutory: no deadline in days was found in the law. It borrows the nearest
rule, contact within five working days for those of 15 to 17 years (source: uvm.dk)."""


GATHERING: Final = timedelta(hours=1)
"""For how long further messages of an open task are gathered into one mail; a service choice, no law."""


class Unit(Frozen):
    """A unit, the recipient of its notices, and the municipality that is responsible for it."""

    unit_id: UnitId
    name: str
    email: str
    municipality_code: MunicipalityCode


def units_of(reference: Reference) -> Mapping[UnitId, Unit]:
    """Every unit by its id."""
    units = (
        Unit(
            unit_id=UnitId(row.unit_id),
            name=row.name,
            email=row.email,
            municipality_code=MunicipalityCode(row.municipality_code),
        )
        for row in reference.units.rows
    )
    return MappingProxyType({unit.unit_id: unit for unit in units})


def react_by_of(reference: Reference) -> Dated[int]:
    """Each unit's own target in working days, dated, so that a new target moves no deadline already set."""
    rows = ((row.unit_id, row.valid_from, row.working_days) for row in reference.react_by.rows)
    return dated(rows, DEFAULT_WORKING_DAYS)


def not_reached_of(reference: Reference) -> Dated[int]:
    """How often each unit seeks contact before it may close a task as not reached."""
    rows = ((row.unit_id, row.valid_from, row.attempts) for row in reference.not_reached_after.rows)
    return dated(rows, NOT_REACHED_AFTER)


def gathering_of(reference: Reference) -> Dated[timedelta]:
    """For how long each unit's further messages of an open task are gathered into one mail."""
    rows = ((row.unit_id, row.valid_from, timedelta(minutes=row.minutes)) for row in reference.gathering.rows)
    return dated(rows, GATHERING)


def municipalities_of(reference: Reference) -> Mapping[str, str]:
    """The name of every municipality by its code."""
    return MappingProxyType({row.code: row.name for row in reference.municipalities.rows})
