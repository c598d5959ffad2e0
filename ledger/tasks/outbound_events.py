"""What a changed task is worth telling to those who subscribe, and to the institutions. Pure; the outbox sends it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from msgspec.json import encode

from config.topics import Topic
from ledger.tasks.rows import MessageRow, OutboxRow, TaskRow
from models.calendar import copenhagen_date
from models.eligibility.simple_decision import KnownDecision
from models.events.event_types import TYPE_PREFIX
from models.ids import task_reference
from models.tasks.actions import Ending
from models.tasks.published_events import (
    Concern,
    ReactionData,
    ReactionEvent,
    ReactionKind,
    TaskChange,
    answer_id,
    reaction_id,
    task_event_id,
)
from models.tasks.simple_task_event import SimpleTaskEvent, SimpleTaskEventData
from models.tasks.status import TaskStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerPolicy:
    """What the municipalities let institutions know, by unit and day; nothing, unless they have said so."""

    contact_made: Callable[[str, date], bool] = lambda _unit, _day: False
    closed: Callable[[str, date], bool] = lambda _unit, _day: False


def change_of(before: TaskRow | None, after: TaskRow) -> TaskChange:
    """What to call the step from `before` to `after`."""
    if before is None:
        return TaskChange.OPENED
    if before.status is not after.status:
        match after.status:
            case TaskStatus.OPEN:
                return TaskChange.REOPENED
            case TaskStatus.CLOSED:
                return TaskChange.CLOSED
            case TaskStatus.WITHDRAWN if after.ending is Ending.TRANSFERRED:
                return TaskChange.HANDED_OVER
            case TaskStatus.WITHDRAWN:
                return TaskChange.WITHDRAWN
    if after.attempts != before.attempts:
        return TaskChange.ATTEMPT_RECORDED
    if before.acknowledged_at is None and after.acknowledged_at is not None:
        return TaskChange.ACKNOWLEDGED
    return TaskChange.UPDATED


def outbound_events(
    before: TaskRow | None,
    after: TaskRow,
    messages: Iterable[MessageRow],
    *,
    answers: AnswerPolicy,
    now: datetime,
) -> Iterator[OutboxRow]:
    """What goes out about a task that was put; `messages` are its own."""
    change = change_of(before, after)
    event = SimpleTaskEvent(
        id=task_event_id(after.id, after.version),
        type=f"{TYPE_PREFIX}task.{change}.v1",
        subject=after.reference,
        time=now,
        data=SimpleTaskEventData(
            reference=after.reference,
            unit_id=after.unit_id,
            version=after.version,
            status=after.status,
            ending=after.ending,
            react_by=after.react_by,
            acknowledged=after.acknowledged_at is not None,
            attempts=after.attempts,
            reached=after.reached_at is not None,
            follows=None if after.follows is None else task_reference(after.follows),
        ),
    )
    yield OutboxRow(
        # Rows of one moment are sent in the order of their ids: so the versions keep theirs.
        id=f"task/{after.id}/{after.version:010}",
        topic=Topic.TASK_EVENTS,
        key=after.reference,
        value=encode(event),
    )
    kinds = list(_answered(before, after, answers, copenhagen_date(now)))
    for row in messages if kinds else ():
        for kind in kinds:
            yield _answer(row, after, kind, now)


def education_answer(decision: KnownDecision, now: datetime) -> OutboxRow:
    """Told to the institution of a message from education that is not covered: whom it concerns all the same.

    It gives away nothing of the person: the education is the institution's own word, and is asked before any benefit.
    """
    sender, message_id = decision.message.sender, decision.message.message_id
    kind = ReactionKind.EDUCATION_NOT_COVERED
    data = ReactionData(sender=sender, message_id=message_id, concerns=Concern.MUNICIPAL_YOUTH_UNIT)
    return _reaction(answer_id(sender, message_id, kind), kind, data, now)


def _answered(
    before: TaskRow | None, after: TaskRow, answers: AnswerPolicy, today: date
) -> Iterator[ReactionKind]:
    was_reached = before is not None and before.reached_at is not None
    if after.reached_at is not None and not was_reached and answers.contact_made(after.unit_id, today):
        yield ReactionKind.CONTACT_MADE
    was_closed = before is not None and before.status is TaskStatus.CLOSED
    if after.status is TaskStatus.CLOSED and not was_closed and answers.closed(after.unit_id, today):
        yield ReactionKind.CLOSED


def _answer(row: MessageRow, task: TaskRow, kind: ReactionKind, now: datetime) -> OutboxRow:
    sender, message_id, _ = row.key
    data = ReactionData(sender=sender, message_id=message_id)
    return _reaction(reaction_id(task.id, sender, message_id, kind), kind, data, now)


def _reaction(identity: UUID, kind: ReactionKind, data: ReactionData, now: datetime) -> OutboxRow:
    event = ReactionEvent(
        id=identity, type=f"{TYPE_PREFIX}reaction.{kind}.v1", subject=data.message_id, time=now, data=data
    )
    return OutboxRow(
        id=f"reaction/{event.id}",
        topic=Topic.REACTIONS,
        key=data.sender,
        value=event.model_dump_json(exclude_none=True).encode(),
    )
