"""What is planned held against what is kept: what is new, what is over and why, and what holds again.

Pure. Planning the same again changes nothing; what has fired never fires again for the same reason.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from models.tasks.reminders import Reminder, ReminderInputs, ReminderKind
from models.tasks.status import TaskStatus


class ReminderStatus(StrEnum):
    """Where a step stands."""

    WAITING = "waiting"
    FIRED = "fired"
    STOPPED = "stopped"


class StopReason(StrEnum):
    """Why a step was stopped."""

    TASK_CLOSED = "task_closed"
    TASK_WITHDRAWN = "task_withdrawn"
    """What it was built on has gone, or another unit has it."""
    TASK_NOT_OPEN = "task_not_open"
    """A notice could not be delivered, and the task has ended meanwhile."""
    ACKNOWLEDGED = "acknowledged"
    """A person has seen the task, and the date has not come yet."""
    REPLANNED = "replanned"
    """The date or the rules have changed: another reminder stands in its place."""
    MOMENT_PASSED = "moment_passed"
    """Its moment before the date had gone when it was first planned."""
    ALREADY_FIRED = "already_fired"
    """The date has changed after the unit was told that it had passed."""
    ANOTHER_WAS_TOLD = "another_was_told"
    """A notice could not be delivered, but another mail of the same cause was."""
    MAIL_BESIDE = "mail_beside"
    """A webhook could not be delivered; the unit's people are told by the mail beside it, which is followed itself."""
    NOTHING_OWED = "nothing_owed"
    """A notice that could not be delivered asked for nothing."""
    NOBODY_LEFT = "nobody_left"
    """A notice could not be delivered, and no further address is known: for people."""


class FiredBecause(StrEnum):
    """What a fired step came to, where it is no notice of its own."""

    IN_DIGEST = "in_digest"
    """The unit reads it in its morning mail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptReminder:
    """A step as it stands in the ledger."""

    id: UUID
    kind: ReminderKind
    level: int
    about: date
    """As it was when the step was first planned: where the date moves and the moment does not, the step stays."""
    until_seen: bool
    status: ReminderStatus
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderDiff:
    """What planning changes."""

    add: tuple[Reminder, ...] = ()
    add_stopped: tuple[tuple[Reminder, StopReason], ...] = ()
    stop: tuple[tuple[UUID, StopReason], ...] = ()
    again: tuple[UUID, ...] = ()
    """Stopped ones that hold again."""


def diff_reminders(
    task: ReminderInputs, planned: Iterable[Reminder], kept: Iterable[KeptReminder], *, now: datetime
) -> ReminderDiff:
    """What must change so that what is kept is what is planned."""
    rows = {row.id: row for row in kept}
    fired = {
        (row.kind, row.level, row.about if before else None)
        for row in rows.values()
        if row.status is ReminderStatus.FIRED and row.ended_at is not None and row.ended_at >= task.open_since
        for before in (True, False)
    }
    add, add_stopped, again, wanted = [], [], [], set()
    for step in planned:
        wanted.add(step.id)
        row = rows.get(step.id)
        if row is not None and row.status is not ReminderStatus.STOPPED:
            continue
        told_once = step.until_seen or step.kind is ReminderKind.MENTOR_ENDS
        reason = None
        if (step.kind, step.level, step.about if told_once else None) in fired:
            reason = StopReason.ALREADY_FIRED
        elif step.until_seen and step.due_at < now:
            reason = StopReason.MOMENT_PASSED
        if row is not None:
            again += [] if reason else [step.id]
        elif reason is not None:
            add_stopped.append((step, reason))
        else:
            add.append(step)
    over = _over(task)
    return ReminderDiff(
        add=tuple(add),
        add_stopped=tuple(add_stopped),
        stop=tuple(
            (row.id, over or (StopReason.ACKNOWLEDGED if _seen(task, row) else StopReason.REPLANNED))
            for row in rows.values()
            if row.status is ReminderStatus.WAITING and row.id not in wanted
        ),
        again=tuple(again),
    )


def _over(task: ReminderInputs) -> StopReason | None:
    match task.status:
        case TaskStatus.OPEN:
            return None
        case TaskStatus.CLOSED:
            return StopReason.TASK_CLOSED
        case TaskStatus.WITHDRAWN:
            return StopReason.TASK_WITHDRAWN


def _seen(task: ReminderInputs, row: KeptReminder) -> bool:
    return task.seen and row.until_seen and row.about == task.react_by
