"""All reference tables of one directory, read together so that they can be held against each other."""

from dataclasses import dataclass
from pathlib import Path

from config.errors import Fault
from config.rows import (
    DayOffRow,
    EducationRow,
    MunicipalityRow,
    NotReachedRow,
    ReactByRow,
    RouteRow,
    SenderRow,
    UnitRow,
)
from config.rule_sets import RuleSetRow, read_rule_sets
from config.tables import Table, read_table


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """What the files say, row by row; nothing here has been compared with another file yet."""

    municipalities: Table[MunicipalityRow]
    units: Table[UnitRow]
    routes: Table[RouteRow]
    education_types: Table[EducationRow]
    rule_sets: Table[RuleSetRow]
    senders: Table[SenderRow]
    react_by: Table[ReactByRow]
    not_reached_after: Table[NotReachedRow]
    days_off: Table[DayOffRow]

    @property
    def faults(self) -> list[Fault]:
        """The faults of single rows, file by file."""
        return [
            *self.municipalities.faults,
            *self.units.faults,
            *self.routes.faults,
            *self.education_types.faults,
            *self.rule_sets.faults,
            *self.senders.faults,
            *self.react_by.faults,
            *self.not_reached_after.faults,
            *self.days_off.faults,
        ]


def read_reference(directory: Path) -> Reference:
    """Read every table of `directory`; faults are collected, never raised."""
    return Reference(
        municipalities=read_table(directory, "municipalities.csv", MunicipalityRow),
        units=read_table(directory, "units.csv", UnitRow),
        routes=read_table(directory, "routes.csv", RouteRow),
        education_types=read_table(directory, "education_types.csv", EducationRow),
        rule_sets=read_rule_sets(directory),
        senders=read_table(directory, "senders.csv", SenderRow),
        react_by=read_table(directory, "react_by.csv", ReactByRow),
        not_reached_after=read_table(directory, "not_reached_after.csv", NotReachedRow),
        days_off=read_table(directory, "days_off.csv", DayOffRow),
    )
