"""The rows of a person's other numbers become those of the one that decides (docs/decisions/0041). Pure.

Nothing is decided anew: the same tasks under the same ids, with contacts, dates and history, and nobody is told. Of two
open tasks about one enrolment at one unit the older goes on, with what people did on both.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from ledger.tasks.rows import MessageRow, Subject, TaskRow
from ledger.tasks.working_set import WorkingSet
from models.audit_kind import AuditKind
from models.eligibility.simple_decision import KnownDecision, as_decision
from models.notifications.cause import DeliveryCause
from models.notifications.delivery import Occasion
from models.tasks.actions import Ending
from models.tasks.status import TaskStatus


def fold_numbers(rows: WorkingSet, decision: KnownDecision, apart: Collection[str] = ()) -> None:
    """Bring what stands under the numbers in `decision.joined`, but those `apart`, to the person of `decision`."""
    person = decision.message.person_id
    others = [name for name in decision.joined or () if name not in apart]
    moved = [task for other in others for task in rows.tasks_about(other)]
    for task in _renumber(rows, person, moved):
        rows.note(AuditKind.NUMBER_CHANGED, task, None)
    for other in others:
        for row in rows.messages_about(other):
            _move_message(rows, row, decision)
        for named in [named for named in rows.transfers if named[0] == other]:
            given, ours = rows.transfers[named], (person, *named[1:])
            rows.transfer(named, None)
            if ours not in rows.transfers:
                rows.transfer(ours, replace(given, named=ours))
    for subject in sorted({(person, task.enrolment_id, task.unit_id) for task in moved}):
        _merge_open(rows, subject)
    for task in rows.tasks_about(person) if moved else ():
        if task.status is TaskStatus.OPEN and not rows.messages_of(task):
            _end_empty(rows, task, decision)


def _renumber(rows: WorkingSet, person: str, moved: list[TaskRow]) -> list[TaskRow]:
    """Tasks about one enrolment at one unit keep an order, the one that goes on last; returns those that are open."""
    about: defaultdict[Subject, list[TaskRow]] = defaultdict(list)
    for task in moved:
        about[person, task.enrolment_id, task.unit_id].append(task)
    for subject, tasks in about.items():
        same = sorted([*rows.of_subject(subject), *tasks], key=_order)
        over = [task for task in same if task.status is not TaskStatus.OPEN]
        is_open = [task for task in reversed(same) if task.status is TaskStatus.OPEN]
        for ordinal, task in enumerate([*over, *is_open], start=1):
            rows.move_task(task, person, ordinal)
    return [rows.tasks[task.id] for task in moved if task.status is TaskStatus.OPEN]


def _order(task: TaskRow) -> tuple[datetime, str]:
    return (task.appended_at, str(task.id))


def _move_message(rows: WorkingSet, row: MessageRow, decision: KnownDecision) -> None:
    """Of two records with one id, each under a number of its own, the one that was appended first stays."""
    rows.drop_message(row)
    before, known = as_decision(row.decision), as_decision(decision)
    message = before.message
    moved = before.model_copy(
        update={
            "message": message.model_copy(
                update={
                    "person_id": known.message.person_id,
                    "sent_as": message.sent_as or message.person_id,
                }
            ),
            # The number's events lie in this partition now: acts are noted by it, and the person is asked again there.
            "cause": known.cause,
        }
    )
    new = replace(row, decision=moved)
    there = rows.messages.get(new.key)
    if there is None or message.origin.order < there.decision.message.origin.order:
        rows.store(new)


def _merge_open(rows: WorkingSet, subject: Subject) -> None:
    is_open = [task for task in rows.of_subject(subject) if task.status is TaskStatus.OPEN]
    for other in is_open[:-1]:
        first = rows.tasks[is_open[-1].id]
        for row in rows.messages_of(other):
            rows.store(replace(row, task_id=first.id))
        ended = rows.put(replace(other, status=TaskStatus.WITHDRAWN, ending=Ending.TRANSFERRED))
        rows.note(AuditKind.TASKS_JOINED, ended, None, reference=first.reference)
        first = rows.put(_with_what_was_done(first, other))
        rows.note(AuditKind.TASKS_JOINED, first, None, reference=ended.reference)


def _with_what_was_done(task: TaskRow, other: TaskRow) -> TaskRow:
    """The dates of the earlier, and what people have done on either."""
    owner = task if task.owner_id is not None else other
    seen = [one for one in (task, other) if one.acknowledged_at is not None]
    first_seen = min(seen, key=lambda one: one.acknowledged_at or one.appended_at, default=task)
    return replace(
        task,
        react_by=min(task.react_by, other.react_by),
        owner_id=owner.owner_id,
        owner_name=owner.owner_name,
        acknowledged_at=first_seen.acknowledged_at,
        acknowledged_by=first_seen.acknowledged_by,
        attempts=task.attempts + other.attempts,
        reached_at=min((one.reached_at for one in (task, other) if one.reached_at is not None), default=None),
    )


def _end_empty(rows: WorkingSet, task: TaskRow, decision: KnownDecision) -> None:
    """Its only message had the id of an earlier one under another number."""
    rows.put(replace(task, status=TaskStatus.WITHDRAWN, ending=Ending.LAPSED))
    rows.note(AuditKind.TASK_WITHDRAWN, task, decision, reason=decision.verdict.reason)
    rows.tell(
        task, Occasion.WITHDRAWN, DeliveryCause.of_event(decision.cause.partition, decision.cause.offset)
    )
