"""Decisions of made-up messages, and a policy with three units' rules."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final, TypeVar
from uuid import UUID

from ledger.tasks.projection import ActionEffect, Policy, Projection
from ledger.tasks.rows import (
    Changes,
    MessageRow,
    NewDelivery,
    OutboxRow,
    Subject,
    TaskRow,
    TransferRow,
)
from models.audit_kind import AuditKind
from models.eligibility.decision import Cause, Decision, Evidence, MessageRef, Outcome, Verdict
from models.events.contract import Severity, Signal
from models.events.person_event import Origin
from models.notifications.delivery import Occasion
from models.reasons import DecisionReason
from models.tasks.actions import Action, Actor, RecordedAction, TaskState, Via
from models.tasks.status import TaskStatus
from tests.channels import by_channel
from tests.factories import INSTITUTION, PERSON, uuid

ARRIVED: Final = datetime(2025, 10, 1, 10, 0, tzinfo=UTC)
"""A Wednesday."""
NOW: Final = datetime(2025, 10, 1, 10, 0, 5, tzinfo=UTC)
UNIT: Final = "unit-0101"
OTHER_UNIT: Final = "unit-0751"
BY_TWO: Final = "unit-0173"
"""Two people are told here."""
RECIPIENTS: Final = {
    UNIT: ("opgaver@unit-0101.example",),
    OTHER_UNIT: ("opgaver@unit-0751.example",),
    BY_TWO: ("en@unit-0173.example", "to@unit-0173.example"),
}
CHANGE_OF_RULE: Final = date(2025, 10, 2)


def react_by_days(unit: str, arrived: date) -> int:
    """Five working days; three from `CHANGE_OF_RULE` on at the other unit."""
    return 3 if unit == OTHER_UNIT and arrived >= CHANGE_OF_RULE else 5


POLICY: Final = Policy(
    react_by_days=react_by_days,
    addresses=by_channel(lambda unit: RECIPIENTS.get(unit, ())),
    days_off=frozenset({date(2025, 10, 13)}),
)


def decided(
    message: str = "message",
    *,
    revision: int = 1,
    unit: str | None = UNIT,
    reason: DecisionReason | None = None,
    enrolment: str = "enrolment",
    person: str = PERSON,
    sender: str = INSTITUTION,
    at: datetime = ARRIVED,
    cause: int | None = None,
    offset: int | None = None,
) -> Decision:
    """One revision: obliged at `unit`, or not obliged for `reason` where `unit` is None."""
    obliged = unit is not None
    reason = reason or (DecisionReason.OBLIGED if obliged else DecisionReason.WITHDRAWN)
    identity = uuid(message)
    return Decision(
        message=MessageRef(
            sender=sender,
            message_id=identity,
            person_id=person,
            registered_at=at,
            origin=Origin(
                topic="dropout-risks",
                partition=0,
                offset=int(identity[:6], 16) if offset is None else offset,
                appended_at=at,
            ),
            signals=(Signal.ABSENCE,),
            severity=Severity.HIGH,
            absence_percentage=None,
            seen_at=at,
        ),
        revision=revision,
        verdict=Verdict(
            outcome=Outcome.OBLIGED if obliged else Outcome.NOT_OBLIGED,
            reason=reason,
            law_version="2025-07-01",
            evidence=Evidence(message_date=at.date(), enrolment_id=uuid(enrolment)),
            unit_id=unit,
            mentor_last_day=date(2026, 2, 10) if obliged else None,
        ),
        cause=Cause(partition=0, offset=revision if cause is None else cause),
        sealed="v1.sealed",
    )


def waiting(name: str, review_on: date, *, lives_in: str | None = None) -> Decision:
    """A message that waits for a fact."""
    decision = decided(name, unit=None, reason=DecisionReason.RESIDENCE_UNKNOWN)
    evidence = decision.verdict.evidence.model_copy(update={"municipality_code": lives_in})
    changed = {"outcome": Outcome.UNDECIDED, "review_on": review_on, "evidence": evidence}
    verdict = decision.verdict.model_copy(update=changed)
    return decision.model_copy(update={"verdict": verdict})


def deed_of(task: TaskRow, deed: Action, *, name: str = "act", at: datetime = NOW) -> RecordedAction:
    """An act of a made-up case worker."""
    by = Actor(id="anna", name="Anna", via=Via.PAGE)
    return RecordedAction(id=UUID(uuid(f"{name} {task.id}")), task_id=task.id, by=by, at=at, deed=deed)


class Desk:
    """What PostgreSQL would hold: each call is one batch, projected on the rows of those before."""

    def __init__(self, policy: Policy = POLICY) -> None:
        self._policy = policy
        self.messages: dict[tuple[str, str, str], MessageRow] = {}
        self.tasks: dict[UUID, TaskRow] = {}
        self.transfers: dict[Subject, TransferRow] = {}
        self.deliveries: dict[UUID, NewDelivery] = {}
        self.audit: list[AuditKind] = []
        self.outbox: list[OutboxRow] = []

    def take(self, *decisions: Decision, refused: bool = False, now: datetime = NOW) -> Changes:
        """One batch."""
        projection = self._projection(now)
        for decision in decisions:
            projection.take(decision, refused=refused)
        return self._write(projection)

    def do(self, act: RecordedAction) -> ActionEffect | None:
        """One act, in a transaction of its own."""
        projection = self._projection(act.at)
        effect = projection.do(act)
        self._write(projection)
        return effect

    def replay(self, *steps: Decision | RecordedAction) -> None:
        """Decisions and acts in one batch, as a rebuild has them."""
        projection = self._projection(NOW)
        for step in steps:
            if isinstance(step, RecordedAction):
                projection.do(step)
            else:
                projection.take(step)
        self._write(projection)

    def standing(self, task_id: UUID) -> TaskState:
        """What decides on a deed."""
        return self._projection(NOW).standing(task_id)

    def _projection(self, now: datetime) -> Projection:
        return Projection(
            self.messages.values(),
            self.tasks.values(),
            self.transfers.values(),
            told={(row.task_id, row.cause) for row in self.deliveries.values() if row.task_id is not None},
            policy=self._policy,
            now=now,
        )

    def _write(self, projection: Projection) -> Changes:
        changes = projection.changes
        for key in changes.moved:
            self.messages.pop(key, None)
        self.messages |= changes.messages
        for named, transfer in changes.transfers.items():
            if transfer is None:
                self.transfers.pop(named, None)
            else:
                self.transfers[named] = transfer
        self.tasks |= changes.tasks
        for identity, row in changes.deliveries.items():
            self.deliveries.setdefault(identity, row)
        self.audit += [row.kind for row in changes.audit]
        self.outbox += changes.outbox
        return changes

    def open(self) -> list[TaskRow]:
        """The open tasks."""
        return [task for task in self.tasks.values() if task.status is TaskStatus.OPEN]

    def told(self) -> list[tuple[Occasion, str]]:
        """Why which unit was written to, in order."""
        return [(row.occasion, row.unit_id) for row in self.deliveries.values()]


Step = TypeVar("Step")


def batches(story: Sequence[Step], sizes: Sequence[int]) -> list[Sequence[Step]]:
    """The story cut into batches of these sizes; the rest is one more."""
    cut: list[Sequence[Step]] = []
    rest = story
    for size in sizes:
        cut.append(rest[:size])
        rest = rest[size:]
    return [*cut, rest]


def later(days: int) -> datetime:
    """The same time of day, days later."""
    return ARRIVED + timedelta(days=days)
