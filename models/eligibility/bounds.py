"""How much of one sender is kept about one person: a sender that sends without end fills its own part alone.

Pure. What is kept of one sender never depends on what another sends, but for `MAX_RECORD` and the sizes.
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
    NumberChange,
    PersonJoined,
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
window stays below. At 8 kB for the largest of them they stay under 2.5 MB."""
MAX_SUPERSEDED: Final = 1000
"""Of one sender about one person: the events of which only id, fingerprint and order are kept, the latest ones."""
MAX_ENROLMENTS: Final = 30
MAX_FACTS: Final = 300
"""Of one sender about one person: enrolments, and benefit periods and residences, each with all its versions. Their
newer versions are kept beyond `MAX_EVENTS`, so their number is what bounds them."""
MAX_REFUSALS: Final = 300
"""The ledger's refusals beyond which one is kept only where the event that it names is. It refuses what match has
applied, so one that names nothing held is about an event that was left out."""
MAX_RECORD: Final = 2400
"""Events of all senders in one record."""
MAX_BYTES: Final = 6_000_000
"""Of one record, as `size_of` counts: a message is up to 8 kB, in text that needs escapes."""
LAST_BYTES: Final = 7_500_000
"""Beyond it nothing counts, whoever sends it. The topic ``people`` takes 8 MB: a record that it does not take would
stop the partition for everybody."""
SHARE: Final = 30
"""Events of one sender that are kept however much the others have sent, up to `LAST_BYTES`."""
_EVENT_BYTES: Final = 1200
_SHORTENED_BYTES: Final = 600

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
    if not event.released and _is_one_too_many(event, held):
        return LeftOut.SENDER_BOUND
    grown = Kept((*held.events, event), held.superseded)
    bound = MAX_REFUSALS if isinstance(event.content, RefusedDuplicate) else MAX_EVENTS
    if _number(grown.events, event.sender) > bound:
        grown = _compacted(grown, event.sender)
        if _number(grown.events, event.sender) > bound and not _always_counts(event, held):
            return LeftOut.SENDER_BOUND
    return LeftOut.RECORD_FULL if _is_full(held, grown, event) else grown


def size_of(kept: Kept) -> int:
    """Bytes of a record as it is stored, at the most: its events with what is decided of them, and the shortened ones.

    Counted and not serialised, which would cost much for each event of a long record.
    """
    sealed = sum(len(event.sealed or "") for event in kept.events)
    return sealed + _EVENT_BYTES * len(kept.events) + _SHORTENED_BYTES * len(kept.superseded)


def _is_full(held: Kept, grown: Kept, event: PersonEvent) -> bool:
    """Whether the record has no room. What counts always, the ledger's word and a small share find room to the last."""
    size, before = size_of(grown), size_of(held)
    if size > max(LAST_BYTES, before):
        return True
    if len(grown.events) <= max(MAX_RECORD, len(held.events)) and size <= max(MAX_BYTES, before):
        return False
    if isinstance(event.content, RefusedDuplicate) or _number(held.events, event.sender) < SHARE:
        return False
    return not _always_counts(event, held)


def _is_one_too_many(event: PersonEvent, held: Kept) -> bool:
    """Whether an event begins a subject beyond those of its sender, or corrects an enrolment without end."""
    subject = _subject(event)
    if subject is None or subject[0] == "withdrawal":
        return False
    own = {_subject(one) for one in held.events if one.sender == event.sender}
    if subject in own:
        return isinstance(event.content, EnrolmentVersion) and _replaced(held, event.sender) >= MAX_SUPERSEDED
    kinds, bound = (
        ({"enrolment"}, MAX_ENROLMENTS) if subject[0] == "enrolment" else ({"period", "residence"}, MAX_FACTS)
    )
    counted = {_subject(one) for one in held.events if one.sender == event.sender and not one.released}
    return sum(one is not None and one[0] in kinds for one in counted) >= bound


def _replaced(held: Kept, sender: str) -> int:
    return sum(one.sender == sender for one in held.superseded)


def _number(events: Iterable[PersonEvent], sender: str) -> int:
    return sum(event.sender == sender and not event.released for event in events)


def _always_counts(event: PersonEvent, held: Kept) -> bool:
    """What is kept beyond the bound of its sender.

    The facts of register and municipality: only they say where a person lives and came from. What takes back, ends or
    corrects something that is held: without it, what is held would be wrong. How many there are is bounded by their
    subjects (`_is_one_too_many`) and by the messages that are held. What an operator has released.
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
        case Risk() | NumberChange() | PersonJoined():
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
        case Risk() | RefusedDuplicate() | NumberChange() | PersonJoined():
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
