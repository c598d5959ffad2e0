"""A fact spliced into a record gives what the rule gives, to the byte; and where the rule does more, it is asked."""

from collections.abc import Iterable
from datetime import date
from typing import Final

from hypothesis import given, settings

from models.eligibility import bounds
from models.eligibility.apply_event import apply
from models.eligibility.decision import Cause
from models.eligibility.person_record import PersonRecord
from models.eligibility.splice_fact import splice_fact
from models.events.person_event import Origin, PersonEvent
from models.events.plain_fact import read_plain_fact
from tests.factories import LAW, PERSON, background, enrolment, moment, origin, residence, risk
from tests.unit.models.eligibility.histories import Row, history, rows

AT: Final = moment(date(2025, 9, 1))


def written(record: PersonRecord) -> bytes:
    return record.model_dump_json(exclude_defaults=True).encode()


def spliced_of(events: Iterable[PersonEvent], *, record: bytes | None = None, first: int = 0) -> int:
    """How many of `events` were spliced; each as the rule has it."""
    held, number = record, 0
    for offset, event in enumerate(events, start=first):
        value = event.model_dump_json(exclude_none=True).encode()
        known = PersonRecord(person_id=PERSON) if held is None else PersonRecord.model_validate_json(held)
        step = apply(known, event, Cause(partition=0, offset=offset), LAW)
        fact = read_plain_fact(value)
        spliced = None if fact is None else splice_fact(held, fact, value, offset)
        if spliced is not None:
            assert spliced == written(step.record)
            assert (step.said, step.forwards, step.changed, step.left_out, step.erased) == (
                (),
                (),
                0,
                None,
                False,
            )
            number += 1
        held = written(step.record)
    return number


@settings(deadline=None, max_examples=60)
@given(rows)
def test_any_history_goes_as_the_rule_has_it(drawn: list[Row]) -> None:
    spliced_of(history(drawn))


def test_facts_of_a_person_without_a_message_are_spliced() -> None:
    assert spliced_of(background()) == len(background())


def test_behind_a_message_the_rule_is_asked() -> None:
    assert spliced_of((risk(), *background())) == 0


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
    facts = [enrolment(name=f"enrolment {number}", at=AT) for number in range(bounds.few_events() + 2)]
    assert spliced_of(facts) == bounds.few_events()
