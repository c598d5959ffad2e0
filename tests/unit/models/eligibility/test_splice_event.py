"""An event spliced into a record gives what the rule gives, to the byte; where the rule does more, it is asked."""

from collections.abc import Iterable
from datetime import date
from typing import Final

import pytest
from hypothesis import given, settings

from models.eligibility import bounds
from models.eligibility import splice_event as splice_event_module
from models.eligibility.apply_event import AppliedEvent, apply
from models.eligibility.decision import Cause
from models.eligibility.person_record import Decided, PersonRecord
from models.eligibility.simple_decision import as_decision, write_decision
from models.eligibility.splice_event import SplicedEvent, splice_event
from models.events.person_event import Origin, PersonEvent
from models.events.simple_event import read_simple_event
from tests.factories import (
    LAW,
    PERSON,
    START,
    background,
    enrolment,
    enrolment_end,
    moment,
    origin,
    residence,
    risk,
    withdrawal,
)
from tests.unit.models.eligibility.histories import Row, history, rows

AT: Final = moment(date(2025, 9, 1))


def bytes_of(event: PersonEvent) -> bytes:
    return event.model_dump_json(exclude_none=True).encode()


def written(record: PersonRecord) -> bytes:
    return record.model_dump_json(exclude_defaults=True).encode()


def assert_as_the_rule(spliced: SplicedEvent, step: AppliedEvent) -> None:
    assert spliced.record == written(step.record)
    assert tuple(map(as_decision, spliced.decisions)) == step.decisions
    assert [*map(write_decision, spliced.decisions)] == [
        one.model_dump_json(exclude_none=True).encode() for one in step.decisions
    ]
    assert step.said == step.decisions
    assert (step.forwards, step.changed, step.left_out, step.erased) == (
        (),
        len(spliced.decisions),
        None,
        False,
    )


def spliced_of(events: Iterable[PersonEvent], *, record: bytes | None = None, first: int = 0) -> int:
    """How many of `events` were spliced; each as the rule has it."""
    held, number = record, 0
    for offset, event in enumerate(events, start=first):
        value = bytes_of(event)
        known = PersonRecord(person_id=PERSON) if held is None else PersonRecord.model_validate_json(held)
        step = apply(known, event, Cause(partition=0, offset=offset), LAW)
        plain = read_simple_event(value)
        spliced = None if plain is None else splice_event(held, plain, value, 0, offset, LAW)
        if spliced is not None:
            assert_as_the_rule(spliced, step)
            number += 1
        held = written(step.record)
    return number


@settings(deadline=None, max_examples=60)
@given(rows)
def test_any_history_goes_as_the_rule_has_it(drawn: list[Row]) -> None:
    spliced_of(history(drawn))


def test_facts_of_a_person_without_a_message_are_spliced() -> None:
    assert spliced_of(background()) == len(background())


def test_a_message_and_what_comes_behind_it_are_spliced_and_decided() -> None:
    events = (risk(sealed="v1.x"), *background(), risk(AT))
    assert spliced_of(events) == len(events)


def test_events_that_are_read_by_their_model_are_decided_on_with_the_others() -> None:
    assert (
        spliced_of(
            (*background(), enrolment_end(START), risk(), withdrawal(risk()), residence("0147", at=AT))
        )
        == 5
    )


def test_what_a_later_version_has_added_to_an_event_stays() -> None:
    assert spliced_after_a_later_version(record_of(risk(), *background(), applied=3), b'"kind"') == 1


def test_what_a_later_version_has_added_to_a_decision_is_the_rules() -> None:
    held = record_of(risk(), *background(), applied=3)
    known = PersonRecord.model_validate_json(held)
    step = apply(known, residence("0147", at=AT), Cause(partition=0, offset=4), LAW)
    assert spliced_after_a_later_version(written(step.record), b'"cause":{') == 0


def spliced_after_a_later_version(held: bytes, before: bytes) -> int:
    """How a residence goes that comes to a record with a field more, which `before` stood behind."""
    later = written(PersonRecord.model_validate_json(held.replace(before, b'"later":[1],' + before)))
    assert b"later" in later
    return spliced_of((residence("0411", at=AT, name="other"),), record=later, first=5)


def test_decisions_of_messages_that_are_not_held_and_what_nobody_can_read_are_the_rules() -> None:
    fact = residence("0147", at=AT)
    decided = {"900101/x": Decided(revision=1, digest="", cause=Cause(partition=0, offset=0))}
    assert spliced_of((fact,), record=record_of(background()[0], applied=1, decided=decided), first=2) == 0
    plain = read_simple_event(bytes_of(fact))
    assert plain is not None
    broken = record_of(risk(), applied=1).replace(b'"severity":"medium"', b'"severity":"unheard of"')
    assert splice_event(broken, plain, bytes_of(fact), 0, 2, LAW) is None


def test_a_record_near_its_bound_of_size_is_the_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(splice_event_module, "_FEW_BYTES", 4000)
    assert spliced_of((risk(sealed="x" * 2000), risk(AT, sealed="x" * 2000))) == 1


def test_a_repeat_and_a_replay_are_the_rules() -> None:
    first = residence("0147", at=AT, origin=Origin(topic="t", partition=0, offset=1, appended_at=AT))
    again = first.model_copy(update={"origin": first.origin.model_copy(update={"offset": 9})})
    assert spliced_of((first, again)) == 1
    assert (
        spliced_of((residence("0147", at=AT, name="other"),), record=record_of(first, applied=5), first=5)
        == 0
    )


def record_of(*events: PersonEvent, applied: int, **more: object) -> bytes:
    record = PersonRecord(person_id=PERSON, applied=applied, events=events)
    return written(record.model_copy(update=more))


def test_a_record_that_says_anything_else_is_the_rules() -> None:
    event, fact = background()[0], residence("0147", at=AT)
    for more in (
        {"joined_to": "another"},
        {"joined_by": origin()},
        {"joined": ("another",)},
        {"awaited": ("another",)},
        {"changed_to": "another"},
        {"erased_before": AT},
    ):
        assert spliced_of((fact,), record=record_of(event, applied=1, **more), first=2) == 0
    later = record_of(event, applied=1)[:-1] + b',"of_a_later_version":[]}'
    assert spliced_of((fact,), record=later, first=2) == 0


def test_bounds_are_the_rules() -> None:
    facts = [enrolment(name=f"enrolment {number}", at=AT) for number in range(bounds.FEW_EVENTS + 2)]
    assert spliced_of(facts) == bounds.FEW_EVENTS
