"""A receipt and what match has applied, read quickly: nearly every record of the two topics is one of these.

`models.events.receipt` is the format. What is taken here it takes too, and as the same; whatever else it takes (a field
of a later version, a control total, what follows a receipt, a foreign record) is none here, and the caller asks it.
"""

from datetime import date
from typing import Final

from msgspec import UNSET, Raw, Struct, UnsetType, field
from msgspec.json import Encoder
from pydantic import TypeAdapter, ValidationError

from models.events.content import SubjectKind, TakingBack
from models.events.receipt import Applied, Receipt, ReceiptStatus
from models.events.simple_event import SimpleOrigin
from models.quick_reader import AwareMoment, QuickReader
from models.reasons import LeftOut, Rejection

_taking_back: TypeAdapter[TakingBack] = TypeAdapter(TakingBack)


class SimpleReceipt(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """`models.events.receipt.Receipt` of what is no control total."""

    origin: SimpleOrigin
    status: ReceiptStatus
    reason: Rejection | None = None
    detail: str | None = None
    sender: str | None = None
    event_id: str | None = None
    type: str | None = None
    fingerprint: str | None = None
    fingerprint_utc: str | None = None
    sequence: int | None = None
    registered_on: date | None = None


class SimpleLeftOut(Struct, frozen=True, forbid_unknown_fields=True):
    """`models.events.receipt.LeftOutEvent`."""

    reason: LeftOut
    sender: str
    event_id: str
    appended_at: AwareMoment


class SimpleSubject(Struct, frozen=True, forbid_unknown_fields=True):
    """`models.events.receipt.AppliedSubject`."""

    kind: SubjectKind
    name: str
    sender: str
    event_id: str
    registered_at: AwareMoment
    rank: int
    appended_at: AwareMoment
    taking_back: Raw | UnsetType = field(name="taken_back", default=UNSET)

    @property
    def taken_back(self) -> TakingBack | None:
        """As of `AppliedSubject`, and read by it."""
        return (
            None
            if isinstance(self.taking_back, UnsetType)
            else _taking_back.validate_json(bytes(self.taking_back))
        )


class SimpleEntry(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """`models.events.receipt.AppliedEntry`."""

    offset: int
    origin_topic: str
    origin_partition: int
    origin_offset: int
    person_id: str
    changed: int
    left_out: SimpleLeftOut | None = None
    forwarded: bool | None = None
    subject: SimpleSubject | None = None
    passed_on: AwareMoment | None = None
    erased: bool | None = None


class SimpleApplied(Struct, frozen=True, forbid_unknown_fields=True):
    """`models.events.receipt.Applied` without foreign records."""

    partition: int
    entries: tuple[SimpleEntry, ...]


KnownReceipt = Receipt | SimpleReceipt
"""A receipt, whichever way it was read."""
KnownApplied = Applied | SimpleApplied
"""What was applied, likewise."""
_receipt: Final = QuickReader(SimpleReceipt)
_applied: Final = QuickReader(SimpleApplied)
_WRITE: Final = Encoder()


def write_receipt(receipt: KnownReceipt) -> bytes:
    """As it stands on ``receipts``: the same bytes, by whichever it was made."""
    if isinstance(receipt, Receipt):
        return receipt.model_dump_json(exclude_none=True).encode()
    return _WRITE.encode(receipt)


def read_simple_receipt(value: bytes) -> SimpleReceipt | None:
    """The receipt in a record of ``receipts``; None where pydantic must say what it is."""
    return _receipt(value)


def read_simple_applied(value: bytes) -> SimpleApplied | None:
    """What a record of ``applied`` holds; None where pydantic must say what it is."""
    applied = _applied(value)
    if applied is None:
        return None
    try:
        for entry in applied.entries:
            if entry.subject is not None:
                _ = entry.subject.taken_back
    except ValidationError:
        return None
    return applied


def as_applied(applied: KnownApplied) -> Applied:
    """As pydantic reads it: for whoever changes it."""
    return applied if isinstance(applied, Applied) else Applied.model_validate_json(_WRITE.encode(applied))
