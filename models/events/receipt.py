"""The answer to every input record, and match's answer to every person event: what the accounting counts."""

from datetime import date
from enum import StrEnum

from pydantic import AwareDatetime

from models.base import Travelling
from models.events.person_event import Origin
from models.reasons import LeftOut, Rejection


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
    """True: another number of the person has forwarded it, where it was applied as well."""


class Applied(Travelling):
    """What match has applied of one partition in one batch: one entry for every person event."""

    partition: int
    entries: tuple[AppliedEntry, ...]
