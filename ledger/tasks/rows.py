"""The rows that the projection reads and writes, as records."""

from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Final
from uuid import UUID

from msgspec import Struct

from models.audit_kind import AuditKind
from models.eligibility.decision import Outcome
from models.eligibility.simple_decision import KnownDecision, differ_in_evidence_alone
from models.ids import delivery_id, digest_id
from models.notifications.cause import DeliveryCause
from models.notifications.delivery import Audience, Channel, Occasion
from models.tasks.actions import Ending
from models.tasks.status import TaskStatus

Subject = tuple[str, str, str]
"""Person, enrolment, unit."""


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A message, its last decision, and the task that it is part of."""

    decision: KnownDecision
    task_id: UUID | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        """Sender, message id, person: the row's identity."""
        message = self.decision.message
        return (message.sender, message.message_id, message.person_id)

    @property
    def named(self) -> Subject | None:
        """Whom the rules oblige, and about what; None: nobody."""
        verdict = self.decision.verdict
        if verdict.outcome is not Outcome.OBLIGED or verdict.unit_id is None:
            return None
        return (self.decision.message.person_id, verdict.evidence.enrolment_id or "", verdict.unit_id)

    def changes_evidence_alone(self, before: "MessageRow") -> bool:
        """Whether the revision says the same as `before` about the same duty, on other evidence.

        Such a one is no change of a task: else an institution could keep a case system or a person at work about
        somebody else's message, by a claim that comes and goes (docs/non-interference.md).
        """
        return before.named == self.named and differ_in_evidence_alone(before.decision, self.decision)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRow:
    """One unit's duty about one person's enrolment."""

    id: UUID
    reference: str
    person_id: str
    enrolment_id: str
    unit_id: str
    status: TaskStatus
    react_by: date
    appended_at: datetime
    mentor_until: date | None
    ordinal: int = 1
    version: int = 1
    """Counts every change of the task, of its messages and of what was done with it."""
    ending: Ending | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    owner_id: str | None = None
    owner_name: str | None = None
    attempts: int = 0
    reached_at: datetime | None = None
    closed_at: datetime | None = None
    follows: UUID | None = None

    @property
    def subject(self) -> Subject:
        """Person, enrolment, unit: of these there is never more than one open task."""
        return (self.person_id, self.enrolment_id, self.unit_id)


TASK_COLUMNS: Final = tuple(each.name for each in fields(TaskRow))
"""As the ledger reads and writes them: every column of `tasks` but the two that the database stamps."""
TASK_IDENTITY: Final = ("id", "reference", "enrolment_id", "unit_id", "follows")
"""Of these, what stays as it was when the task was made. The person's number may become another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferRow:
    """A duty that people have given to another unit than the one that the rules name."""

    named: Subject
    """With the unit that the rules name."""
    unit_id: str
    """Who has it instead."""
    act_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDelivery:
    """One notice to one recipient that has become due. A morning mail has no task."""

    task_id: UUID | None
    occasion: Occasion
    cause: DeliveryCause
    channel: Channel
    audience: Audience = Audience.UNIT
    unit_id: str
    recipient: str
    deadline: datetime
    id: UUID = field(init=False)
    """Follows from what it is: nobody is told the same twice, whatever parts they have."""

    def __post_init__(self) -> None:
        """Once, for it is asked for several times."""
        text = self.cause.text
        if self.task_id is None:
            identity = digest_id(self.unit_id, text, self.channel, self.recipient)
        else:
            identity = delivery_id(self.task_id, self.occasion, text, self.channel, self.recipient)
        object.__setattr__(self, "id", identity)


class AuditRow(Struct, frozen=True, kw_only=True):
    """One line of the audit trail."""

    kind: AuditKind
    task_id: UUID | None
    sender: str | None = None
    message_id: str | None = None
    detail: dict[str, str | int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow:
    """Something to be said on Kafka. `id` follows from what it is: said twice, it is the same."""

    id: str
    topic: str
    key: str
    value: bytes


@dataclass(slots=True)
class Changes:
    """What a batch of decisions and acts changes."""

    messages: dict[tuple[str, str, str], MessageRow] = field(default_factory=dict)
    moved: set[tuple[str, str, str]] = field(default_factory=set)
    """Messages that are another number's of the same person now."""
    tasks: dict[UUID, TaskRow] = field(default_factory=dict)
    transfers: dict[Subject, TransferRow | None] = field(default_factory=dict)
    """None: it is void."""
    deliveries: dict[UUID, NewDelivery] = field(default_factory=dict)
    audit: list[AuditRow] = field(default_factory=list)
    outbox: list[OutboxRow] = field(default_factory=list)
