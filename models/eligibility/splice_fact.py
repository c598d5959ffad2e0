"""A new fact put into the bytes of a person's record, where the rule has nothing else to do with it.

`models.eligibility.apply_event.apply` is the rule: where this gives bytes, they are those of the record that it makes,
and it publishes nothing. Of most people no message is ever known, and then a fact is only kept.
"""

from typing import Any, Final

from msgspec import DecodeError, Raw, Struct
from msgspec.json import Decoder, encode

from models.eligibility.bounds import few_events
from models.events.plain_fact import PlainFact

_MESSAGE: Final = b'"dropout-risk.raised"'


class _PlainRecord(Struct, forbid_unknown_fields=True):
    """A person's record that holds events and nothing else: no decision, no other number, no erasure."""

    person_id: str
    applied: int = -1
    events: list[Raw] = []


_READ: Final[Decoder[Any]] = Decoder(_PlainRecord)


def splice_fact(record: bytes | None, fact: PlainFact, event: bytes, offset: int) -> bytes | None:
    """The record with `fact`, whose bytes are `event`, once it is applied at `offset`; None: only the rule can say.

    `record` None: the person is new. An id that stands nowhere in the record is no repeat; a contract's id has no
    other way to be written in JSON.
    """
    if record is None:
        return _written(fact.person_id, offset, event)
    if _MESSAGE in record or fact.event_id.encode() in record:
        return None
    try:
        known: _PlainRecord = _READ.decode(record)
    except DecodeError:
        return None
    if offset <= known.applied or len(known.events) >= few_events():
        return None
    return _written(fact.person_id, offset, *map(bytes, known.events), event)


def _written(person_id: str, applied: int, *events: bytes) -> bytes:
    return b'{"person_id":%b,"applied":%d,"events":[%b]}' % (encode(person_id), applied, b",".join(events))
