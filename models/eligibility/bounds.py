"""How much of one sender is kept about one person: a sender that sends without end fills its own part alone.

Pure. What is kept of one sender never depends on what another sends, but for `MAX_RECORD`.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from models.eligibility.facts import by_registration, conflicts, refusals
from models.eligibility.person_record import SupersededEvent
from models.events.event_types import (
    BenefitAnnulment,
    BenefitPeriodVersion,
    EnrolmentEnd,
    EnrolmentVersion,
    RefusedDuplicate,
    Residence,
    Risk,
    Withdrawal,
)
from models.events.fingerprints import same_content
from models.events.person_event import PersonEvent
from models.reasons import LeftOut

MAX_EVENTS: Final = 300
"""Events of one sender about one person that are kept whole. An institution that sends a message on every day of the
window stays below. At 2.7 kB for the largest of them they stay under 1 MB."""
MAX_SUPERSEDED: Final = 1000
"""Of one sender about one person: the events of which only id, fingerprint and order are kept, the latest ones."""
MAX_REFUSALS: Final = 300
"""The ledger's refusals beyond which one is kept only where the event that it names is. It refuses what match has
applied, so one that names nothing held is about an event that was left out."""
MAX_RECORD: Final = 2400
"""Events of all senders in one record. The topic ``people`` takes 8 MB: a record that it does not take would stop the
partition for everybody."""
SHARE: Final = 30
"""Events of one sender that are kept however much the others have sent."""

FactKey = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Kept:
    """What a record holds after an event."""

    events: tuple[PersonEvent, ...]
    superseded: tuple[SupersededEvent, ...]


def keep(held: Kept, event: PersonEvent) -> Kept | LeftOut:
    """What is held once `event` has come, or why it is left out.

    Of a repeat with the same content, the one appended first stays. The same id with other content is kept beside it:
    `models.eligibility.facts.fold` refuses whichever came later.
    """
    for place, known in enumerate(held.events):
        if known.identity == event.identity and same_content(known, event):
            if known.origin.order <= event.origin.order:
                return held
            return Kept((*held.events[:place], event, *held.events[place + 1 :]), held.superseded)
    for place, gone in enumerate(held.superseded):
        if gone.identity == event.identity and same_content(gone, event):
            if gone.origin.order <= event.origin.order:
                return held
            behind = held.superseded[place + 1 :]
            return Kept(held.events, (*held.superseded[:place], _shortened(event), *behind))
    grown = Kept((*held.events, event), held.superseded)
    bound = MAX_REFUSALS if isinstance(event.content, RefusedDuplicate) else MAX_EVENTS
    if _number(grown.events, event.sender) > bound:
        grown = _compacted(grown, event.sender)
        if _number(grown.events, event.sender) > bound and not _always_counts(event, held):
            return LeftOut.SENDER_BOUND
    if len(grown.events) > max(MAX_RECORD, len(held.events)) and _number(held.events, event.sender) >= SHARE:
        return LeftOut.RECORD_FULL
    return grown


def _number(events: Iterable[PersonEvent], sender: str) -> int:
    return sum(event.sender == sender and not event.released for event in events)


def _always_counts(event: PersonEvent, held: Kept) -> bool:
    """What is kept beyond the bound of its sender.

    The facts of register and municipality: only they say where a person lives and came from. What takes back, ends or
    corrects something that is held: without it, what is held would be wrong. What an operator has released.
    """
    if event.released:
        return True
    match event.content:
        case BenefitPeriodVersion() | BenefitAnnulment() | Residence():
            return True
        case RefusedDuplicate() as refused:
            place = (refused.topic, refused.partition, refused.offset)
            return place in {one.origin.place for one in held.events}
        case Withdrawal() as withdrawal:
            named = (event.sender, withdrawal.message_id)
            return any(isinstance(one.content, Risk) and one.identity == named for one in held.events)
        case EnrolmentVersion() | EnrolmentEnd():
            subject = _subject(event)
            return any(_subject(one) == subject for one in held.events)
        case Risk():
            return False


def _compacted(kept: Kept, sender: str) -> Kept:
    """With so many of the replaced events of `sender` shortened that the others fit; what counts stays as it is.

    Those that no refusal can bring back go first, then the oldest: the ledger may refuse the last version later.
    """
    own = [event for event in kept.events if event.sender == sender]
    refused = refusals(kept.events) | conflicts((*kept.events, *kept.superseded))
    subjects: dict[FactKey, list[PersonEvent]] = defaultdict(list)
    for event in sorted(own, key=by_registration):
        subject = _subject(event)
        if subject is not None and event.origin.place not in refused:
            subjects[subject].append(event)
    counting = {event.origin.place for versions in subjects.values() for event in _in_force(versions)}
    replaced = sorted(
        (event for event in own if _subject(event) is not None and event.origin.place not in counting),
        key=lambda event: (event.origin.place not in refused, by_registration(event)),
    )[: _number(own, sender) - MAX_EVENTS]
    if not replaced:
        return kept
    places = {event.origin.place for event in replaced}
    gone = [one for one in kept.superseded if one.sender == sender]
    gone = sorted([*gone, *map(_shortened, replaced)], key=_order)[-MAX_SUPERSEDED:]
    return Kept(
        tuple(event for event in kept.events if event.origin.place not in places),
        (*(one for one in kept.superseded if one.sender != sender), *gone),
    )


def _in_force(versions: Sequence[PersonEvent]) -> list[PersonEvent]:
    """Of what was said of one subject, in the order of registration: what the fold needs to come to the same."""
    last = versions[-1]
    if not isinstance(last.content, EnrolmentEnd):
        return [last]
    whole = [event for event in versions if isinstance(event.content, EnrolmentVersion)]
    return [*whole[-1:], last]


def _subject(event: PersonEvent) -> FactKey | None:
    """What an event replaces another one of; None for what stands by itself."""
    match event.content:
        case EnrolmentVersion(enrolment_id=name) | EnrolmentEnd(enrolment_id=name):
            return ("enrolment", event.sender, name)
        case BenefitPeriodVersion(period_id=name) | BenefitAnnulment(period_id=name):
            return ("period", event.sender, name)
        case Residence(residence_id=name):
            return ("residence", event.sender, name)
        case Withdrawal(message_id=name):
            return ("withdrawal", event.sender, name)
        case Risk() | RefusedDuplicate():
            return None


def _shortened(event: PersonEvent) -> SupersededEvent:
    return SupersededEvent(
        sender=event.sender,
        event_id=event.event_id,
        fingerprint=event.fingerprint,
        fingerprint_utc=event.fingerprint_utc,
        registered_at=event.registered_at,
        origin=event.origin,
    )


def _order(event: SupersededEvent) -> tuple[object, ...]:
    return (event.registered_at, event.origin.order)
