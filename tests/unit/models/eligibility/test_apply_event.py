"""One step of match: what is published when, and what a repeat or a replay does."""

from datetime import UTC, date, datetime

import pytest

from models.eligibility import apply_event
from models.eligibility.apply_event import apply
from models.eligibility.decision import Cause
from models.eligibility.person_record import PersonRecord
from models.events.contract import BenefitType
from models.events.person_event import PersonEvent
from models.reasons import DecisionReason
from tests.factories import (
    DAY,
    LAW,
    OTHER_INSTITUTION,
    OTHER_MUNICIPALITY,
    PERSON,
    background,
    make_law,
    origin,
    period,
    residence,
    risk,
    rule_set,
    uuid,
)
from tests.unit.models.eligibility.arrivals import run


def test_a_person_without_a_message_gives_no_decision() -> None:
    """Facts alone are kept and say nothing."""
    steps = run(background())
    assert [step.decisions for step in steps] == [(), (), ()]
    assert len(steps[-1].record.events) == 3
    assert steps[-1].record.applied == 2


def test_only_what_changed_is_published() -> None:
    """A fact that changes nothing about a message publishes nothing about it."""
    steps = run((*background(), risk(), period(date(2020, 1, 1), name="older and just as open")))
    assert [(step.changed, len(step.decisions)) for step in steps[3:]] == [(1, 1), (0, 0)]
    move = residence(OTHER_MUNICIPALITY, DAY, name="elsewhere")
    later = run((*background(), risk(), move))
    assert [decision.verdict.unit_id for decision in later[4].decisions] == ["jobcentre-0751"]


def test_a_repeat_of_a_sender_is_no_second_message_and_tells_nothing_again() -> None:
    """The same id with the same content changes no revision; what may have been lost is said once more."""
    message = risk()
    steps = run((*background(), message, message.model_copy(update={"origin": origin()})))
    first, again = steps[3], steps[4]
    assert again.changed == 0
    assert again.record.events == first.record.events
    assert again.record.decided == first.record.decided
    assert again.decisions == ()


def test_a_repeat_of_a_sender_costs_no_decision(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sent without end, it would cost the partition as much as a new event each time."""
    events = [*background(), risk()]
    record = run(events)[-1].record
    again = events[-1].model_copy(update={"origin": origin()})
    monkeypatch.setattr(apply_event, "fold", None)
    step = apply(record, again, Cause(partition=0, offset=99), LAW)
    assert step.record == record.model_copy(update={"applied": 99})
    assert (step.decisions, step.changed, step.left_out) == ((), 0, None)


def test_the_same_record_driven_again_tells_the_decisions_again() -> None:
    """Its outputs may have been lost; whatever the place at which it comes again, and of a fact too."""
    message = risk(date(2025, 10, 1))
    events = (*background(), message)
    steps = run((*events, *events))
    for again in steps[4:]:
        assert again.changed == 0
        assert again.record.events == steps[3].record.events
        assert again.decisions == steps[3].decisions != ()


def test_the_repeat_that_the_brokers_appended_first_is_the_message() -> None:
    """Deadlines run from the first append; a copy that overtook it gives way, in a new revision."""
    first = risk()
    copy = first.model_copy(update={"origin": origin()})
    steps = run((copy, first))
    assert [step.decisions[0].message.origin for step in steps] == [copy.origin, first.origin]
    assert [step.decisions[0].revision for step in steps] == [1, 2]


def test_an_offset_that_was_skipped_can_be_applied_afterwards() -> None:
    """Healing: an event below the applied offset goes in if it is new; all decisions are told."""
    facts = background()
    steps = run((*facts[1:], risk(), risk(institution=OTHER_INSTITUTION)), first=1)
    healed = apply(steps[-1].record, facts[0], Cause(partition=0, offset=0), LAW)
    assert healed.record.applied == steps[-1].record.applied
    assert healed.changed == 1
    assert {one.verdict.reason for one in healed.decisions} == {
        DecisionReason.OBLIGED,
        DecisionReason.ENROLMENT_UNKNOWN,
    }


def test_new_tables_revise_with_the_next_event() -> None:
    """A decision that the new law changes gets a revision, another one none."""
    record = run((*background(), risk()))[-1].record
    same = apply(record, period(name="more"), Cause(partition=0, offset=9), make_law())
    uncovered = apply(record, period(name="more"), Cause(partition=0, offset=9), make_law(covered={}))
    assert uncovered.decisions[0].revision == 2
    assert uncovered.decisions[0].verdict.reason is DecisionReason.EDUCATION_NOT_COVERED
    assert same.decisions == ()


def test_an_event_that_is_known_brings_out_what_a_confirmed_law_decides() -> None:
    """Nobody sends anything new about a person who waits for the law: the same event, driven again, must do."""
    unread = make_law(
        rule_sets=(rule_set(date(2022, 1, 1), BenefitType.UDDANNELSESHJAELP, known_until=date(2022, 12, 31)),)
    )
    events = (*background(), risk())
    record = run(events, law=unread)[-1].record
    (waits,) = run(events, law=unread)[-1].decisions
    assert (waits.revision, waits.verdict.reason) == (1, DecisionReason.LAW_NOT_CONFIRMED)
    again = apply(record, events[0], Cause(partition=0, offset=9), LAW)
    (decision,) = again.decisions
    assert (decision.revision, decision.verdict.reason) == (2, DecisionReason.OBLIGED)
    assert apply(again.record, events[0], Cause(partition=0, offset=10), LAW).changed == 0


def test_a_decision_carries_the_message_and_its_seal() -> None:
    """The ledger needs no other record to open a task."""
    message = risk(sealed="v1.sealed")
    decision = run((*background(), message))[-1].decisions[0]
    assert decision.sealed == "v1.sealed"
    assert decision.message.person_id == PERSON
    assert decision.message.origin == message.origin
    assert decision.cause == Cause(partition=0, offset=3)


def test_what_is_remembered_of_a_decision_is_short() -> None:
    """96 bits, so that a record with all its messages stays small; they are not told from those of another version."""
    (remembered,) = run((*background(), risk()))[-1].record.decided.values()
    assert len(remembered.digest) == 24


def test_an_empty_record_has_applied_nothing() -> None:
    """Offset 0 is a real offset: the first event is not taken for a replay."""
    assert PersonRecord(person_id=PERSON).applied == -1
    assert run((risk(),))[0].record.applied == 0


@pytest.mark.parametrize(
    ("facts", "digest"),
    [((), "a563f33026498193b009b28c"), (background(), "d0fafce2e25cd569be452eec")],
    ids=["as before any field was added", "with window_includes_last_day"],
)
def test_a_field_that_is_absent_changes_no_digest(facts: tuple[PersonEvent, ...], digest: str) -> None:
    """A record of the version before holds the same digests: nobody's messages are told again after an upgrade."""
    place = origin(offset=7, appended_at=datetime(2026, 6, 1, tzinfo=UTC))
    (remembered,) = run((*facts, risk(origin=place, event_id=uuid("m"))))[-1].record.decided.values()
    assert remembered.digest == digest
