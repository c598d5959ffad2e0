"""The rows about what falls due after a task was opened: policy, hours, who is told, morning mails."""

from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import PlainValidator, model_validator

from config.reference.csv_reader import Row
from config.reference.rows import Clock, CountCell, Day, Email, Shift, UnitCode
from models.events.contract import Municipality
from models.notifications.delivery import Audience, Channel
from models.tasks.office_hours import CLOCK_CHANGES
from models.tasks.reminders import ReminderKind

_BEFORE: Final = (ReminderKind.REMINDER, ReminderKind.MENTOR_ENDS)


def _words(known: type[StrEnum], thing: str) -> PlainValidator:
    """Several words of a closed list, with a space between them."""

    def read(text: str) -> tuple[StrEnum, ...]:
        names = text.split(" ")
        unknown = [name for name in names if name not in set(known)]
        if unknown:
            raise ValueError(f"unknown {thing} {', '.join(unknown)}")
        if len(set(names)) != len(names):
            raise ValueError(f"a word is there twice: one of {', '.join(known)} each")
        return tuple(known(name) for name in names)

    return PlainValidator(read)


class Weekday(StrEnum):
    """The days of the week, Monday first."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


class ReminderRow(Row):
    """``steps.csv``: one step of a unit's policy; without a unit, of everybody's who has none of his own."""

    unit_id: UnitCode | None = None
    kind: ReminderKind
    level: CountCell
    working_days: Shift
    to: Annotated[tuple[Audience, ...], _words(Audience, "audience")]
    channels: Annotated[tuple[Channel, ...], _words(Channel, "channel")]
    valid_from: Day

    @model_validator(mode="after")
    def _is_where_it_belongs(self) -> Self:
        if self.kind is ReminderKind.OVERDUE and self.working_days < 1:
            raise ValueError("overdue comes after the date: working_days is at least 1")
        if self.kind is ReminderKind.REMINDER and self.working_days > 0:
            raise ValueError("a reminder comes before the date: working_days is at most 0")
        if self.kind is ReminderKind.MENTOR_ENDS and self.working_days > 0:
            raise ValueError("mentor_ends comes before the right ends: working_days is at most 0")
        return self


class HoursRow(Row):
    """``working_hours.csv``: one weekday's hours; a weekday without a row is closed."""

    unit_id: UnitCode | None = None
    weekday: Weekday
    opens: Clock
    closes: Clock
    valid_from: Day

    @model_validator(mode="after")
    def _are_hours_of_every_day(self) -> Self:
        if self.closes <= self.opens:
            raise ValueError("closes is not after opens")
        first, last = CLOCK_CHANGES
        if any(first < at < last for at in (self.opens, self.closes)):
            raise ValueError(
                "hours neither begin nor end between 02:00 and 03:00: two nights a year skip or repeat them"
            )
        return self


class RecipientRow(Row):
    """``recipients.csv``: one more address, beside the unit's own in ``units.csv``."""

    audience: Audience
    unit_id: UnitCode | None = None
    municipality_code: Municipality | None = None
    email: Email

    @model_validator(mode="after")
    def _belongs_to_somebody(self) -> Self:
        wanted = {
            Audience.UNIT: (True, False),
            Audience.LEAD: (True, False),
            Audience.MUNICIPALITY: (False, True),
            Audience.SERVICE: (False, False),
        }[self.audience]
        if (self.unit_id is not None, self.municipality_code is not None) != wanted:
            raise ValueError(
                f"{self.audience} goes with "
                + (
                    "a unit_id alone"
                    if wanted[0]
                    else "a municipality_code alone"
                    if wanted[1]
                    else "neither"
                )
            )
        return self


class DigestMode(StrEnum):
    """Whether a unit gets a morning mail, and what becomes of its single ones."""

    BESIDES = "besides"
    INSTEAD = "instead"
    NONE = "none"


class DigestRow(Row):
    """``digests.csv``: a unit that wants its open tasks listed each morning."""

    unit_id: UnitCode
    mode: DigestMode
    valid_from: Day
