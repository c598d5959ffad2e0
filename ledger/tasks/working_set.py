"""The rows of a batch while it is projected: what stands, what has changed, and whom that makes it due to tell.

Pure, and decides nothing about duties: `ledger.tasks.projection` does.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from ledger.tasks.outbound_events import education_answer, outbound_events
from ledger.tasks.policy import Policy, deadline_of
from ledger.tasks.rows import (
    AuditRow,
    Changes,
    MessageRow,
    NewDelivery,
    Subject,
    TaskRow,
    TransferRow,
)
from models.audit_kind import AuditKind
from models.calendar import copenhagen_date
from models.eligibility.simple_decision import KnownDecision
from models.notifications.cause import DeliveryCause
from models.notifications.delivery import Channel, Occasion
from models.tasks.status import TaskStatus


class WorkingSet:
    """The people's rows, each as it was left last, and every change of them."""

    def __init__(
        self,
        messages: Iterable[MessageRow],
        tasks: Iterable[TaskRow],
        transfers: Iterable[TransferRow],
        *,
        told: Iterable[tuple[UUID, DeliveryCause]],
        policy: Policy,
        now: datetime,
    ) -> None:
        self.messages = {row.key: row for row in messages}
        self.tasks = {row.id: row for row in tasks}
        self._messages_about: dict[str, set[tuple[str, str, str]]] = defaultdict(set)
        self._tasks_about: dict[str, set[UUID]] = defaultdict(set)
        for key in self.messages:
            self._messages_about[key[2]].add(key)
        for task in self.tasks.values():
            self._tasks_about[task.person_id].add(task.id)
        self.transfers = {row.named: row for row in transfers}
        self.policy = policy
        self.changes = Changes()
        self._told = set(told)
        self._now = now

    def of_subject(self, subject: Subject) -> list[TaskRow]:
        """The tasks about the same, in the order of their opening."""
        about = [self.tasks[identity] for identity in self._tasks_about[subject[0]]]
        return sorted((task for task in about if task.subject == subject), key=lambda task: task.ordinal)

    def open_task(self, subject: Subject) -> TaskRow | None:
        """The open one, if there is one."""
        return next((task for task in self.of_subject(subject) if task.status is TaskStatus.OPEN), None)

    def messages_about(self, person_id: str) -> list[MessageRow]:
        """All messages of a person, in a steady order."""
        return [self.messages[key] for key in sorted(self._messages_about[person_id])]

    def messages_of(self, task: TaskRow) -> list[MessageRow]:
        """What the task is made of; a closed one keeps what has stopped obliging."""
        return [row for row in self.messages_about(task.person_id) if row.task_id == task.id]

    def store(self, row: MessageRow) -> None:
        """Put a message."""
        self.messages[row.key] = row
        self._messages_about[row.key[2]].add(row.key)
        self.changes.messages[row.key] = row

    def put(self, task: TaskRow) -> TaskRow:
        """Put a task; every change has a version."""
        known = self.tasks.get(task.id)
        task = replace(task, version=1 if known is None else known.version + 1)
        self.tasks[task.id] = task
        self._tasks_about[task.person_id].add(task.id)
        self.changes.tasks[task.id] = task
        own = self.messages_of(task)
        self.changes.outbox += outbound_events(known, task, own, answers=self.policy.answers, now=self._now)
        return task

    def tasks_about(self, person_id: str) -> list[TaskRow]:
        """All tasks of a person, in a steady order."""
        return [self.tasks[identity] for identity in sorted(self._tasks_about[person_id])]

    def move_task(self, task: TaskRow, person_id: str, ordinal: int) -> None:
        """The same task under another number of the person: nothing that anybody is told of."""
        self._tasks_about[task.person_id].discard(task.id)
        self._tasks_about[person_id].add(task.id)
        self.tasks[task.id] = self.changes.tasks[task.id] = replace(
            task, person_id=person_id, ordinal=ordinal
        )

    def drop_message(self, row: MessageRow) -> None:
        """It is not there any more: another number of the person has it."""
        del self.messages[row.key]
        self._messages_about[row.key[2]].discard(row.key)
        self.changes.messages.pop(row.key, None)
        self.changes.moved.add(row.key)

    def transfer(self, named: Subject, to: TransferRow | None) -> None:
        """From now on `to` has what the rules name; None: they are followed again."""
        if to is None:
            self.transfers.pop(named, None)
        else:
            self.transfers[named] = to
        self.changes.transfers[named] = to

    def tell(self, task: TaskRow, occasion: Occasion, cause: DeliveryCause) -> None:
        """One notice to each recipient for one cause, whatever number of messages it brought."""
        if occasion is Occasion.MORE_MESSAGES and (task.id, cause) in self._told:
            return
        self._told.add((task.id, cause))
        arrived = copenhagen_date(task.appended_at)
        addressed = [
            (channel, address)
            for channel in Channel
            for address in self.policy.addresses(task.unit_id, channel, arrived)
        ]
        for channel, recipient in addressed:
            due = NewDelivery(
                task_id=task.id,
                occasion=occasion,
                cause=cause,
                unit_id=task.unit_id,
                recipient=recipient,
                channel=channel,
                deadline=deadline_of(task.react_by, self._now),
            )
            # The first one stands, as it does in the table when the two came in different batches.
            self.changes.deliveries.setdefault(due.id, due)

    def answer_education(self, decision: KnownDecision) -> None:
        """Tell the institution that its education is not covered; told again, it is the same answer."""
        self.changes.outbox.append(education_answer(decision, self._now))

    def note(
        self,
        kind: AuditKind,
        task: TaskRow | None,
        decision: KnownDecision | None,
        **detail: str | int | None,
    ) -> None:
        """One line of the audit trail."""
        self.changes.audit.append(
            AuditRow(
                kind=kind,
                task_id=None if task is None else task.id,
                sender=None if decision is None else decision.message.sender,
                message_id=None if decision is None else decision.message.message_id,
                detail=detail,
            )
        )
