"""From decisions and acts to duties: which task a message belongs to, who has it, and whom that makes it due to tell.

Pure: rows in, rows out, the time as an argument. A task is the group of obliged messages of one person, enrolment
and unit. A decision brings a message into such a group or takes it out; an act changes where the group stands.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from ledger.tasks.fold_numbers import fold_numbers
from ledger.tasks.policy import Policy, deadline_of
from ledger.tasks.rows import Changes, MessageRow, Subject, TaskRow, TransferRow
from ledger.tasks.transitions import after_action, is_possible, reopened
from ledger.tasks.void_transfers import void_transfers
from ledger.tasks.working_set import WorkingSet
from models.audit_kind import AuditKind
from models.eligibility.decision import Outcome
from models.eligibility.simple_decision import KnownDecision, as_decision
from models.ids import task_id, task_reference
from models.notifications.cause import DeliveryCause
from models.notifications.delivery import Occasion
from models.reasons import DecisionReason
from models.tasks.actions import Ending, HandOver, RecordedAction, Reopen, TaskState
from models.tasks.status import TaskStatus

__all__ = ["ActionEffect", "Policy", "Projection", "cause_of", "deadline_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionEffect:
    """What an act did."""

    version: int
    """Of its task, afterwards."""
    successor: UUID | None = None
    """The task at the other unit."""


class Projection:
    """The rows of the people in a batch, and what the batch makes of them."""

    def __init__(
        self,
        messages: Iterable[MessageRow],
        tasks: Iterable[TaskRow],
        transfers: Iterable[TransferRow] = (),
        *,
        told: Iterable[tuple[UUID, DeliveryCause]] = (),
        policy: Policy,
        now: datetime,
    ) -> None:
        """`told`: task and cause of the notices that earlier batches have written for the causes of this one."""
        self._working_set = WorkingSet(messages, tasks, transfers, told=told, policy=policy, now=now)

    @property
    def changes(self) -> Changes:
        """What is to be written."""
        return self._working_set.changes

    def take(self, decision: KnownDecision, *, refused: bool = False, apart: Collection[str] = ()) -> None:
        """Project one revision. An older or equal one than what stands changes nothing.

        `refused`: the receipts show that the message's id came first about somebody else. `apart`: whose rows stay.
        """
        if refused and decision.verdict.outcome is Outcome.OBLIGED:
            known = as_decision(decision)
            verdict = known.verdict.model_copy(
                update={
                    "outcome": Outcome.NOT_OBLIGED,
                    "reason": DecisionReason.ID_CONFLICT,
                    "unit_id": None,
                    "mentor_last_day": None,
                }
            )
            decision = known.model_copy(update={"verdict": verdict})
        if decision.joined:
            fold_numbers(self._working_set, decision, apart)
        self._project(decision, refused=refused)
        void_transfers(self._working_set, decision)

    def _project(self, decision: KnownDecision, *, refused: bool) -> None:
        row = MessageRow(decision)
        before = self._working_set.messages.get(row.key)
        if before is not None and _revision(before.decision) >= _revision(decision):
            return
        old = None if before is None or before.task_id is None else self._working_set.tasks[before.task_id]
        if (
            before is not None
            and row.changes_evidence_alone(before)
            and (old is None or _is_closed(old) or self._with_message(old, decision) == old)
        ):
            self._working_set.store(replace(row, task_id=before.task_id))
            return
        self._working_set.note(
            AuditKind.DECIDED,
            None,
            decision,
            revision=decision.revision,
            outcome=decision.verdict.outcome,
            reason=decision.verdict.reason,
        )
        reason = decision.verdict.reason
        is_uncovered = reason is DecisionReason.EDUCATION_NOT_COVERED and not refused
        if is_uncovered and (before is None or before.decision.verdict.reason is not reason):
            self._working_set.answer_education(decision)
        subject = self._subject(row)
        if before is not None and old is not None and _stays(before, row, old, subject):
            self._keep(row, old)
        else:
            self._working_set.store(row)
            if old is not None:
                self._leave(old, decision, moved=subject is not None)
            if subject is not None:
                self._join(row, subject, moved=old is not None and not _is_closed(old))

    def standing(self, task_id: UUID) -> TaskState:
        """What of a task decides on a deed; raises `KeyError` for one that is not among the rows."""
        task = self._working_set.tasks[task_id]
        open_task = self._working_set.open_task(task.subject)
        return TaskState(
            status=task.status,
            unit_id=task.unit_id,
            appended_at=task.appended_at,
            attempts=task.attempts,
            reached=task.reached_at is not None,
            open_successor=open_task is not None and open_task.id != task.id,
            obliged=any(row.named is not None for row in self._working_set.messages_of(task)),
        )

    def do(self, act: RecordedAction) -> ActionEffect | None:
        """Do an act that is allowed. None: it has no place, its task is not there, or not in such a state."""
        task = self._working_set.tasks.get(act.task_id)
        if task is None or not is_possible(task, act.deed):
            return None
        after = after_action(task, act)
        if isinstance(act.deed, Reopen):
            after = self._reopened(after)
        after = self._working_set.put(after)
        if isinstance(act.deed, HandOver):
            successor = self._hand_over(after, act.deed.to_unit, act)
            return ActionEffect(version=after.version, successor=successor.id)
        return ActionEffect(version=after.version)

    def _keep(self, row: MessageRow, task: TaskRow) -> None:
        """A closed task keeps the message, whatever it has become, and the task itself stays as it was."""
        self._working_set.store(replace(row, task_id=task.id))
        self._working_set.put(task if _is_closed(task) else self._with_message(task, row.decision))

    def _leave(self, task: TaskRow, decision: KnownDecision, *, moved: bool) -> None:
        """The message is no longer part of the task; the last one to go takes an open task with it."""
        self._working_set.note(AuditKind.MESSAGE_LEFT, task, decision, reason=decision.verdict.reason)
        if _is_closed(task) or self._working_set.messages_of(task):
            self._working_set.put(task)
            return
        self._working_set.put(
            replace(task, status=TaskStatus.WITHDRAWN, ending=_ending(decision, moved=moved))
        )
        cause = cause_of(decision)
        if moved:
            self._working_set.note(AuditKind.TASK_HANDED_OVER, task, decision, to=decision.verdict.unit_id)
            self._working_set.tell(task, Occasion.HANDED_OVER, cause)
        else:
            self._working_set.note(AuditKind.TASK_WITHDRAWN, task, decision, reason=decision.verdict.reason)
            self._working_set.tell(task, Occasion.WITHDRAWN, cause)

    def _join(self, row: MessageRow, subject: Subject, *, moved: bool) -> None:
        decision = row.decision
        task = self._working_set.open_task(subject)
        if task is not None:
            self._working_set.store(replace(row, task_id=task.id))
            self._working_set.put(self._with_message(task, decision))
            self._working_set.note(AuditKind.MESSAGE_JOINED, task, decision)
            self._working_set.tell(task, Occasion.MORE_MESSAGES, cause_of(decision))
            return
        task = self._opened(subject, self._dates(decision, subject[2]))
        self._working_set.store(replace(row, task_id=task.id))
        kind = AuditKind.TASK_OPENED if task.version == 1 else AuditKind.TASK_REOPENED
        self._working_set.note(kind, task, decision, unit=task.unit_id)
        self._working_set.tell(task, Occasion.TAKEN_OVER if moved else Occasion.NEW, cause_of(decision))

    def _hand_over(self, task: TaskRow, unit: str, act: RecordedAction) -> TaskRow:
        """The messages go to the other unit, under the date that stood; the rules' later words follow them there."""
        subject = (task.person_id, task.enrolment_id, unit)
        dates = {name: getattr(task, name) for name in ("appended_at", "react_by", "mentor_until")}
        successor = self._working_set.open_task(subject)
        if successor is None:
            successor = self._opened(subject, dates)
        else:
            dates["react_by"] = min(task.react_by, successor.react_by)
            dates["appended_at"] = min(task.appended_at, successor.appended_at)
            successor = self._working_set.put(replace(successor, **dates))
        for row in self._working_set.messages_of(task):
            self._working_set.store(replace(row, task_id=successor.id))
            if row.named is not None:
                stays = row.named[2] == unit
                self._working_set.transfer(
                    row.named, None if stays else TransferRow(named=row.named, unit_id=unit, act_id=act.id)
                )
        cause = DeliveryCause.of_act(act.id)
        self._working_set.note(AuditKind.TASK_HANDED_OVER, task, None, to=unit, act=str(act.id))
        kind = AuditKind.TASK_OPENED if successor.version == 1 else AuditKind.TASK_REOPENED
        self._working_set.note(kind, successor, None, unit=unit, act=str(act.id))
        self._working_set.tell(task, Occasion.HANDED_OVER, cause)
        self._working_set.tell(successor, Occasion.TAKEN_OVER, cause)
        return successor

    def _reopened(self, task: TaskRow) -> TaskRow:
        """What has stopped obliging since the closing leaves the task now; the mentor's day is looked up anew."""
        mentor_days = []
        for row in self._working_set.messages_of(task):
            if row.named is None:
                self._working_set.store(replace(row, task_id=None))
            elif row.decision.verdict.mentor_last_day is not None:
                mentor_days.append(row.decision.verdict.mentor_last_day)
        return replace(task, mentor_until=max(mentor_days, default=task.mentor_until))

    def _opened(self, subject: Subject, dates: dict[str, Any]) -> TaskRow:
        """The task of a duty that is new, or that has come back after it was withdrawn."""
        same = self._working_set.of_subject(subject)
        if same and same[-1].status is TaskStatus.WITHDRAWN:
            return self._working_set.put(replace(reopened(same[-1]), **dates))
        person_id, enrolment_id, unit_id = subject
        ordinal = same[-1].ordinal + 1 if same else 1
        identity = task_id(person_id, enrolment_id, unit_id, ordinal)
        return self._working_set.put(
            TaskRow(
                id=identity,
                reference=task_reference(identity),
                person_id=person_id,
                enrolment_id=enrolment_id,
                unit_id=unit_id,
                status=TaskStatus.OPEN,
                ordinal=ordinal,
                follows=same[-1].id if same else None,
                **dates,
            )
        )

    def _dates(self, decision: KnownDecision, unit_id: str) -> dict[str, Any]:
        appended_at = decision.message.origin.appended_at
        return {
            "appended_at": appended_at,
            "react_by": self._working_set.policy.react_by(unit_id, appended_at),
            "mentor_until": decision.verdict.mentor_last_day,
        }

    def _with_message(self, task: TaskRow, decision: KnownDecision) -> TaskRow:
        """The earliest message sets the date; one that comes later never moves it back in time."""
        if decision.message.origin.appended_at >= task.appended_at:
            return replace(task, mentor_until=decision.verdict.mentor_last_day)
        dates = self._dates(decision, task.unit_id)
        # A unit may have set itself another target in between: the shorter one has been told, and stands.
        dates["react_by"] = min(task.react_by, dates["react_by"])
        return replace(task, **dates)

    def _subject(self, row: MessageRow) -> Subject | None:
        """The task that an obliged message belongs to: where people have handed it, or where the rules say."""
        if row.named is None:
            return None
        transfer = self._working_set.transfers.get(row.named)
        return row.named if transfer is None else (*row.named[:2], transfer.unit_id)


def cause_of(decision: KnownDecision) -> DeliveryCause:
    """The person event behind a revision, as a delivery names it."""
    return DeliveryCause.of_event(decision.cause.partition, decision.cause.offset)


def _revision(decision: KnownDecision) -> int:
    """What a later decision must be above. Match remembers none of a message that was left out: its next one is 1."""
    return 0 if decision.verdict.reason is DecisionReason.TOO_MANY_EVENTS else decision.revision


def _stays(before: MessageRow, row: MessageRow, task: TaskRow, subject: Subject | None) -> bool:
    """Whether a message remains in its task. Where the rules name the same as before, nothing changes who has it."""
    if row.named == before.named or task.subject == subject:
        return True
    return _is_closed(task) and (row.named is None or row.named == task.subject)


def _is_closed(task: TaskRow) -> bool:
    return task.status is TaskStatus.CLOSED


def _ending(decision: KnownDecision, *, moved: bool) -> Ending:
    if moved:
        return Ending.TRANSFERRED
    if decision.verdict.reason is DecisionReason.WITHDRAWN:
        return Ending.WITHDRAWN_BY_INSTITUTION
    return Ending.LAPSED
