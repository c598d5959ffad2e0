"""What is kept beyond a sender's bound has a bound of its own, and no sender's part fills the record for the others."""

from datetime import date, timedelta

import pytest

from models.eligibility.bounds import (
    LAST_BYTES,
    MAX_BYTES,
    MAX_ENROLMENTS,
    MAX_EVENTS,
    MAX_FACTS,
    MAX_RECORD,
    MAX_SUPERSEDED,
    Kept,
    keep,
    size_of,
)
from models.eligibility.facts import fold
from models.eligibility.person_record import PersonRecord, SupersededEvent
from models.events.person_event import PersonEvent
from models.reasons import DecisionReason, LeftOut
from tests.factories import (
    DAY,
    INSTITUTION,
    MUNICIPALITY,
    OTHER_INSTITUTION,
    OTHER_MUNICIPALITY,
    PERSON,
    START,
    annulment,
    background,
    enrolment,
    enrolment_end,
    moment,
    origin,
    period,
    refusal,
    residence,
    risk,
    withdrawal,
)
from tests.unit.models.eligibility.arrivals import run

FULL = [
    risk(institution=f"{900_000 + n}") for n in range(MAX_RECORD // MAX_EVENTS) for _ in range(MAX_EVENTS)
]


def record_of(*events: PersonEvent) -> PersonRecord:
    """A record that holds them already."""
    return PersonRecord(person_id=PERSON, events=events, applied=len(events))


def left_out(record: PersonRecord, event: PersonEvent) -> LeftOut | None:
    """What becomes of the next event."""
    return run([event], record, first=record.applied + 1)[0].left_out


def test_one_municipality_cannot_fill_the_record() -> None:
    """A key that sends periods without end takes nothing from the register, an institution or a withdrawal."""
    hostile = [period(municipality=OTHER_MUNICIPALITY, name=f"p {n}") for n in range(MAX_RECORD + 10)]
    message = risk()
    steps = run([*hostile, *background(), message, withdrawal(message)])
    assert {step.left_out for step in steps[:MAX_FACTS]} == {None}
    assert {step.left_out for step in steps[MAX_FACTS : len(hostile)]} == {LeftOut.SENDER_BOUND}
    assert {step.left_out for step in steps[len(hostile) :]} == {None}
    assert steps[-2].decisions[0].verdict.reason is DecisionReason.OBLIGED
    assert len(steps[-1].record.events) < MAX_FACTS + 10


def test_a_known_fact_has_newer_versions_however_many_its_sender_has() -> None:
    """The bound is one of subjects: a correction, an end and an annulment of what is held always count."""
    assert (MAX_ENROLMENTS, MAX_FACTS) == (30, 300)
    record = run(
        [
            *(enrolment(name=f"e {n}") for n in range(MAX_ENROLMENTS)),
            *(period(name=f"p {n}") for n in range(MAX_FACTS)),
        ]
    )[-1].record
    for counts in (
        enrolment(name="e 3", kind="enrolment.corrected", at=moment(DAY)),
        enrolment_end(DAY, name="e 4"),
        annulment(name="p 5", at=moment(DAY)),
        period(name="p 6", kind="benefit-period.corrected", at=moment(DAY)),
        residence(),
        enrolment(name="e 31", institution=OTHER_INSTITUTION),
        enrolment(name="e 31", released=True),
        period(name="p 301", released=True),
    ):
        assert left_out(record, counts) is None
    for beyond in (
        enrolment(name="e 31"),
        enrolment_end(DAY, name="e 31"),
        period(name="p 301"),
        annulment(name="p 301", at=moment(DAY)),
    ):
        assert left_out(record, beyond) is LeftOut.SENDER_BOUND


def test_what_was_released_takes_no_place_of_its_sender() -> None:
    """As it takes none of the bound of 300."""
    released = [enrolment(name=f"r {n}", released=True) for n in range(5)]
    record = run([*released, *(enrolment(name=f"e {n}") for n in range(MAX_ENROLMENTS - 1))])[-1].record
    assert left_out(record, enrolment(name="the 30th")) is None


def test_a_loop_of_corrections_of_enrolments_ends() -> None:
    """Each could change the flag on everybody's messages. An end and a withdrawal count all the same."""
    message = risk()
    events = [enrolment(at=moment(START) + timedelta(seconds=n)) for n in range(MAX_SUPERSEDED + MAX_EVENTS)]
    record = run([message, *events])[-1].record
    assert len(record.superseded) == MAX_SUPERSEDED
    again = enrolment(kind="enrolment.corrected", at=moment(DAY))
    assert left_out(record, again) is LeftOut.SENDER_BOUND
    assert left_out(record, again.model_copy(update={"released": True})) is None
    assert left_out(record, enrolment_end(DAY)) is None
    assert left_out(record, withdrawal(message)) is None
    assert left_out(record, enrolment(institution=OTHER_INSTITUTION)) is None


@pytest.mark.parametrize("by_size", [False, True])
def test_a_full_record_takes_what_always_counts(*, by_size: bool) -> None:
    """What takes back or corrects, the facts, the ledger's word, a release: of senders with a large part, too."""
    name = "900000"
    own = [risk(institution=name, sealed="x" * 14_000 if by_size else None) for _ in range(MAX_EVENTS - 1)]
    known = enrolment(institution=name)
    bulk = [*FULL[MAX_EVENTS:]] if not by_size else FULL[MAX_EVENTS : 2 * MAX_EVENTS]
    many = [period(name=f"p {n}") for n in range(MAX_FACTS // 2)]
    refusals = [refusal(risk()) for _ in range(40)]
    record = record_of(known, *own, *bulk, *many, *refusals)
    if by_size:
        assert size_of(Kept(record.events, ())) + 1_400_000 > MAX_BYTES
        more = [risk(institution="900002", sealed="x" * 14_000) for _ in range(100)]
        record = record_of(*record.events, *more)
        assert MAX_BYTES < size_of(Kept(record.events, ())) < LAST_BYTES
    assert left_out(record, risk(institution="900001")) is LeftOut.SENDER_BOUND
    greedy = record_of(*record.events, *(risk(institution=INSTITUTION) for _ in range(30)))
    assert left_out(greedy, risk(institution=INSTITUTION)) is LeftOut.RECORD_FULL
    assert left_out(greedy, risk(institution=INSTITUTION, released=True)) is None
    for counts in (
        withdrawal(own[7]),
        enrolment_end(DAY, institution=name),
        period(name="new"),
        residence(),
        refusal(own[8]),
        refusal(risk()),
        risk(institution=OTHER_INSTITUTION),
    ):
        assert left_out(greedy, counts) is None


def test_what_kafka_would_not_take_is_left_out_whoever_sends_it() -> None:
    """It would stop the partition for everybody. What makes the record smaller, or is a repeat, is taken."""
    own = [risk(released=True, sealed="x" * 20_000) for _ in range(370)]
    record = record_of(*own)
    assert size_of(Kept(record.events, ())) > LAST_BYTES
    for one in (residence(), risk(institution=OTHER_INSTITUTION), withdrawal(own[3]), risk(released=True)):
        assert left_out(record, one) is LeftOut.RECORD_FULL
    assert left_out(record, own[3].model_copy(update={"origin": origin()})) is None
    assert fold(record.events).messages


def test_the_size_is_not_below_what_is_stored() -> None:
    """Of the largest event of each kind, with what is decided of it."""
    message = risk(sealed="x" * 12_000, fingerprint="f" * 64, fingerprint_utc="f" * 64)
    events = [message, enrolment(), period(valid_to=DAY), residence(), enrolment_end(date(2026, 1, 1))]
    for event in events:
        record = run([event])[-1].record
        stored = len(record.model_dump_json(exclude_defaults=True))
        assert stored - 100 <= size_of(Kept(record.events, ())) <= stored + 1100
    short = SupersededEvent(
        sender=MUNICIPALITY,
        event_id=message.event_id,
        fingerprint="f" * 64,
        fingerprint_utc="f" * 64,
        registered_at=message.registered_at,
        origin=message.origin,
    )
    assert len(short.model_dump_json()) <= size_of(Kept((), (short,)))


def test_a_repeat_of_what_is_held_is_no_new_subject() -> None:
    """It is known, however many there are."""
    events = [period(name=f"p {n}") for n in range(MAX_FACTS)]
    held = Kept(tuple(events), ())
    assert keep(held, events[0].model_copy(update={"origin": origin()})) is held
