"""One sender's bound for one person: what is kept, what is left out, and how it comes to count after all."""

import random
from datetime import date, timedelta

import pytest

from models.eligibility.apply_event import AppliedEvent, apply
from models.eligibility.bounds import MAX_ENROLMENTS, MAX_EVENTS, MAX_FACTS, MAX_RECORD, MAX_SUPERSEDED, SHARE
from models.eligibility.decide import BEFORE_THE_LAW
from models.eligibility.decision import Cause
from models.eligibility.facts import fold
from models.eligibility.person_record import PersonRecord
from models.events.person_event import PersonEvent
from models.reasons import DecisionReason, LeftOut
from tests.factories import (
    DAY,
    INSTITUTION,
    LAW,
    OTHER_INSTITUTION,
    OTHER_MUNICIPALITY,
    PERSON,
    START,
    annulment,
    background,
    enrolment,
    enrolment_end,
    make_law,
    moment,
    origin,
    period,
    refusal,
    residence,
    risk,
    withdrawal,
)
from tests.unit.models.eligibility.arrivals import run, told

HOSTILE = OTHER_INSTITUTION


def flood(number: int = MAX_EVENTS, institution: str = HOSTILE, start: date = START) -> list[PersonEvent]:
    """Enrolments about one stranger, each under a name of its own, and withdrawals of messages that never came."""
    enrolments = [
        enrolment(institution=institution, name=f"{institution} {n}", start=start)
        for n in range(min(number, MAX_ENROLMENTS - 1))
    ]
    strays = [withdrawal(risk(institution=institution)) for _ in range(number - len(enrolments))]
    return [*enrolments, *strays]


def full_of(institution: str) -> PersonRecord:
    """A record in which `institution` has reached its bound with messages."""
    events = tuple(risk(institution=institution) for _ in range(MAX_EVENTS))
    return PersonRecord(person_id=PERSON, events=events, applied=MAX_EVENTS - 1)


def after(record: PersonRecord, *events: PersonEvent) -> AppliedEvent:
    """The step of the last of `events`."""
    return run(events, record, first=record.applied + 1)[-1]


def reasons(step: AppliedEvent) -> dict[str, DecisionReason]:
    """What is said of each message, by its id."""
    return {one.message.message_id: one.verdict.reason for one in step.decisions}


def test_a_flood_of_one_institution_freezes_nobody() -> None:
    """300 enrolments about a stranger came first; the true ones of everybody else count all the same."""
    message = risk()
    steps = run([*flood(MAX_EVENTS + 20), *background(), message])
    assert {step.left_out for step in steps[MAX_EVENTS : MAX_EVENTS + 20]} == {LeftOut.SENDER_BOUND}
    assert {step.left_out for step in steps[MAX_EVENTS + 20 :]} == {None}
    assert reasons(steps[-1]) == {message.event_id: DecisionReason.OBLIGED}


def test_beyond_the_bound_a_message_waits_where_its_person_lives() -> None:
    """It is not decided and not forgotten: the unit sees it. Whatever is decided later comes after."""
    record = run([residence(), *(risk(institution=HOSTILE) for _ in range(MAX_EVENTS))])[-1].record
    message = risk(institution=HOSTILE, sealed="v1.sealed")
    step = after(record, message)
    (decision,) = step.decisions
    assert decision.verdict.reason is DecisionReason.TOO_MANY_EVENTS
    assert decision.verdict.outcome == "undecided"
    assert decision.verdict.evidence.municipality_code == "0101"
    assert (decision.verdict.review_on, decision.verdict.evidence.message_date) == (DAY, DAY)
    assert (decision.revision, decision.sealed, step.changed) == (0, "v1.sealed", 1)
    assert step.left_out is LeftOut.SENDER_BOUND
    assert (step.record.events, step.record.decided) == (record.events, record.decided)
    assert step.record.applied == record.applied + 1


def test_a_message_beyond_the_bound_names_the_law_of_its_date() -> None:
    """As every decision does; before the first rule set there is none to name."""
    for law, version in ((LAW, LAW.rules_on(DAY)), (make_law(rule_sets=()), None)):
        step = apply(full_of(INSTITUTION), risk(), Cause(partition=0, offset=MAX_EVENTS), law)
        (decision,) = step.decisions
        assert decision.verdict.law_version == (BEFORE_THE_LAW if version is None else version.version)


def test_the_bound_is_exact() -> None:
    """As docs/decisions/0036 has it; what is known already is not counted again."""
    assert (MAX_EVENTS, MAX_SUPERSEDED, MAX_RECORD, SHARE) == (300, 1000, 2400, 30)
    events = flood(MAX_EVENTS)
    record = run(events)[-1].record
    assert len(record.events) == MAX_EVENTS
    assert after(record, events[0]).left_out is None
    assert after(record, events[0].model_copy(update={"origin": origin()})).record.events == record.events
    assert after(record, *flood(1, INSTITUTION)).left_out is None
    assert after(record, enrolment(institution=HOSTILE, name="one more")).left_out is LeftOut.SENDER_BOUND


def test_what_takes_back_ends_or_corrects_something_that_counts_is_never_left_out() -> None:
    """Without it, what is held would be wrong: a task for the wrong person would stand for ever."""
    message, known = risk(), enrolment()
    rest = flood(MAX_EVENTS - 2, INSTITUTION, date(2021, 8, 2))
    record = run([period(), residence(), known, message, *rest])[-1].record
    step = after(record, withdrawal(message))
    assert reasons(step) == {message.event_id: DecisionReason.WITHDRAWN}
    ended = after(step.record, enrolment_end(date(2025, 9, 1)))
    assert ended.left_out is None
    corrected = after(ended.record, enrolment(kind="enrolment.corrected", at=moment(date(2025, 12, 1))))
    assert corrected.left_out is None
    assert [one.ended_on for one in fold(ended.record.events).enrolments].count(date(2025, 9, 1)) == 1
    assert {one.ended_on for one in fold(corrected.record.events).enrolments} == {None}
    for stray in (
        withdrawal(risk()),
        withdrawal(message, sender=HOSTILE),
        enrolment(name="other"),
        enrolment_end(date(2025, 9, 1), name="other"),
    ):
        expected = None if stray.sender == HOSTILE else LeftOut.SENDER_BOUND
        assert after(corrected.record, stray).left_out is expected


def test_the_facts_of_register_and_municipality_are_never_left_out() -> None:
    """Only they say where a person lives and came from."""
    homes = [residence(name=f"home {n}") for n in range(MAX_FACTS)]
    periods = [period(name=f"period {n}") for n in range(MAX_FACTS - 5)]
    unknown = [annulment(at=moment(DAY), name=f"unknown {n}") for n in range(5)]
    annulled = [annulment(at=moment(DAY), name=f"period {n}") for n in range(5)]
    moved = [residence(name=f"home {n}", at=moment(DAY)) for n in range(5)]
    steps = run([*homes, *periods, *unknown, *annulled, *moved])
    assert {step.left_out for step in steps} == {None}
    assert len(steps[-1].record.events) == 2 * MAX_FACTS
    assert len(steps[-1].record.superseded) == 10


def test_of_a_fact_that_is_corrected_without_end_the_winning_version_counts() -> None:
    """Of the older ones id, fingerprint and order are kept; the record does not grow."""
    first = enrolment(at=moment(START))
    versions = [
        enrolment(
            kind="enrolment.corrected",
            start=START + timedelta(days=n % 7),
            at=moment(START) + timedelta(minutes=n),
        )
        for n in range(1, MAX_EVENTS + 50)
    ]
    message = risk()
    events = [*background()[1:], first, *versions, message]
    record = run(events)[-1].record
    assert {run(events)[-1].left_out} == {None}
    assert len(record.events) + len(record.superseded) == len(events)
    assert len(record.events) == MAX_EVENTS + 2
    (known,) = fold(record.events, record.superseded).enrolments
    assert known.study_start == versions[-1].content.study_start  # type: ignore[union-attr]
    assert fold(record.events, record.superseded).enrolments == fold(events).enrolments


def test_the_order_of_arrival_does_not_matter_where_nothing_is_left_out() -> None:
    """Corrections, ends and moves far beyond the bound: every order ends in the same facts and decisions."""
    events = [
        *(
            enrolment(
                kind="enrolment.corrected",
                name=f"e{n % 3}",
                start=START + timedelta(days=n % 5),
                at=moment(START) + timedelta(minutes=n),
            )
            for n in range(MAX_EVENTS)
        ),
        *(
            enrolment_end(
                DAY + timedelta(days=n % 9), name=f"e{n % 3}", at=moment(DAY) + timedelta(minutes=n)
            )
            for n in range(60)
        ),
        *(period(name="p", at=moment(START) + timedelta(minutes=n)) for n in range(MAX_EVENTS)),
        annulment(name="p", at=moment(START) + timedelta(minutes=MAX_EVENTS // 2)),
        *(residence(name="r", at=moment(START) + timedelta(minutes=n)) for n in range(MAX_EVENTS + 9)),
        *(risk() for _ in range(5)),
    ]
    expected = {key: (one.verdict, one.message) for key, one in told(run(events)).items()}
    assert len(expected) == 5
    rng = random.Random(20)
    for _ in range(2):
        rng.shuffle(events)
        steps = run(events)
        assert {step.left_out for step in steps} == {None}
        assert {key: (one.verdict, one.message) for key, one in told(steps).items()} == expected
        assert (
            fold(steps[-1].record.events, steps[-1].record.superseded).enrolments == fold(events).enrolments
        )


def test_an_event_that_was_shortened_is_known_again() -> None:
    """A repeat is no new version, and another content under its id is still a conflict."""
    versions = [enrolment(at=moment(START) + timedelta(minutes=n)) for n in range(MAX_EVENTS + 1)]
    versions += [enrolment(at=moment(DAY) + timedelta(minutes=n)) for n in range(MAX_EVENTS - 1)]
    record = run(versions)[-1].record
    assert len(record.superseded) == MAX_EVENTS
    again = after(record, versions[5].model_copy(update={"origin": origin()}))
    assert (again.record.events, again.record.superseded) == (record.events, record.superseded)
    first = origin(offset=1, appended_at=moment(date(2020, 1, 1)))
    moved = after(record, versions[5].model_copy(update={"origin": first}))
    assert [one.origin for one in moved.record.superseded].count(first) == 1
    assert len(moved.record.superseded) == MAX_EVENTS
    conflict = enrolment(
        start=START + timedelta(days=9),
        at=moment(date(2026, 1, 1)),
        event_id=versions[5].event_id,
        kind="enrolment.corrected",
    )
    refused = after(record, conflict).record
    assert fold(refused.events, refused.superseded).enrolments == fold(record.events).enrolments
    alone = after(PersonRecord(person_id=PERSON, events=record.events), conflict).record
    assert fold(alone.events).enrolments != fold(record.events).enrolments


def test_a_version_that_the_ledger_has_refused_replaces_nothing() -> None:
    """The last one that counts is kept whole."""
    versions = [enrolment(at=moment(START) + timedelta(minutes=n)) for n in range(MAX_EVENTS)]
    wrong = enrolment(start=START + timedelta(days=5), at=moment(DAY))
    for order in ([*versions, wrong, refusal(wrong)], [wrong, refusal(wrong), *versions]):
        record = run([*order, enrolment(name="another")])[-1].record
        assert {one.study_start for one in fold(record.events, record.superseded).enrolments} == {START}
        assert versions[-1] in record.events
        record = after(record, *flood(MAX_EVENTS + 9, INSTITUTION)).record
        assert {one.study_start for one in fold(record.events, record.superseded).enrolments} == {START}
        assert wrong not in record.events


def test_only_the_latest_of_what_is_shortened_stays() -> None:
    """A loop of corrections costs a bounded number of bytes."""
    record = PersonRecord(person_id=PERSON)
    for n in range(0, MAX_SUPERSEDED + 2 * MAX_EVENTS, MAX_EVENTS):
        versions = [period(at=moment(START) + timedelta(minutes=n + k)) for k in range(MAX_EVENTS + 1)]
        record = after(record, *versions).record
    assert len(record.superseded) == MAX_SUPERSEDED
    assert len(record.model_dump_json(exclude_defaults=True)) < 600_000
    assert min(one.registered_at for one in record.superseded) > moment(START)


def test_the_ledgers_word_counts_where_what_it_names_is_held() -> None:
    """Else a sender that reuses ids could fill the record with refusals."""
    record = full_of(INSTITUTION)
    refused = after(record, refusal(record.events[5]))
    assert (refused.changed, refused.left_out) == (MAX_EVENTS, None)
    strays = [refusal(risk()) for _ in range(MAX_EVENTS)]
    steps = run(strays, refused.record, first=refused.record.applied + 1)
    assert {step.left_out for step in steps} == {None}
    assert len(steps[-1].record.events) == 2 * MAX_EVENTS
    known = after(steps[-1].record, refusal(record.events[6]))
    assert known.changed == 1


def test_several_senders_together_fill_the_record_and_take_nobodys_share() -> None:
    """A record that Kafka does not take would stop the partition; who has sent little is kept even then."""
    events = [
        risk(institution=f"{900_000 + n}") for n in range(MAX_RECORD // MAX_EVENTS) for _ in range(MAX_EVENTS)
    ]
    record = PersonRecord(person_id=PERSON, events=tuple(events), applied=len(events))
    greedy = PersonRecord(person_id=PERSON, events=(*events, *flood(SHARE)), applied=len(events))
    assert after(record, risk()).left_out is None
    assert after(greedy, risk(institution=HOSTILE)).left_out is LeftOut.RECORD_FULL
    assert after(record, residence(OTHER_MUNICIPALITY, DAY)).left_out is None


def test_what_was_left_out_counts_once_it_is_released() -> None:
    """The decisions are then those of a person without any bound, in whatever order the rest came."""
    message = risk(institution=HOSTILE)
    true = enrolment(institution=HOSTILE, name="the true one")
    events = [period(), residence(), *flood(start=date(2021, 8, 2)), message, true]
    steps = run(events)
    out = [event for event, step in zip(events, steps, strict=True) if step.left_out is not None]
    assert out == [message, true]
    released = [event.model_copy(update={"released": True}) for event in out]
    last = run(released, steps[-1].record, first=steps[-1].record.applied + 1)
    assert {step.left_out for step in last} == {None}
    (decision,) = told(last).values()
    assert (decision.revision, decision.verdict.reason) == (2, DecisionReason.OBLIGED)
    assert last[0].decisions[0].revision == 1  # above what was said while it was left out
    assert after(last[-1].record, risk(institution=HOSTILE)).left_out is LeftOut.SENDER_BOUND


def test_whatever_is_released_counts_though_ends_have_brought_its_sender_beyond_its_bound() -> None:
    """A release is a person's word, of whatever kind the event is."""
    known = flood(MAX_EVENTS)
    ends = [enrolment_end(DAY, institution=HOSTILE, name=f"{HOSTILE} {n}") for n in range(5)]
    stray = withdrawal(risk(institution=HOSTILE))
    record = run([*known, *ends])[-1].record
    assert len(record.events) == MAX_EVENTS + len(ends)
    assert after(record, stray).left_out is LeftOut.SENDER_BOUND
    released = after(record, stray.model_copy(update={"released": True}))
    assert (released.left_out, len(released.record.events)) == (None, len(record.events) + 1)


def test_the_senders_own_repeat_does_not_release_it() -> None:
    """It is over its bound still."""
    message = risk(institution=HOSTILE)
    record = run([*flood(), message])[-1].record
    again = after(record, message.model_copy(update={"origin": origin()}))
    assert again.left_out is LeftOut.SENDER_BOUND


@pytest.mark.parametrize("number", [300, 320])
def test_a_record_of_before_is_read_and_goes_on(number: int) -> None:
    """Then the bound was one for all senders; refusals came on top of it."""
    events = [*(risk() for _ in range(299)), period(), *(refusal(risk()) for _ in range(number - 300))]
    old = PersonRecord(person_id=PERSON, events=tuple(events), applied=number)
    text = old.model_dump_json(exclude_defaults=True)
    assert "superseded" not in text
    record = PersonRecord.model_validate_json(text)
    assert record == old
    assert after(record, residence()).left_out is None
    assert after(record, enrolment()).left_out is None
