"""What is sent in one run: the histories of a few people, told through each other, and some bad records."""

from dataclasses import dataclass
from hashlib import sha256
from random import Random
from typing import Final, cast

from models.events.content import Risk, Withdrawal
from models.events.event_types import EVENT_TYPES, InputTopic
from models.events.person_event import PersonEvent
from tests import factories as make
from tests.unit.models.eligibility.histories import Row, history
from tests.unit.models.eligibility.hostile import hostile_events

_TOPICS: Final = {kind.kind: str(kind.topic) for kind in EVENT_TYPES.values()}
_ABOUT_PEOPLE: Final = [str(topic) for topic in InputTopic if topic is not InputTopic.CONTROL_TOTALS]
_REPEAT: Final = 11
_WITHDRAWAL: Final = 10
_SHARED_IDS: Final = 6


@dataclass(frozen=True, slots=True)
class Sent:
    """One record to be sent: `event` without its place in the log; None is a record that intake refuses."""

    topic: str
    event: PersonEvent | None


def story(rng: Random) -> list[Sent]:
    """Everything that senders will send, in the order in which they do."""
    told = [_history_of(f"person-{number}", rng) for number in range(rng.choice((1, 1, 2, 2, 3)))]
    if len(told) > 1 and rng.random() < 0.5:
        _mix_up(told, rng)
    told = [_under_several_numbers(events, rng) for events in told]
    sent: list[Sent] = []
    while any(told):
        events = rng.choice([events for events in told if events])
        event = events.pop(0)
        sent.append(Sent(_TOPICS[event.content.kind], event))
        if rng.random() < 0.05:
            sent.append(Sent(rng.choice(_ABOUT_PEOPLE), None))
    return sent


def _under_several_numbers(events: list[PersonEvent], rng: Random) -> list[PersonEvent]:
    """Some people have two or three numbers, which the register joins at any time; some it joins twice, or back."""
    if rng.random() >= 0.3 or not events:
        return events
    person = events[0].person_id
    numbers = [f"{person}-{sign}" for sign in rng.choice(("ab", "ba", "ab", "ba", "bca", "cab", "acb"))]
    where = {event.event_id: rng.choice(numbers) for event in events}
    shared = rng.random() < 0.7  # under whichever number, its sender means the same enrolment
    split = [_under(event, where[event.event_id], shared=shared) for event in events]
    if rng.random() < 0.5:  # the facts are known under each of them, so that each can have a task
        for event in events:
            for number in numbers:
                if number != where[event.event_id] and not isinstance(event.content, Risk | Withdrawal):
                    own = {event.event_id: make.uuid(f"{number} {event.event_id}")}
                    split.insert(rng.randint(0, len(split)), _of(event, number, own))
    pairs = [(numbers[one], numbers[rng.randrange(one)]) for one in range(1, len(numbers))]
    if rng.random() < 0.2:
        pairs.append((numbers[0], numbers[1]))
    for old, new in pairs:
        join = make.number_change(new, person_id=old, event_id=make.uuid(f"{old} is {new}"))
        for _ in range(rng.choice((1, 1, 2))):
            split.insert(rng.randint(0, len(split)), join)
    return split


def _under(event: PersonEvent, number: str, *, shared: bool) -> PersonEvent:
    """The event under a number of its person; `shared`: what it is about keeps its name."""
    under = _of(event, number, {})
    return under.model_copy(update={"content": event.content}) if shared else under


def _history_of(person: str, rng: Random) -> list[PersonEvent]:
    rows = _rows(rng)
    if rng.random() < 0.25:
        rows = _merged(rows, rng)
    told = history(rows)
    own = {
        event.event_id: make.uuid(f"{person} {event.event_id}")
        for row, event in zip(rows, told, strict=True)
        if row[5] >= _SHARED_IDS and row[0] != _REPEAT
    }
    events = [_of(event, person, own) for event in told]
    if rng.random() < 0.4:
        events += _of_a_hostile_institution(person, events, rng)
    if rng.random() < 0.7:
        rng.shuffle(events)
    return events


def _mix_up(told: list[list[PersonEvent]], rng: Random) -> None:
    """Some events are sent under another person's CPR: what they state moves there, what they take back stays here."""
    for _ in range(rng.randint(1, 4)):
        number = rng.randrange(len(told))
        of_one, of_other = told[number], told[number - 1]
        if not of_one:
            continue
        event = rng.choice(of_one)
        if isinstance(event.content, Risk):
            continue
        if rng.random() < 0.4:
            of_one.remove(event)
        person = f"person-{(number - 1) % len(told)}"
        name = f"{person} instead {event.event_id} {rng.random()}"
        moved = event.model_copy(
            update={
                "person_id": person,
                "event_id": make.uuid(name),
                "fingerprint": sha256(name.encode()).hexdigest()[:24],
            }
        )
        of_other.insert(rng.randint(0, len(of_other)), moved)


def _of_a_hostile_institution(person: str, honest: list[PersonEvent], rng: Random) -> list[PersonEvent]:
    """What an institution sends that does not know the person; some of its ids name other people's events, too."""
    claims = [
        (
            rng.choice((0, 0, 1, 2, 3, 4, 6)),
            rng.randrange(4),
            rng.randrange(4),
            rng.randrange(36),
            rng.randrange(9),
        )
        for _ in range(rng.randint(1, 6))
    ]
    events = hostile_events(claims, honest)
    own = {event.event_id: make.uuid(f"{person} {event.event_id}") for event in events if rng.random() < 0.7}
    return [_of(event, person, own) for event in events]


def _of(event: PersonEvent, person: str, own: dict[str, str]) -> PersonEvent:
    """The event about that person. Its own id is the person's too; a shared one may name another's event."""
    content = event.content
    if isinstance(content, Withdrawal):
        content = content.model_copy(update={"message_id": own.get(content.message_id, content.message_id)})
    for field in ("enrolment_id", "period_id", "residence_id"):
        if field in type(content).model_fields:
            name = make.uuid(f"{person} {getattr(content, field)}")
            content = content.model_copy(update={field: name})
    said = f"{person} {event.fingerprint} {content.message_id if isinstance(content, Withdrawal) else ''}"
    return event.model_copy(
        update={
            "person_id": person,
            "event_id": own.get(event.event_id, event.event_id),
            "content": content,
            "fingerprint": sha256(said.encode()).hexdigest()[:24],
        }
    )


def _rows(rng: Random) -> list[Row]:
    """As `histories.rows` of the rules' tests, from the seed: the grounds of a duty, and what collides with it."""
    rows: list[Row] = []
    drawn = rng.random()
    if drawn < 0.7:  # a duty, until something changes it
        rows += [
            (0, 0, 0, 0, rng.choice((0, 3)), _own(rng)),
            (3, 0, 0, 0, rng.choice((0, 1)), _own(rng)),
            (6, 0, 0, 0, rng.choice((0, 1, 1)), _own(rng)),
            *((8, 0, 0, rng.randrange(2, 5), 0, _own(rng)) for _ in range(rng.randint(1, 3))),
        ]
        if rng.random() < 0.5:
            rows.append((rng.choice((6, 7)), 0, rng.randrange(2), 3, rng.choice((0, 1, 4, 5)), _own(rng)))
    elif drawn < 0.9:
        rows += [
            (0, 0, 0, 0, rng.choice((0, 1, 6, 9, 10)), _own(rng)),
            (3, 0, 0, 0, rng.randrange(6), _own(rng)),
            (6, 0, 0, 0, rng.randrange(8), _own(rng)),
            (8, 0, 0, rng.randrange(1, 7), 0, _own(rng)),
        ]
    for _ in range(rng.randrange(1, 7)):
        what = rng.choice((0, 1, 2, 3, 4, 5, 6, 6, 7, 7, 8, 8, 8, 9, _WITHDRAWAL, _REPEAT, _REPEAT))
        if what in (_WITHDRAWAL, _REPEAT) and not rows:
            what = 8
        value = rng.randrange(36)
        if what == _REPEAT:
            value |= 1  # the even ones are the ledger's refusals: here the ledger makes them itself
        about, when = rng.randrange(2), rng.randrange(9)
        rows.append((what, rng.choice((0, 0, 0, 1, 2)), about, when, value, _own(rng)))
    return rows


def _merged(rows: list[Row], rng: Random) -> list[Row]:
    """Mostly told by the senders that have been taken over; then their successors end, correct, annul and take back."""
    told = [(what, 1 if rng.random() < 0.7 else who, *more) for what, who, *more in rows]
    later = [
        (what, 0, rng.choice((0, 0, 1)), rng.randrange(9), rng.randrange(36), _own(rng))
        for what in rng.sample((1, 2, 4, 5, 6, _WITHDRAWAL, _WITHDRAWAL), rng.randint(1, 4))
    ]
    return [*cast("list[Row]", told), *later]


def _own(rng: Random) -> int:
    """Which id: mostly its own."""
    return rng.randrange(_SHARED_IDS) if rng.random() < 0.1 else _SHARED_IDS
