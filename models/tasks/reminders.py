"""What falls due about a task, and when: reminders, the passing of its date, escalations, a mentor right to take up.

Pure: the task's state and the unit's rules in, reminders out. It knows no address and never asks what time it is.
Nothing falls due on the day on which a unit gets a task: the notice of that day says it all.
"""

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final
from uuid import UUID

from msgspec import Struct

from models.calendar import add_working_days, copenhagen_date, is_working_day
from models.ids import reminder_ids, reminder_name
from models.notifications.delivery import Audience, Channel, Occasion
from models.tasks.office_hours import OfficeHours
from models.tasks.status import TaskStatus


class ReminderKind(StrEnum):
    """What may fall due."""

    REMINDER = "reminder"
    """Before the date: nobody has acknowledged the task yet."""
    OVERDUE = "overdue"
    """The date has passed and the task is open. Nothing but the end of the task stops it."""
    ESCALATION = "escalation"
    """Others than those who work on tasks are told, level by level."""
    MENTOR_ENDS = "mentor_ends"
    """The last day to take up the right to a mentor is near and the task is open."""

    @property
    def occasion(self) -> Occasion:
        """Why somebody is written to when it fires."""
        return Occasion(self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderRule:
    """One row of a unit's policy."""

    kind: ReminderKind
    level: int
    """1, 2, … of its kind, in the order in which they fall due."""
    working_days: int
    """From the task's date: below 0 before it, 0 on it. `mentor_ends`: from the last day to take up the right."""
    to: tuple[Audience, ...]
    channels: tuple[Channel, ...] = (Channel.EMAIL,)

    @property
    def until_seen(self) -> bool:
        """Whether it is over when a person has seen the task: before the date, and never after it."""
        return self.kind in (ReminderKind.REMINDER, ReminderKind.ESCALATION) and self.working_days <= 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderInputs:
    """How a task stands, as far as what falls due follows from it."""

    task_id: UUID
    unit_id: str
    status: TaskStatus
    appended_at: datetime
    """Of its first message: its date says which rules hold for the task."""
    react_by: date
    mentor_until: date | None
    open_since: datetime
    """When this unit got it, or got it back: opened, taken over, opened again."""
    seen: bool
    """Whether a person has acknowledged it, or works on it; who opens a closed task again has seen it."""


class Reminder(Struct, frozen=True, kw_only=True, gc=False):
    """One thing that falls due once. Its id follows from all the rest."""

    id: UUID
    task_id: UUID
    kind: ReminderKind
    level: int
    due_at: datetime
    about: date
    """The date that it speaks of: the task's, or the last day to take up the mentor right."""
    until_seen: bool


@dataclass(frozen=True, slots=True)
class Digest:
    """A unit's morning mail about all its open tasks."""

    instead: bool
    """Its reminders and passed dates stand there alone; otherwise they are written one by one as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderPolicy:
    """What the units have set. Every function is quick and without I/O."""

    rules: Callable[[str, date], Sequence[ReminderRule]]
    """By unit and the date on which the task's first message arrived: a new policy moves nothing already set."""
    hours: Callable[[str], OfficeHours]
    days_off: Container[date]
    addresses: Callable[[str, Audience, Channel], Sequence[str]]
    """Where an audience of a unit is reached now; the service's is never empty."""
    digest: Callable[[str, date], Digest | None]
    digest_units: tuple[str, ...]
    fingerprint: str
    """Of everything above but the addresses: another one means that open tasks are planned anew."""


_ORDER: Final = {kind: place for place, kind in enumerate(ReminderKind)}
_FARTHEST: Final = timedelta(days=5 * 366)
"""From the day on which a unit got a task. A right to a mentor that ends later ends on a wrong date, which a sender may
name as far as 2100: nobody need be told, and the days off of such years are not known."""


def plan(task: ReminderInputs, policy: ReminderPolicy) -> tuple[Reminder, ...]:
    """All steps of a task as it stands, fired or not, in the order in which they fall due."""
    if task.status is not TaskStatus.OPEN:
        return ()
    moments = _moments(
        policy,
        task.unit_id,
        copenhagen_date(task.appended_at),
        copenhagen_date(task.open_since),
        task.react_by,
        task.mentor_until,
    )
    name_of = reminder_ids(task.task_id)
    return tuple(
        Reminder(
            id=name_of(moment.name),
            task_id=task.task_id,
            kind=moment.rule.kind,
            level=moment.rule.level,
            due_at=moment.due_at,
            about=moment.about,
            until_seen=moment.rule.until_seen,
        )
        for moment in moments
        if not (task.seen and moment.rule.until_seen)
    )


@dataclass(frozen=True, slots=True)
class _Moment:
    """When a rule falls due, and what it speaks of."""

    rule: ReminderRule
    due_at: datetime
    about: date
    name: str
    """As `reminder_name`: once, and not for each task."""


@lru_cache(maxsize=4096)  # a morning's tasks have the same dates
def _moments(
    policy: ReminderPolicy, unit: str, arrived: date, got_on: date, react_by: date, mentor_until: date | None
) -> tuple[_Moment, ...]:
    hours, found = policy.hours(unit), []
    for rule in policy.rules(unit, arrived):
        about = mentor_until if rule.kind is ReminderKind.MENTOR_ENDS else react_by
        if about is None or (rule.kind is ReminderKind.MENTOR_ENDS and about - got_on > _FARTHEST):
            continue
        due_at = hours.opening(_day(rule, about, got_on, policy.days_off))
        comes_before = rule.kind is ReminderKind.MENTOR_ENDS or rule.working_days <= 0
        if got_on < copenhagen_date(due_at) and not (comes_before and copenhagen_date(due_at) > about):
            name = reminder_name(rule.kind, rule.level, due_at)
            found.append(_Moment(rule, due_at, about, name))
    return tuple(sorted(found, key=lambda one: (one.due_at, _ORDER[one.rule.kind], one.rule.level)))


def _day(rule: ReminderRule, about: date, got_on: date, days_off: Container[date]) -> date:
    if rule.kind is ReminderKind.MENTOR_ENDS:
        return max(shift(about, rule.working_days, days_off), got_on + timedelta(days=1))
    if rule.working_days <= 0:
        return shift(about, rule.working_days, days_off)
    # A task that comes late, or comes back, is not late with everything at once.
    return shift(max(about, got_on), rule.working_days, days_off)


def shift(day: date, working_days: int, days_off: Container[date]) -> date:
    """The working day so many after `day`, or before it; 0 is `day` itself."""
    if working_days >= 0:
        return add_working_days(day, working_days, days_off)
    while working_days < 0:
        day -= timedelta(days=1)
        working_days += is_working_day(day, days_off)
    return day
