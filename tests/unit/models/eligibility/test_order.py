"""The order of arrival never matters: any permutation or replay of a history ends in the same verdicts.

The verdicts are held against `tests.oracle`, which sees the complete history at once.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.eligibility.apply_event import apply
from models.eligibility.decide_messages import key_of
from models.eligibility.decision import Cause
from models.eligibility.law import Law
from models.eligibility.person_record import PersonRecord
from models.events.content import BenefitPeriodVersion, Residence
from models.events.contract import BenefitType
from models.events.person_event import PersonEvent
from tests import oracle
from tests.factories import LAW, PERSON, make_law, rule_set
from tests.unit.models.eligibility.arrivals import Told, run, told
from tests.unit.models.eligibility.histories import Row, history, plain_law, rows

pytestmark = pytest.mark.timeout(1800)
"""Thousands of histories and no waiting: the limit that finds a hung server would only measure the machine."""
THOUSANDS = settings(max_examples=3000, deadline=None, derandomize=True, database=None, print_blob=True)
"""The same examples on every machine; a failure prints the blob that reproduces it."""
MANY = settings(THOUSANDS, max_examples=1200)


UNREAD_LAW = make_law(
    rule_sets=(
        rule_set(
            date(2025, 10, 1), BenefitType.UDDANNELSESHJAELP,
            known_until=date(2025, 10, 25), confirmed_until=date(2026, 2, 11),
        ),
        rule_set(date(2022, 1, 1), BenefitType.UDDANNELSESHJAELP, known_until=date(2025, 8, 10)),
    )
)  # fmt: skip
"""Messages before October 2025 lie in a gap, those of the autumn rest on a confirmation, those after it wait."""


def verdicts(known: Told) -> dict[tuple[str, str], Any]:
    """The decisions without what may differ between two orders: revision and cause."""
    return {name: (decision.verdict, decision.message) for name, decision in known.items()}


def in_the_oracles_words(known: Told) -> dict[tuple[str, str], dict[str, Any]]:
    """What the oracle says about each message, said by the decisions."""
    return {
        name: {
            "outcome": decision.verdict.outcome.value,
            "reason": decision.verdict.reason.value,
            "law_version": decision.verdict.law_version,
            "enrolment_id": decision.verdict.evidence.enrolment_id,
            "municipality_code": decision.verdict.evidence.municipality_code,
            "unit_id": decision.verdict.unit_id,
            "mentor_last_day": _text(decision.verdict.mentor_last_day),
            "review_on": _text(decision.verdict.review_on),
            "contradicted_by": list(decision.verdict.evidence.contradicted_by or ()),
        }
        for name, decision in known.items()
    }


def _text(day: Any) -> str | None:
    return None if day is None else day.isoformat()


def asked(events: Sequence[PersonEvent], law: Law = LAW) -> dict[tuple[str, str], dict[str, Any]]:
    """The oracle's answer to the whole history."""
    return oracle.verdicts([event.model_dump(mode="json") for event in events], plain_law(law))


@pytest.mark.slow
@THOUSANDS
@given(drawn=rows, data=st.data())
def test_any_order_with_any_repetition_ends_as_the_oracle_says(drawn: list[Row], data: st.DataObject) -> None:
    """Two readers of a history in two orders, with records repeated, know the same, and the oracle too."""
    events = history(drawn)
    repeated = data.draw(st.lists(st.sampled_from(events), max_size=4))
    order = data.draw(st.permutations(events + repeated))
    one, other = told(run(events)), told(run(order))
    assert verdicts(one) == verdicts(other)
    assert in_the_oracles_words(other) == asked(events)


@MANY
@given(drawn=rows, data=st.data())
def test_messages_that_wait_for_the_law_are_those_of_days_that_nobody_has_read_or_confirmed(
    drawn: list[Row], data: st.DataObject
) -> None:
    """In any order, and as the oracle says; a rebuild from the same events gives the same."""
    order = data.draw(st.permutations(history(drawn)))
    assert in_the_oracles_words(told(run(order, law=UNREAD_LAW))) == asked(order, UNREAD_LAW)


@MANY
@given(drawn=rows)
def test_that_education_is_not_covered_tells_nothing_of_benefit_or_residence(drawn: list[Row]) -> None:
    """The institution is told of it, so it must follow from what institutions have registered."""
    events = history(drawn)
    institutions_own = [
        event for event in events if not isinstance(event.content, BenefitPeriodVersion | Residence)
    ]

    def uncovered(told_of: list[PersonEvent]) -> set[tuple[str, str]]:
        return {
            name
            for name, decision in told(run(told_of)).items()
            if decision.verdict.reason == "education_not_covered"
        }

    assert uncovered(institutions_own) == uncovered(events)


@pytest.mark.slow
@MANY
@given(drawn=rows, data=st.data())
def test_after_each_event_the_readers_know_what_the_oracle_says_of_the_events_so_far(
    drawn: list[Row], data: st.DataObject
) -> None:
    """Only new and changed decisions are published, and that suffices at every moment."""
    order = data.draw(st.permutations(history(drawn)))
    steps = run(order)
    for so_far in range(1, len(order) + 1):
        assert in_the_oracles_words(told(steps[:so_far])) == asked(order[:so_far])


@pytest.mark.slow
@MANY
@given(drawn=rows, data=st.data())
def test_replays_change_nothing_and_revisions_only_grow(drawn: list[Row], data: st.DataObject) -> None:
    """A worker that died and starts again from an older record, read back as JSON, writes the same again."""
    events = data.draw(st.permutations(history(drawn)))
    steps = run(events)
    older = data.draw(st.integers(0, len(events) - 1), label="the record that was written last")
    record = steps[older - 1].record if older else PersonRecord(person_id=PERSON)
    restored = PersonRecord.model_validate_json(record.model_dump_json())
    again = run(events[older:], restored, first=older)
    assert again == steps[older:]

    last = steps[-1].record
    for offset, event in enumerate(events):
        late = apply(last, event, Cause(partition=0, offset=offset), LAW)
        assert late.record == last
        assert late.changed == 0
        assert {key_of(one.message): one.revision for one in late.decisions} == {
            key: decided.revision for key, decided in last.decided.items()
        }

    before: dict[str, int] = {}
    for step in steps:
        revisions = {key: decided.revision for key, decided in step.record.decided.items()}
        grown = {key for key in revisions if revisions[key] > before.get(key, 0)}
        assert len(grown) == step.changed
        assert grown <= {key_of(decision.message) for decision in step.decisions}
        assert all(revisions[key] - before.get(key, 0) in (0, 1) for key in revisions)
        assert before.keys() <= revisions.keys()
        before = revisions


@MANY
@given(drawn=rows)
def test_the_evidence_is_what_the_reason_rests_on(drawn: list[Row]) -> None:
    """The period and the enrolment shown are ones that fit the reason."""
    for decision in told(run(history(drawn))).values():
        verdict, evidence = decision.verdict, decision.verdict.evidence
        start, period_from, period_to = evidence.study_start, evidence.benefit_from, evidence.benefit_to
        assert (verdict.unit_id is not None) == (verdict.outcome == "obliged")
        assert (verdict.review_on is not None) == (verdict.outcome == "undecided")
        if start is not None:
            window = plain_law(LAW)["rules"][verdict.law_version]
            received = decision.message.origin.appended_at.isoformat()
            arrived = oracle.danish_date(received)
            inside = [
                start <= day <= oracle.months_after(start, window["window_months"])
                for day in (evidence.message_date, arrived)
            ]
            assert evidence.received_on == (arrived if inside[0] != inside[1] else None)
        if verdict.outcome == "obliged":
            assert start is not None
            assert evidence.window_end is not None
            assert start <= evidence.message_date < evidence.window_end
            assert period_from is not None
            assert period_from < start
            assert period_to is None or (start - period_to).days <= 62
        if verdict.reason == "target_group_ended_too_early":
            assert start is not None
            assert period_to is not None
            assert (start - period_to).days > 62
        if verdict.reason == "target_group_began_after_start":
            assert start is not None
            assert period_from is not None
            assert period_from >= start
