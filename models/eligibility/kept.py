"""What a person's record holds of events, and how large it is."""

from dataclasses import dataclass
from typing import Final

from models.eligibility.person_record import SupersededEvent
from models.events.fingerprints import same_content
from models.events.person_event import PersonEvent

EVENT_BYTES: Final = 1200
_SHORTENED_BYTES: Final = 600


@dataclass(frozen=True, slots=True)
class Kept:
    """What a record holds after an event."""

    events: tuple[PersonEvent, ...]
    superseded: tuple[SupersededEvent, ...]


def size_of(kept: Kept) -> int:
    """Bytes of a record as it is stored, at the most: its events with what is decided of them, and the shortened ones.

    Counted and not serialised, which would cost much for each event of a long record.
    """
    sealed = sum(len(event.sealed or "") for event in kept.events)
    return sealed + EVENT_BYTES * len(kept.events) + _SHORTENED_BYTES * len(kept.superseded)


def is_repeat(known: PersonEvent | SupersededEvent, event: PersonEvent) -> bool:
    """Whether `event` says again what is held as `known`."""
    return known.event_id == event.event_id and known.sender == event.sender and same_content(known, event)
