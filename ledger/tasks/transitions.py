"""What a deed makes of its task's own row. Pure; whether the deed is allowed has been asked before.

What reaches beyond the row, a hand-over and the messages of a reopened task, is `ledger.tasks.projection`'s.
"""

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from ledger.tasks.rows import TaskRow
from models.tasks.actions import (
    Acknowledge,
    Action,
    Close,
    ContactAttempt,
    Ending,
    HandOver,
    Note,
    RecordedAction,
    Release,
    Reopen,
    Take,
)
from models.tasks.status import TaskStatus


def is_possible(task: TaskRow, deed: Action) -> bool:
    """Whether the task is where such a deed has a place at all; `models.tasks.actions.refusal` asks the rest."""
    return task.status is (TaskStatus.CLOSED if isinstance(deed, Reopen) else TaskStatus.OPEN)


def after_action(task: TaskRow, act: RecordedAction) -> TaskRow:
    """The row after the act."""
    match act.deed:
        case Acknowledge() | Note():
            return _seen(task, act)
        case Take():
            return replace(_seen(task, act), owner_id=act.by.id, owner_name=act.by.name)
        case Release():
            return replace(task, owner_id=None, owner_name=None)
        case ContactAttempt(at=at, reached=reached):
            reached_at = _earlier(task.reached_at, at) if reached else task.reached_at
            return replace(_seen(task, act), attempts=task.attempts + 1, reached_at=reached_at)
        case Close(ending=ending):
            return replace(_seen(task, act), status=TaskStatus.CLOSED, ending=ending, closed_at=act.at)
        case Reopen():
            return replace(task, status=TaskStatus.OPEN, ending=None, closed_at=None)
        case HandOver():
            return replace(task, status=TaskStatus.WITHDRAWN, ending=Ending.TRANSFERRED)
        case _ as never:
            assert_never(never)


def reopened(task: TaskRow) -> TaskRow:
    """A withdrawn task whose duty has come back: somebody must look at it again. What was attempted stays."""
    return replace(
        task,
        status=TaskStatus.OPEN,
        ending=None,
        acknowledged_at=None,
        acknowledged_by=None,
        owner_id=None,
        owner_name=None,
    )


def _seen(task: TaskRow, act: RecordedAction) -> TaskRow:
    """Whoever works on a task has seen it; the first who did stands."""
    if task.acknowledged_at is not None:
        return task
    return replace(task, acknowledged_at=act.at, acknowledged_by=act.by.name)


def _earlier(known: datetime | None, at: datetime) -> datetime:
    return at if known is None else min(known, at)
