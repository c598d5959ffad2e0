"""How much of one sender is kept about one person: a sender that sends without end fills its own part alone.

Pure. What is kept of one sender never depends on what another sends, but for `MAX_RECORD` and the sizes.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Final

from models.calendar import copenhagen_date
from models.eligibility.conflicts import conflicts, refusals
from models.eligibility.kept import EVENT_BYTES, is_repeat
from models.eligibility.kept import Kept as Kept
from models.eligibility.kept import size_of as size_of
from models.eligibility.person_record import SupersededEvent
from models.eligibility.succession import NO_SUCCESSION, Succession
from models.events.content import (
    BenefitAnnulment,
    BenefitPeriodVersion,
    EnrolmentEnd,
    EnrolmentVersion,
    HandedOver,
    LedgersWord,
    MovedAway,
    NumberChange,
    PersonErased,
    PersonJoined,
    RefusedDuplicate,
    Residence,
    ResidenceAnnulment,
    Risk,
    SubjectKind,
    Withdrawal,
)
from models.events.person_event import PersonEvent
from models.events.subject import order_of, subject_of
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
MAX_TOLD: Final = 5
"""Of what the ledger tells of one subject of one owner: where it went, and what was taken back."""
MAX_TOLD_OF_MESSAGE: Final = 2
"""The same of a message: any withdrawal does, and a sender may have 300 messages."""
MAX_RECORD: Final = 2400
"""Events of all senders in one record."""
MAX_BYTES: Final = 6_000_000
"""Of one record, as `size_of` counts: a message is up to 8 kB, in text that needs escapes."""
LAST_BYTES: Final = 7_500_000
"""Beyond it nothing counts, whoever sends it. The topic ``people`` takes 8 MB: a record that it does not take would
stop the partition for everybody."""
SHARE: Final = 30
"""Events of one sender that are kept however much the others have sent, up to `LAST_BYTES`."""
FEW_EVENTS: Final = min(MAX_ENROLMENTS, MAX_FACTS, MAX_EVENTS, MAX_REFUSALS, MAX_RECORD)
"""Of a record with fewer events than this, and nothing shortened, no number reaches its bound."""
FactKey = tuple[str, str, str]


def keep(held: Kept, event: PersonEvent, succession: Succession = NO_SUCCESSION) -> Kept | LeftOut:
    """What is held once `event` has come, or why it is left out.

    Of a repeat with the same content, the one appended first stays. The same id with other content is kept beside it:
    `models.eligibility.facts.fold` refuses whichever came later.
    """
    for place, known in enumerate(held.events):
        if is_repeat(known, event):
            if known.origin.order <= event.origin.order:
                return held
            return Kept((*held.events[:place], event, *held.events[place + 1 :]), held.superseded)
    for place, gone in enumerate(held.superseded):
        if is_repeat(gone, event):
            if gone.origin.order <= event.origin.order:
                return held
            behind = held.superseded[place + 1 :]
            return Kept(held.events, (*held.superseded[:place], _shortened(event), *behind))
    if _is_far_from_bounds(held, event):
        return Kept((*held.events, event), held.superseded)
    speaks_for = succession.speaks_for(event.sender, copenhagen_date(event.origin.appended_at))
    if not event.released and _is_one_too_many(event, held, speaks_for):
        return LeftOut.SENDER_BOUND
    grown = Kept((*held.events, event), held.superseded)
    if isinstance(event.content, MovedAway | HandedOver):
        return (
            LeftOut.RECORD_FULL
            if _is_full(held, grown, event, speaks_for)
            else _of_the_latest(grown, event.content)
        )
    bound = MAX_REFUSALS if isinstance(event.content, RefusedDuplicate) else MAX_EVENTS
    if _number(grown.events, event.sender) > bound:
        grown = _compacted(grown, event.sender, succession)
        if _number(grown.events, event.sender) > bound and not _always_counts(event, held, speaks_for):
            return LeftOut.SENDER_BOUND
    return LeftOut.RECORD_FULL if _is_full(held, grown, event, speaks_for) else grown


def _is_far_from_bounds(held: Kept, event: PersonEvent) -> bool:
    """Whether so little is held that no bound can be reached, whoever sent it: true of almost everybody.

    Nobody has more subjects than there are events, and what the ledger tells of one subject is bounded lower.
    """
    return (
        len(held.events) < FEW_EVENTS
        and not held.superseded
        and not isinstance(event.content, MovedAway | HandedOver)
        and size_of(held) + EVENT_BYTES + len(event.sealed or "") <= MAX_BYTES
    )


def _is_full(held: Kept, grown: Kept, event: PersonEvent, speaks_for: Collection[str]) -> bool:
    """Whether the record has no room. What counts always, the ledger's word and a small share find room to the last."""
    size, before = size_of(grown), size_of(held)
    if size > max(LAST_BYTES, before):
        return True
    if len(grown.events) <= max(MAX_RECORD, len(held.events)) and size <= max(MAX_BYTES, before):
        return False
    if isinstance(event.content, LedgersWord) or _number(held.events, event.sender) < SHARE:
        return False
    return not _always_counts(event, held, speaks_for)


def _is_one_too_many(event: PersonEvent, held: Kept, speaks_for: Collection[str]) -> bool:
    """Whether an event begins a subject beyond those of its sender, or corrects an enrolment without end.

    What a sender says of a subject of one that it has taken over begins none: theirs are bounded already.
    """
    subject = _subject(event)
    if subject is None or subject[0] == "withdrawal":
        return False
    own = {_named(one) for one in held.events if one.sender in speaks_for}
    if _named(event) in own:
        return isinstance(event.content, EnrolmentVersion) and _replaced(held, event.sender) >= MAX_SUPERSEDED
    kinds, bound = (
        ({"enrolment"}, MAX_ENROLMENTS) if subject[0] == "enrolment" else ({"period", "residence"}, MAX_FACTS)
    )
    others = {_named(one) for one in held.events if one.sender in speaks_for and one.sender != event.sender}
    counted = {_named(one) for one in held.events if one.sender == event.sender and not one.released}
    return sum(one is not None and one[0] in kinds for one in counted - others) >= bound


def _replaced(held: Kept, sender: str) -> int:
    return sum(one.sender == sender for one in held.superseded)


def _number(events: Iterable[PersonEvent], sender: str) -> int:
    return sum(event.sender == sender and not event.released and _told_of(event) is None for event in events)


def _always_counts(event: PersonEvent, held: Kept, speaks_for: Collection[str]) -> bool:
    """What is kept beyond the bound of its sender.

    The facts of register and municipality: only they say where a person lives and came from. What takes back, ends or
    corrects something that is held, of its sender or of one that this one speaks for: without it, what is held would be
    wrong. How many there are is bounded by their subjects (`_is_one_too_many`) and by the messages that are held. What
    an operator has released.
    """
    if event.released:
        return True
    match event.content:
        case BenefitPeriodVersion() | BenefitAnnulment() | Residence() | ResidenceAnnulment():
            return True
        case RefusedDuplicate() as refused:
            place = (refused.topic, refused.partition, refused.offset)
            return any(place in _places(one) for one in held.events)
        case Withdrawal() as withdrawal:
            named = {(sender, withdrawal.message_id) for sender in speaks_for}
            return any(isinstance(one.content, Risk) and one.identity in named for one in held.events)
        case EnrolmentVersion() | EnrolmentEnd():
            named_by_event = _named(event)
            return any(one.sender in speaks_for and _named(one) == named_by_event for one in held.events)
        case MovedAway() | HandedOver():
            return True
        case Risk() | NumberChange() | PersonJoined() | PersonErased():
            return False


def _of_the_latest(kept: Kept, word: MovedAway | HandedOver) -> Kept:
    """Of what the ledger has told of one subject, as much as is kept of it: that of the latest versions.

    The last one counts. Those before it are needed where the last ones are refused later.
    """
    about = (word.kind, word.subject, word.name, word.sender)
    own = [one for one in kept.events if _told_of(one) == about]
    bound = MAX_TOLD_OF_MESSAGE if word.subject is SubjectKind.MESSAGE else MAX_TOLD
    gone = sorted(own, key=_told_order)[:-bound]
    names = {one.identity for one in gone}
    return Kept(tuple(one for one in kept.events if one.identity not in names), kept.superseded)


def _places(event: PersonEvent) -> set[tuple[str, int, int]]:
    """Where an event stands, and the record that the ledger's word rests on."""
    word = event.content
    if isinstance(word, MovedAway | HandedOver):
        return {event.origin.place, (word.topic, word.partition, word.offset)}
    return {event.origin.place}


def _told_of(event: PersonEvent) -> tuple[str, str, str, str] | None:
    word = event.content
    if isinstance(word, MovedAway | HandedOver):
        return (word.kind, word.subject, word.name, word.sender)
    return None


def _told_order(event: PersonEvent) -> tuple[object, ...]:
    word = event.content
    if isinstance(word, MovedAway | HandedOver):
        return (word.registered_at, word.appended_at, event.origin.order)
    return ()


def _compacted(kept: Kept, sender: str, succession: Succession) -> Kept:
    """With so many of the replaced events of `sender` shortened that the others fit; what counts stays as it is.

    Those that no refusal can bring back go first, then the oldest: the ledger may refuse the last version later.
    Of a sender that has taken over another, the version that the brokers had first counts, too, where they had it
    before that: it says that the subject is its own.
    """
    own = [event for event in kept.events if event.sender == sender]
    refused = refusals(kept.events) | conflicts((*kept.events, *kept.superseded))
    subjects: dict[FactKey, list[PersonEvent]] = defaultdict(list)
    for event in sorted(own, key=order_of):
        subject = _subject(event)
        if subject is not None and event.origin.place not in refused:
            subjects[subject].append(event)
    counting = {event.origin.place for versions in subjects.values() for event in _in_force(versions)}
    last_link = max((link.ended_on for link in succession.links.get(sender, ())), default=date.min)
    counting |= {one.origin.place for versions in subjects.values() for one in _first(versions, last_link)}
    replaced = sorted(
        (event for event in own if _subject(event) is not None and event.origin.place not in counting),
        key=lambda event: (event.origin.place not in refused, order_of(event)),
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


def _first(versions: Sequence[PersonEvent], before: date) -> list[PersonEvent]:
    early = [event for event in versions if copenhagen_date(event.origin.appended_at) < before]
    stated = [event for event in early if (subject := subject_of(event)) is not None and subject.is_version]
    return sorted(stated, key=lambda event: event.origin.order)[:1]


def _subject(event: PersonEvent) -> FactKey | None:
    """What an event replaces another one of; None for what stands by itself."""
    named = _named(event)
    return None if named is None else (named[0], event.sender, named[1])


def _named(event: PersonEvent) -> tuple[str, str] | None:
    """The same but for its sender."""
    if isinstance(event.content, Withdrawal):
        return ("withdrawal", event.content.message_id)
    subject = subject_of(event)
    return None if subject is None or subject.kind is SubjectKind.MESSAGE else (subject.kind, subject.name)


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
