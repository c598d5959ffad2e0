"""A new event put into the bytes of a person's record, and decided, without the record being read and written whole.

`models.eligibility.apply_event.apply` is the rule: where this gives bytes, they are those of the record that it makes,
and the decisions are the same. It holds for most events: they are new, their person has one number, and no bound is
near. Of most people no message is ever known, and then the event is only kept.
"""

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Raw, Struct
from msgspec.json import Decoder, encode
from pydantic import ValidationError

from models.eligibility.bounds import FEW_EVENTS, MAX_BYTES
from models.eligibility.decide_messages import BeforeEvent, decide_messages
from models.eligibility.kept import EVENT_BYTES
from models.eligibility.law import Law
from models.eligibility.person_record import Decided
from models.eligibility.simple_decision import SimpleCause, SimpleDecided, SimpleDecision, write_decided
from models.events.person_event import PersonEvent
from models.events.simple_event import KnownEvent, SimpleEvent, read_known_event
from models.quick_reader import decoded

_MESSAGE: Final = b'"dropout-risk.raised"'
_EVENT_ID: Final = b'"event_id"'
_NONE: Final = Raw(b"[]")
_LISTS: Final = (b"[{", b"[]")
"""As a list of events begins that we have written."""
_FEW_BYTES: Final = MAX_BYTES - EVENT_BYTES * FEW_EVENTS
"""So few events with all that they have sealed are below every bound of size."""


class SplicedEvent(Struct, frozen=True):
    """The record's bytes with the event in it, and the decisions to publish, all of them changed."""

    record: bytes
    decisions: tuple[SimpleDecision, ...] = ()
    read: int = 0
    """Events that were read for it."""


class _SimpleRecord(Struct, forbid_unknown_fields=True):
    """A person's record that holds events and decisions and nothing else: no other number, no erasure."""

    person_id: str
    applied: int = -1
    events: Raw = _NONE
    decided: dict[str, SimpleDecided] = {}


_READ: Final[Decoder[Any]] = Decoder(_SimpleRecord)
_READ_EVENTS: Final[Decoder[Any]] = Decoder(list[SimpleEvent])
_READ_APART: Final[Decoder[list[Raw]]] = Decoder(list[Raw])


def splice_event(
    record: bytes | None, event: SimpleEvent, value: bytes, partition: int, offset: int, law: Law
) -> SplicedEvent | None:
    """The record with `event`, whose bytes are `value`, once it is applied at `offset`; None: only the rule can say.

    `record` None: the person is new. An id that stands nowhere in the record is no repeat; a contract's id has no
    other way to be written in JSON.
    """
    held = record or b""
    if event.event_id.encode() in held or len(held) + len(value) > _FEW_BYTES:
        return None
    known: _SimpleRecord | None = decoded(_READ, held) if held else _SimpleRecord(event.person_id)
    if known is None or not bytes(known.events).startswith(_LISTS):
        return None
    if offset <= known.applied or held.count(_EVENT_ID) >= FEW_EVENTS:
        return None
    if event.is_message or _MESSAGE in held:
        return _decided(known, event, value, SimpleCause(partition, offset), law)
    if known.decided:
        return None
    return SplicedEvent(_written(known, offset, value, {}))


def _decided(
    known: _SimpleRecord, event: SimpleEvent, value: bytes, cause: SimpleCause, law: Law
) -> SplicedEvent | None:
    try:
        events = [*_events(known.events), event]
    except ValidationError:
        return None
    before = BeforeEvent(known.person_id, (), known.decided)
    made = decide_messages(before, events, (), cause, law, again=False)
    return SplicedEvent(_written(known, cause.offset, value, made.decided), made.decisions, len(events))


def _events(values: Raw) -> list[KnownEvent]:
    events: list[KnownEvent] | None = decoded(_READ_EVENTS, values)
    return [*map(_event, _READ_APART.decode(values))] if events is None else events


def _event(value: Raw) -> KnownEvent:
    return read_known_event(value) or PersonEvent.model_validate_json(bytes(value))


def _written(
    known: _SimpleRecord, applied: int, event: bytes, decided: Mapping[str, Decided | SimpleDecided]
) -> bytes:
    before = bytes(known.events)[:-1]
    return b'{"person_id":%b,"applied":%d,"events":%b%b%b]%b}' % (
        encode(known.person_id),
        applied,
        before,
        b"," if len(before) > 1 else b"",
        event,
        b',"decided":%b' % write_decided(decided) if decided else b"",
    )
