"""What the ledger has told a person's record of other people: subjects that are theirs, what was taken back there.

Pure. It tells of subjects of one owner only, so it changes nothing of what anybody else has said.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from models.events.content import HandedOver, MovedAway, SubjectKind
from models.events.person_event import Origin, PersonEvent
from models.events.simple_event import KnownEvent
from models.events.subject import Order

SubjectKey = tuple[SubjectKind, str, str]
"""Kind, id, and the number of a sender."""


@dataclass(frozen=True, slots=True)
class AcrossPeople:
    """All of it about one person."""

    elsewhere: Mapping[SubjectKey, Order]
    """From which version on a subject is another person's, by a sender that has stated it here before."""
    taken_back: tuple[PersonEvent, ...]
    """What its sender said about another person, as if it had said it about this one."""
    owned_since: Mapping[SubjectKey, date]


NOTHING_ACROSS: Final = AcrossPeople({}, (), {})


def across_people(events: Iterable[KnownEvent], refused: Collection[tuple[str, int, int]]) -> AcrossPeople:
    """What counts of the ledger's words among `events`: not what rests on a record that is `refused`.

    Nor that a version is another person's which is held here: under another number of this one.
    """
    events = tuple(events)
    held = {event.origin.place for event in events}
    elsewhere: dict[SubjectKey, Order] = {}
    taken_back = []
    since: dict[SubjectKey, date] = {}
    for event in events:
        word = event.content
        if not isinstance(word, MovedAway | HandedOver):
            continue
        if (word.topic, word.partition, word.offset) in refused:
            continue
        owner = (word.subject, word.name, word.owner)
        since[owner] = min(word.owned_since, since.get(owner, date.max))
        if isinstance(word, HandedOver):
            taken_back.append(_as_said(event.person_id, word))
        elif (word.topic, word.partition, word.offset) not in held:
            order = (word.registered_at, word.rank, word.appended_at, word.topic, word.partition, word.offset)
            key = (word.subject, word.name, word.sender)
            elsewhere[key] = max(order, elsewhere.get(key, order))
    return AcrossPeople(elsewhere, tuple(taken_back), since)


def _as_said(person_id: str, word: HandedOver) -> PersonEvent:
    return PersonEvent(
        person_id=person_id,
        sender=word.sender,
        event_id=word.event_id,
        registered_at=word.registered_at,
        origin=Origin(
            topic=word.topic, partition=word.partition, offset=word.offset, appended_at=word.appended_at
        ),
        fingerprint="",
        content=word.says,
    )
