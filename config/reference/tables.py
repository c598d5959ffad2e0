"""All reference tables of one directory, read together so that they can be held against each other."""

from dataclasses import dataclass
from pathlib import Path

from config.errors import Fault
from config.reference.csv_reader import CsvTable, read_table
from config.reference.reminder_rows import DigestRow, HoursRow, RecipientRow, ReminderRow
from config.reference.retention_rows import RetentionRow
from config.reference.rows import (
    AnswerRow,
    DayOffRow,
    EducationRow,
    GatheringRow,
    LawConfirmationRow,
    LawConfirmerRow,
    MunicipalityRow,
    NotReachedRow,
    ReactByRow,
    RouteRow,
    SenderRow,
    UnitRow,
    WebhookRow,
)
from config.reference.rule_sets import RuleSetRow, read_rule_sets


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """What the files say, row by row; nothing here has been compared with another file yet."""

    municipalities: CsvTable[MunicipalityRow]
    units: CsvTable[UnitRow]
    routes: CsvTable[RouteRow]
    education_types: CsvTable[EducationRow]
    rule_sets: CsvTable[RuleSetRow]
    law_confirmers: CsvTable[LawConfirmerRow]
    law_confirmations: CsvTable[LawConfirmationRow]
    senders: CsvTable[SenderRow]
    react_by: CsvTable[ReactByRow]
    not_reached_after: CsvTable[NotReachedRow]
    gathering: CsvTable[GatheringRow]
    days_off: CsvTable[DayOffRow]
    webhooks: CsvTable[WebhookRow]
    answers: CsvTable[AnswerRow]
    steps: CsvTable[ReminderRow]
    working_hours: CsvTable[HoursRow]
    recipients: CsvTable[RecipientRow]
    digests: CsvTable[DigestRow]
    retention: CsvTable[RetentionRow]

    @property
    def faults(self) -> list[Fault]:
        """The faults of single rows, file by file."""
        return [
            *self.municipalities.faults,
            *self.units.faults,
            *self.routes.faults,
            *self.education_types.faults,
            *self.rule_sets.faults,
            *self.law_confirmers.faults,
            *self.law_confirmations.faults,
            *self.senders.faults,
            *self.react_by.faults,
            *self.not_reached_after.faults,
            *self.gathering.faults,
            *self.days_off.faults,
            *self.webhooks.faults,
            *self.answers.faults,
            *self.steps.faults,
            *self.working_hours.faults,
            *self.recipients.faults,
            *self.digests.faults,
            *self.retention.faults,
        ]


def read_reference(directory: Path) -> Reference:
    """Read every table of `directory`; faults are collected, never raised."""
    return Reference(
        municipalities=read_table(directory, "municipalities.csv", MunicipalityRow),
        units=read_table(directory, "units.csv", UnitRow),
        routes=read_table(directory, "routes.csv", RouteRow),
        education_types=read_table(directory, "education_types.csv", EducationRow),
        rule_sets=read_rule_sets(directory),
        law_confirmers=read_table(directory, "law_confirmers.csv", LawConfirmerRow),
        law_confirmations=read_table(directory, "law_confirmations.csv", LawConfirmationRow),
        senders=read_table(directory, "senders.csv", SenderRow),
        react_by=read_table(directory, "react_by.csv", ReactByRow),
        not_reached_after=read_table(directory, "not_reached_after.csv", NotReachedRow),
        gathering=read_table(directory, "gathering.csv", GatheringRow),
        days_off=read_table(directory, "days_off.csv", DayOffRow),
        webhooks=read_table(directory, "webhooks.csv", WebhookRow),
        answers=read_table(directory, "answers.csv", AnswerRow),
        steps=read_table(directory, "steps.csv", ReminderRow),
        working_hours=read_table(directory, "working_hours.csv", HoursRow),
        recipients=read_table(directory, "recipients.csv", RecipientRow),
        digests=read_table(directory, "digests.csv", DigestRow),
        retention=read_table(directory, "retention.csv", RetentionRow),
    )
