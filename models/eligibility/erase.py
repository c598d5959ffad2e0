"""What is left of a person's record when the person is erased (docs/decisions/0054).

Pure. A gravestone drops whatever was appended before its cut-off, whenever it comes: what was sent once may be read,
driven or replayed again at any time. What is appended later begins anew.
"""

from typing import Final

from models.eligibility.decision import Cause, ErasureMark
from models.eligibility.person_record import PersonRecord
from models.events.content import PersonErased, Risk
from models.events.person_event import Origin, PersonEvent

ERASURE: Final = "erasure"
"""The sender of what erases a person; no sender's number looks like it."""


def erased_by(person_id: str, origin: Origin, request: str) -> PersonEvent:
    """The event that erases what was appended about `person_id` before `origin`, its record on ``erasures``.

    One record there for all numbers of a person: they have one cut-off, or what one number has forwarded to another
    would be dropped at one of them alone.
    """
    name = f"erasure/{request}/{person_id}"
    return PersonEvent(
        person_id=person_id,
        sender=ERASURE,
        event_id=name,
        registered_at=origin.appended_at,
        origin=origin,
        fingerprint=name,
        content=PersonErased(kind="person.erased", request=request),
    )


def is_erased(record: PersonRecord, event: PersonEvent) -> bool:
    """Whether `event` was appended before the person's cut-off."""
    return record.erased_before is not None and event.origin.appended_at < record.erased_before


def gravestone(record: PersonRecord, event: PersonEvent) -> PersonRecord:
    """The record without what was appended before the cut-off of `event`, or before an earlier one's that is later."""
    cut_off = max(event.origin.appended_at, record.erased_before or event.origin.appended_at)
    events = tuple(one for one in record.events if one.origin.appended_at >= cut_off)
    messages = {f"{one.sender}/{one.event_id}" for one in events if isinstance(one.content, Risk)}
    is_joined = record.joined_by is not None and record.joined_by.appended_at >= cut_off
    numbers = {
        name
        for one in events
        if one.forwarded is not None
        for name in (one.forwarded.by, *one.forwarded.also)
    } - {record.person_id}
    return record.model_copy(
        update={
            "erased_before": cut_off,
            "events": events,
            "superseded": tuple(one for one in record.superseded if one.origin.appended_at >= cut_off),
            "decided": {key: said for key, said in record.decided.items() if key in messages},
            "changed_to": record.changed_to if is_joined else None,
            "joined_to": record.joined_to if is_joined else None,
            "joined_by": record.joined_by if is_joined else None,
            "joined": tuple(name for name in record.joined if name in numbers),
            "awaited": tuple(name for name in record.awaited if name in numbers),
        }
    )


def mark_of(event: PersonEvent, content: PersonErased, cause: Cause) -> ErasureMark:
    """What the ledger is told of it."""
    return ErasureMark(
        person_id=event.person_id,
        erased_before=event.origin.appended_at,
        cause=cause,
        request=content.request,
    )
