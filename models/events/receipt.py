"""The answer to every input record, and match's answer to every person event: what the accounting counts."""

from datetime import date
from enum import StrEnum

from pydantic import AwareDatetime

from models.base import Travelling
from models.events.content import SubjectKind, TakingBack
from models.events.person_event import Origin, PersonEvent
from models.events.subject import rank_of, subject_of
from models.reasons import ForeignReason, LeftOut, Rejection


class ReceiptStatus(StrEnum):
    """Intake's answer."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"


class KeptCount(Travelling):
    """How many events of one type."""

    type: str
    events: int


class Total(Travelling):
    """What a sender says that it has published of one day."""

    day: date
    registered_at: AwareDatetime
    """Of two totals of one day the later one holds."""
    counts: tuple[KeptCount, ...]


class Receipt(Travelling):
    """Exactly one for each input record. Holds no personal data: `detail` names fields, never values."""

    origin: Origin
    status: ReceiptStatus
    reason: Rejection | None = None
    detail: str | None = None
    sender: str | None = None
    event_id: str | None = None
    type: str | None = None
    fingerprint: str | None = None
    fingerprint_utc: str | None = None
    """`models.events.fingerprints`: the second one, where it is another one."""
    sequence: int | None = None
    """The event's number among its sender's, where the sender counts them and has signed it."""
    registered_on: date | None = None
    """The Danish date of the event's ``time``, where its sender has signed it: the day whose control total it is in."""
    total: Total | None = None
    """What an accepted control total says."""


class RepeatKind(StrEnum):
    """What an accepted record turns out to be when its id came before."""

    DUPLICATE = "duplicate"
    CONFLICT = "conflict"


class RepeatReceipt(Travelling):
    """Follows when an accepted record repeats an id: a duplicate has no effect, a conflict is refused."""

    origin: Origin
    repeat: RepeatKind
    sender: str
    event_id: str


class LeftOutReceipt(Travelling):
    """Follows when an accepted record has no effect: its sender is over its bound for that person."""

    origin: Origin
    left_out: LeftOut
    sender: str
    event_id: str


class LeftOutEvent(Travelling):
    """Why a person event has no effect, and what its sender must be told it by."""

    reason: LeftOut
    sender: str
    event_id: str
    appended_at: AwareDatetime


class NamesNothingReceipt(Travelling):
    """Follows when an accepted record ends, annuls or withdraws what its sender has not registered about anybody."""

    origin: Origin
    names_nothing: SubjectKind
    sender: str
    event_id: str


class AppliedSubject(Travelling):
    """What an applied event is about: the ledger holds its subject against those of other people."""

    kind: SubjectKind
    name: str
    sender: str
    event_id: str
    registered_at: AwareDatetime
    rank: int
    """`models.events.subject.rank_of`."""
    appended_at: AwareDatetime
    taken_back: TakingBack | None = None
    """What the event ends, annuls or withdraws; absent where it states the subject."""

    @classmethod
    def of(cls, event: PersonEvent) -> "AppliedSubject | None":
        """What `event` is about; None for what the ledger says."""
        subject = subject_of(event)
        if subject is None:
            return None
        return cls(
            kind=subject.kind,
            name=subject.name,
            sender=event.sender,
            event_id=event.event_id,
            registered_at=event.registered_at,
            rank=rank_of(event),
            appended_at=event.origin.appended_at,
            taken_back=subject.taken_back,
        )


class AppliedEntry(Travelling):
    """One person event that match has applied."""

    offset: int
    origin_topic: str
    origin_partition: int
    origin_offset: int
    person_id: str
    changed: int
    """Decisions that are new or changed by it."""
    left_out: LeftOutEvent | None = None
    """That it has no effect; absent where it counts."""
    forwarded: bool | None = None
    """True: another number of the person has passed it on, where it was applied as well."""
    subject: AppliedSubject | None = None
    """Absent where it has none or no effect, and in entries of earlier versions."""
    passed_on: AwareDatetime | None = None
    """When the brokers had it, where it has come to a partition in which its person is not decided upon any more: it
    is applied in the one to which match has passed it on (docs/decisions/0069)."""
    erased: bool | None = None
    """True: it erases its person, or was appended before the person was erased. What is noted names nobody."""


class ForeignRecord(Origin):
    """A record on an internal topic that the service did not write: where it stands, and why it is taken for foreign.

    `appended_at` is the record's own time where its topic does not have the broker's yet.
    """

    reason: ForeignReason


class Applied(Travelling):
    """What match has applied of one partition in one batch: one entry for every person event of the service's own."""

    partition: int
    entries: tuple[AppliedEntry, ...]
    foreign: tuple[ForeignRecord, ...] | None = None
    """What the stream's steps have passed by; the ledger, which has the database, puts it into quarantine."""
