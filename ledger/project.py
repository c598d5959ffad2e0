"""From decisions to duties: which task a message belongs to, and whom that makes it due to tell.

Pure: rows in, rows out, the time as an argument. A task is the group of obliged messages of one person, enrolment
and unit; everything else here follows from a message entering or leaving such a group.
"""

from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from ledger.rows import AuditKind, AuditRow, Changes, DeliveryRow, MessageRow, TaskRow
from models.calendar import COPENHAGEN, add_working_days, copenhagen_date
from models.decision import Decision, Outcome
from models.ids import delivery_id, task_id, task_reference
from models.outcome import Occasion
from models.reasons import DecisionReason
from models.task import TaskStatus

EMAIL = "email"
WEBHOOK = "webhook"
_AT_LEAST = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the municipalities have set."""

    react_by_days: Callable[[str, date], int]
    """Working days until the local target, by unit and the date on which the message arrived."""
    recipients: Callable[[str], Sequence[str]]
    """Mail addresses, by unit."""
    days_off: Container[date]
    webhooks: Callable[[str, date], Sequence[str]] = lambda _unit, _day: ()
    """Endpoints, by unit and the date on which the message arrived, so that a rebuild finds the same."""


class Projection:
    """The rows of the people in a batch, and what the batch makes of them."""

    def __init__(
        self,
        messages: Iterable[MessageRow],
        tasks: Iterable[TaskRow],
        *,
        told: Iterable[tuple[UUID, str]] = (),
        policy: Policy,
        now: datetime,
    ) -> None:
        """`told`: task and cause of the notices that earlier batches have written for the causes of this one."""
        self._messages = {row.key: row for row in messages}
        self._tasks = {row.id: row for row in tasks}
        self._told = set(told)
        self._policy = policy
        self._now = now
        self.changes = Changes()

    def take(self, decision: Decision, *, refused: bool = False) -> None:
        """Project one revision. An older or equal one than what stands changes nothing.

        `refused`: the receipts show that the message's id came first about somebody else.
        """
        if refused and decision.verdict.outcome is Outcome.OBLIGED:
            verdict = decision.verdict.model_copy(
                update={
                    "outcome": Outcome.NOT_OBLIGED,
                    "reason": DecisionReason.ID_CONFLICT,
                    "unit_id": None,
                    "mentor_last_day": None,
                }
            )
            decision = decision.model_copy(update={"verdict": verdict})
        row = MessageRow(decision)
        before = self._messages.get(row.key)
        if before is not None and before.decision.revision >= decision.revision:
            return
        old = None if before is None or before.task_id is None else self._tasks[before.task_id]
        self._audit(
            AuditKind.DECIDED,
            None,
            decision,
            revision=decision.revision,
            outcome=decision.verdict.outcome,
            reason=decision.verdict.reason,
        )
        subject = _subject(decision)
        if old is not None and old.subject == subject:
            self._keep(row, old)
            return
        self._store(row)
        if old is not None:
            self._leave(old, decision, moved=subject is not None)
        if subject is not None:
            self._join(row, subject, moved=old is not None)

    def _keep(self, row: MessageRow, task: TaskRow) -> None:
        self._store(replace(row, task_id=task.id))
        self._put(self._with_message(task, row.decision))

    def _leave(self, task: TaskRow, decision: Decision, *, moved: bool) -> None:
        """The message is no longer part of the task; the last one to go takes the task with it."""
        self._audit(AuditKind.MESSAGE_LEFT, task, decision, reason=decision.verdict.reason)
        if any(row.task_id == task.id for row in self._messages.values()):
            return
        self._put(replace(task, status=TaskStatus.WITHDRAWN))
        if moved:
            self._audit(AuditKind.TASK_HANDED_OVER, task, decision, to=decision.verdict.unit_id)
            self._tell(task, Occasion.HANDED_OVER, decision)
        else:
            self._audit(AuditKind.TASK_WITHDRAWN, task, decision, reason=decision.verdict.reason)
            self._tell(task, Occasion.WITHDRAWN, decision)

    def _join(self, row: MessageRow, subject: tuple[str, str, str], *, moved: bool) -> None:
        decision = row.decision
        same = [task for task in self._tasks.values() if task.subject == subject]
        task = next((task for task in same if task.status is TaskStatus.OPEN), None)
        if task is not None:
            self._store(replace(row, task_id=task.id))
            self._put(self._with_message(task, decision))
            self._audit(AuditKind.MESSAGE_JOINED, task, decision)
            self._tell(task, Occasion.MORE_MESSAGES, decision)
            return
        if same:
            task = replace(same[-1], status=TaskStatus.OPEN, **self._dates(decision))
            kind = AuditKind.TASK_REOPENED
        else:
            task = self._new_task(subject, decision, ordinal=len(same) + 1)
            kind = AuditKind.TASK_OPENED
        self._store(replace(row, task_id=task.id))
        self._put(task)
        self._audit(kind, task, decision, unit=task.unit_id)
        self._tell(task, Occasion.TAKEN_OVER if moved else Occasion.NEW, decision)

    def _new_task(self, subject: tuple[str, str, str], decision: Decision, *, ordinal: int) -> TaskRow:
        person_id, enrolment_id, unit_id = subject
        identity = task_id(person_id, enrolment_id, unit_id, ordinal)
        return TaskRow(
            id=identity,
            reference=task_reference(identity),
            person_id=person_id,
            enrolment_id=enrolment_id,
            unit_id=unit_id,
            status=TaskStatus.OPEN,
            **self._dates(decision),
        )

    def _dates(self, decision: Decision) -> dict[str, Any]:
        appended_at = decision.message.origin.appended_at
        arrived = copenhagen_date(appended_at)
        days = self._policy.react_by_days(decision.verdict.unit_id or "", arrived)
        return {
            "appended_at": appended_at,
            "react_by": add_working_days(arrived, days, self._policy.days_off),
            "mentor_until": decision.verdict.mentor_last_day,
        }

    def _with_message(self, task: TaskRow, decision: Decision) -> TaskRow:
        """The earliest message sets the date; one that comes later never moves it back in time."""
        if decision.message.origin.appended_at >= task.appended_at:
            return replace(task, mentor_until=decision.verdict.mentor_last_day)
        dates = self._dates(decision)
        # A unit may have set itself another target in between: the shorter one has been told, and stands.
        dates["react_by"] = min(task.react_by, dates["react_by"])
        return replace(task, **dates)

    def _tell(self, task: TaskRow, occasion: Occasion, decision: Decision) -> None:
        """One notice to each recipient for one cause, whatever number of messages it brought."""
        cause = cause_of(decision)
        if occasion is Occasion.MORE_MESSAGES and (task.id, cause) in self._told:
            return
        self._told.add((task.id, cause))
        arrived = copenhagen_date(decision.message.origin.appended_at)
        addressed = [(EMAIL, address) for address in self._policy.recipients(task.unit_id)]
        addressed += [(WEBHOOK, url) for url in self._policy.webhooks(task.unit_id, arrived)]
        for channel, recipient in addressed:
            identity = delivery_id(task.id, occasion, cause, channel, recipient)
            due = DeliveryRow(
                id=identity,
                task_id=task.id,
                occasion=occasion,
                cause=cause,
                unit_id=task.unit_id,
                recipient=recipient,
                channel=channel,
                deadline=deadline_of(task.react_by, self._now),
            )
            # The first one stands, as it does in the table when the two came in different batches.
            self.changes.deliveries.setdefault(identity, due)

    def _store(self, row: MessageRow) -> None:
        self._messages[row.key] = row
        self.changes.messages[row.key] = row

    def _put(self, task: TaskRow) -> None:
        self._tasks[task.id] = task
        self.changes.tasks[task.id] = task

    def _audit(
        self, kind: AuditKind, task: TaskRow | None, decision: Decision, **detail: str | int | None
    ) -> None:
        self.changes.audit.append(
            AuditRow(
                kind=kind,
                task_id=None if task is None else task.id,
                sender=decision.message.sender,
                message_id=decision.message.message_id,
                detail=detail,
            )
        )


def cause_of(decision: Decision) -> str:
    """The person event behind a revision, as a delivery names it."""
    return f"{decision.cause.partition}:{decision.cause.offset}"


def deadline_of(react_by: date, now: datetime) -> datetime:
    """Until when a notice that is made due now is tried: the end of the task's date, or a day, whichever is later."""
    react_by_ends = datetime.combine(react_by + timedelta(days=1), time(), COPENHAGEN)
    return max(react_by_ends, now + _AT_LEAST)


def _subject(decision: Decision) -> tuple[str, str, str] | None:
    """The task that an obliged message belongs to."""
    verdict = decision.verdict
    if verdict.outcome is not Outcome.OBLIGED or verdict.unit_id is None:
        return None
    return (decision.message.person_id, verdict.evidence.enrolment_id or "", verdict.unit_id)
