"""An event as intake has accepted it, written without being validated a second time.

`models.events.person_event` is the format, and what is written here are the bytes that it would write. Intake has just
held the event's data against the contract; what is still to be guarded is that nothing else goes along.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Final

from msgspec import Struct
from msgspec.json import Encoder
from pydantic import BaseModel, JsonValue

from models.events.event_types import SEALED_FIELDS, EventType
from models.events.person_event import PersonEvent
from models.events.simple_event import SimpleOrigin


class AcceptedEvent(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`models.events.person_event.PersonEvent` straight from intake."""

    person_id: str
    sender: str
    event_id: str
    registered_at: datetime
    origin: SimpleOrigin
    fingerprint: str
    fingerprint_utc: str | None = None
    content: Mapping[str, JsonValue]
    """Of `kept_content`."""
    sealed: str | None = None


_WRITE: Final = Encoder()


def write_person_event(event: PersonEvent | AcceptedEvent) -> bytes:
    """As it stands on ``person-events``: the same bytes, by whichever it was made."""
    if isinstance(event, PersonEvent):
        return event.model_dump_json(exclude_none=True).encode()
    return _WRITE.encode(event)


def as_person_event(event: AcceptedEvent) -> PersonEvent:
    """By its model, as others read it."""
    return PersonEvent.model_validate_json(write_person_event(event))


def kept_content(event_type: EventType, fields: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Of an event's fields those that the stream keeps, in their model's order; what is sealed stays behind.

    Raises `ValueError` for a field that is neither, as it could name the person, and for one that is missing.
    """
    kept = {**fields, "kind": event_type.kind}
    names, taken, required = _fields(event_type.content)
    content: dict[str, JsonValue] = {name: value for name in names if (value := kept.get(name)) is not None}
    if not taken.issuperset(kept) or not required <= content.keys():
        raise ValueError(f"not the fields of {event_type.kind}: {sorted(kept)}")
    return content


@cache
def _fields(model: type[BaseModel] | None) -> tuple[tuple[str, ...], frozenset[str], frozenset[str]]:
    """All, in order; these and what is sealed; and those that must be there."""
    if model is None:
        raise ValueError("of an event about no person nothing is kept")
    fields = model.model_fields
    required = frozenset(name for name, field in fields.items() if field.is_required())
    return tuple(fields), SEALED_FIELDS.union(fields), required
