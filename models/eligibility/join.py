"""Several numbers of one person become one record: where events go, and what has come from where.

Pure. Numbers form groups; a number forwards to one that is smaller, so that everything ends at the smallest of a group,
in whatever order the joins are known, and never goes round (docs/decisions/0041).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from models.eligibility.decision import JoinMark
from models.eligibility.person_record import PersonRecord
from models.events.content import NumberChange, PersonJoined
from models.events.person_event import Forwarded, PersonEvent
from models.reasons import LeftOut

MATCH: Final = "match"
"""The sender of what match itself puts on ``person-events``; no sender's number looks like it."""


@dataclass(frozen=True, slots=True)
class Joining:
    """What a join gives: the record to keep, events for other numbers, and the last word about this one."""

    record: PersonRecord
    events: tuple[PersonEvent, ...] = ()
    mark: JoinMark | None = None


def is_join(event: PersonEvent) -> bool:
    """Whether an event is about the number itself."""
    return isinstance(event.content, NumberChange | PersonJoined)


def join(record: PersonRecord, event: PersonEvent, *, again: bool) -> Joining | LeftOut:
    """Join the record's number with the one that `event` names. `again`: the outputs may have been lost.

    Of one old number there is one new one: a second is left out until an operator releases it.
    """
    content = event.content
    if isinstance(content, NumberChange):
        other = content.new_person_id
        if record.changed_to not in (None, other) and not event.released:
            return LeftOut.JOINED_ELSEWHERE
        record = record.model_copy(update={"changed_to": record.changed_to or other})
    elif isinstance(content, PersonJoined):
        other = content.other
    else:
        raise TypeError("no join")
    number, target = record.person_id, record.joined_to or record.person_id
    if other == record.joined_to:
        again = again or event.origin.place == (record.joined_by and record.joined_by.place)
        return _all_forwarded(record, other) if again else Joining(record)
    if other == number:
        return Joining(record)
    if target == number and other < number:
        record = record.model_copy(update={"joined_to": other, "joined_by": event.origin})
        return _all_forwarded(record, other)
    return Joining(record, (_handed_on(event, max(target, other), min(target, other)),))


def receive(record: PersonRecord, event: PersonEvent) -> tuple[PersonRecord, bool]:
    """Note where an event came from, and whether it is the last one that was awaited.

    What has come whole once is not awaited again: a worker that lost its partition may send a part of it later.
    """
    came = event.forwarded
    if came is None:
        return record, False
    new = {came.by, *came.also} - {*record.joined, record.person_id}
    awaited = {*record.awaited, *(new & {*came.awaited})}
    if came.by in new and came.part < came.parts:
        awaited.add(came.by)
    if came.part == came.parts:
        awaited.discard(came.by)
    if not new and awaited == set(record.awaited):
        return record, False
    record = record.model_copy(
        update={"joined": tuple(sorted({*record.joined, *new})), "awaited": tuple(sorted(awaited))}
    )
    return record, not awaited


def forwarded(record: PersonRecord, event: PersonEvent) -> PersonEvent:
    """An event that has come to a number that is joined to another one."""
    came = event.forwarded
    if came is None:
        return _forwarded(record, event, record.person_id, 1, 1)
    return _forwarded(record, event, came.by, came.part, came.parts)


def _all_forwarded(record: PersonRecord, target: str) -> Joining:
    number = record.person_id
    events = tuple(
        _forwarded(record, event, number, part, len(record.events))
        for part, event in enumerate(record.events, start=1)
    )
    return Joining(record, events, JoinMark(person_id=number, joined_to=target))


def _forwarded(record: PersonRecord, event: PersonEvent, by: str, part: int, parts: int) -> PersonEvent:
    came = event.forwarded
    known = record.decided.get(f"{event.sender}/{event.event_id}")
    revisions = [] if known is None else [known.revision]
    if came is not None and came.revision is not None:
        revisions.append(came.revision)
    also = {record.person_id, *record.joined, *(() if came is None else came.also)} - {by}
    new = Forwarded(
        by=by,
        also=tuple(sorted(also)),
        sent_as=record.person_id if came is None else came.sent_as,
        revision=max(revisions, default=None),
        part=part,
        parts=parts,
        awaited=_but(record.awaited, by),
    )
    return event.model_copy(update={"person_id": record.joined_to, "forwarded": new})


def _handed_on(event: PersonEvent, number: str, other: str) -> PersonEvent:
    """The word to `number` that it is joined with `other`; said twice, it is the same event."""
    name = f"join/{number}/{other}"
    return PersonEvent(
        person_id=number,
        sender=MATCH,
        event_id=name,
        registered_at=event.registered_at,
        origin=event.origin,
        fingerprint=name,
        content=PersonJoined(kind="person.joined", other=other),
    )


def _but(names: Iterable[str], one: str) -> tuple[str, ...]:
    return tuple(name for name in names if name != one)
