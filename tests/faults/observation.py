"""What a cell has left behind, as the judge is handed it: records, rows, mails, and every text for the search."""

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from tests.faults.workload import Sent

Place = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Logged:
    """An input record where the log holds it."""

    place: Place
    appended_at: datetime
    sent: Sent


@dataclass(frozen=True, slots=True)
class MessageSeen:
    sender: str
    message_id: str
    person_id: str
    outcome: str
    reason: str
    enrolment_id: str | None
    unit_id: str | None
    task_id: UUID | None


@dataclass(frozen=True, slots=True)
class TaskSeen:
    id: UUID
    person_id: str
    enrolment_id: str
    unit_id: str
    status: str
    react_by: date
    appended_at: datetime
    attempts: int = 0
    reference: str = ""

    @property
    def about(self) -> tuple[str, str]:
        """Whose enrolment."""
        return (self.person_id, self.enrolment_id)


@dataclass(frozen=True, slots=True)
class ActSeen:
    """What a person did, as the ledger has it; `serial` is the order."""

    id: UUID
    task_id: UUID
    number: int
    kind: str
    to_unit: str | None
    serial: int
    by: str = ""


@dataclass(frozen=True, slots=True)
class Promised:
    """What a person was told is done."""

    id: UUID
    task_id: UUID
    kind: str


@dataclass(frozen=True, slots=True)
class CallSeen:
    """A deed that a case system has sent until it was answered; `by` is a worker whom no other call names."""

    by: str
    task_id: UUID
    kind: str
    etag: str
    """Of the task as the case system had seen it."""
    status: int
    """Of the answer that it heard at last."""


@dataclass(frozen=True, slots=True)
class DeliverySeen:
    id: UUID
    task_id: UUID
    occasion: str
    cause: str
    recipient: str
    status: str
    audience: str = "unit"
    channel: str = "email"


@dataclass(frozen=True, slots=True)
class MailSeen:
    """A mail that the relay holds; `answered`: it has said yes to it."""

    message_id: str
    recipient: str
    digest: str
    answered: bool


@dataclass(frozen=True, slots=True)
class HookSeen:
    """A webhook that an endpoint has read whole; `answered`: it has said yes to it."""

    id: str
    unit: str
    """Whose endpoint it came to."""
    named: str
    """The unit that it speaks of."""
    task: str
    occasion: str
    digest: str
    signed: bool
    answered: bool


@dataclass(frozen=True, slots=True)
class Erased:
    """Somebody of whom everything is erased that the brokers had before the moment."""

    cpr: str
    person_id: str
    cut_off: datetime


@dataclass(slots=True)
class Seen:
    """Everything that a cell has left behind."""

    inputs: list[Logged] = field(default_factory=list)
    receipts: dict[Place, str] = field(default_factory=dict)
    """Place → status."""
    applied: list[tuple[Place, str]] = field(default_factory=list)
    """Origin and person."""
    messages: list[MessageSeen] = field(default_factory=list)
    tasks: list[TaskSeen] = field(default_factory=list)
    acts: list[ActSeen] = field(default_factory=list)
    promised: list[Promised] = field(default_factory=list)
    calls: list[CallSeen] = field(default_factory=list)
    deliveries: list[DeliverySeen] = field(default_factory=list)
    mails: list[MailSeen] = field(default_factory=list)
    hooked: frozenset[str] = frozenset()
    """Units that have an endpoint in this cell."""
    gone: frozenset[str] = frozenset()
    """Units whose endpoint has said that it is gone: what comes after is not wanted there."""
    hooks: list[HookSeen] = field(default_factory=list)
    erased: dict[str, Erased] = field(default_factory=dict)
    """By CPR."""
    named: list[tuple[str, str]] = field(default_factory=list)
    """Table and pseudonym, of every row that names somebody who was erased."""
    texts: list[tuple[str, bytes]] = field(default_factory=list)
    """Where, and what stands there: all of it is searched for CPR numbers."""
