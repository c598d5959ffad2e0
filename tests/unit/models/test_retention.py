"""When a person's data may go, by which class, and what holds it back."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.retention import (
    COUNTED_FROM,
    NOTICE,
    HeldBack,
    RetainedCase,
    RetainedPerson,
    RetentionClass,
    RetentionRule,
    is_late,
    judge,
    objection,
)

MONTHS = {
    RetentionClass.OBLIGED: 60,
    RetentionClass.NOT_OBLIGED: 12,
    RetentionClass.UNDECIDED: 24,
    RetentionClass.FACTS: 12,
}
LONG_AGO = date(2020, 1, 31)
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


def rule(of: RetentionClass, **changes: Any) -> RetentionRule:
    fields: dict[str, Any] = {
        "of": of,
        "months": MONTHS.get(of, 12),
        "archive_first": of is RetentionClass.OBLIGED,
        "authorisation": "made up",
        "valid_from": date(2020, 1, 1),
    }
    return RetentionRule(**fields | changes)


RULES = {of: rule(of) for of in RetentionClass}


def person(**changes: Any) -> RetainedPerson:
    """Somebody of whom nothing was said since 31 January 2020."""
    fields: dict[str, Any] = {
        "people": ("p",),
        "last_fact": LONG_AGO,
        "last_said": datetime(2020, 1, 31, 12, tzinfo=UTC),
    }
    return RetainedPerson(**fields | changes)


def case(ended_on: date | None = LONG_AGO, *, journalised: bool = True) -> RetainedCase:
    return RetainedCase(reference="FV-1", ended_on=ended_on, journalised=journalised)


def test_the_class_that_ends_last_decides() -> None:
    """Facts after 12 months, an undecided message after 24, a case after 60; the last day of a month is one."""
    for changes, of, since in (
        ({}, RetentionClass.FACTS, date(2021, 1, 31)),
        ({"undecided": LONG_AGO}, RetentionClass.UNDECIDED, date(2022, 1, 31)),
        ({"not_obliged": date(2020, 2, 29)}, RetentionClass.NOT_OBLIGED, date(2021, 2, 28)),
        ({"cases": (case(),)}, RetentionClass.OBLIGED, date(2025, 1, 31)),
    ):
        assert judge(person(**changes), RULES, since - timedelta(days=1)) is None
        found = judge(person(**changes), RULES, since)
        assert found is not None
        assert (found.of, found.since, found.held) == (of, since, frozenset())


def test_the_last_word_counts_though_facts_ended_before() -> None:
    said = person(last_said=datetime(2024, 1, 31, 12, tzinfo=UTC))
    assert judge(said, RULES, date(2025, 1, 30)) is None
    assert judge(said, RULES, date(2025, 1, 31)) is not None


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"on_hold": True}, HeldBack.ON_HOLD),
        ({"cases": (case(None),)}, HeldBack.OPEN_TASK),
        ({"cases": (case(journalised=False),)}, HeldBack.NOT_JOURNALISED),
    ],
)
def test_what_holds_back_is_named(changes: dict[str, Any], why: HeldBack) -> None:
    found = judge(person(**changes), RULES, date(2030, 1, 1))
    assert found is not None
    assert why in found.held


def test_a_case_need_not_be_journalised_where_the_rule_does_not_ask() -> None:
    rules = {**RULES, RetentionClass.OBLIGED: rule(RetentionClass.OBLIGED, archive_first=False)}
    found = judge(person(cases=(case(journalised=False),)), rules, date(2030, 1, 1))
    assert found is not None
    assert found.held == frozenset()


def test_every_class_that_a_person_has_must_be_allowed() -> None:
    found = judge(person(cases=(case(),), undecided=LONG_AGO), RULES, date(2030, 1, 1))
    assert found is not None
    assert {one.of for one in found.rules} == {
        RetentionClass.FACTS,
        RetentionClass.OBLIGED,
        RetentionClass.UNDECIDED,
    }


def test_nothing_goes_before_somebody_has_looked_for_a_week() -> None:
    of = rule(RetentionClass.FACTS)
    assert objection(of, None, NOW) is HeldBack.NOT_ACCEPTED
    assert objection(of, NOW - NOTICE + timedelta(seconds=1), NOW) is HeldBack.WEEK
    assert objection(of, NOW - NOTICE, NOW) is None
    assert objection(rule(RetentionClass.FACTS, authorisation=None), NOW - NOTICE, NOW) is (
        HeldBack.NO_AUTHORISATION
    )


def test_who_has_accepted_a_rule_has_accepted_no_other() -> None:
    of = rule(RetentionClass.FACTS)
    others = (
        rule(RetentionClass.FACTS, months=11),
        rule(RetentionClass.FACTS, authorisation="another"),
        rule(RetentionClass.FACTS, archive_first=True),
        rule(RetentionClass.FACTS, valid_from=date(2021, 1, 1)),
        rule(RetentionClass.TRAIL),
    )
    assert len({of.version, *(one.version for one in others)}) == 6
    assert of.version == rule(RetentionClass.FACTS).version


def test_what_a_hold_or_an_open_task_keeps_is_never_late() -> None:
    today = date(2026, 1, 15)
    assert not is_late(date(2026, 1, 1), (), today)
    assert is_late(date(2025, 12, 31), (), today)
    assert is_late(date(2025, 12, 31), (HeldBack.NOT_JOURNALISED,), today)
    assert not is_late(date(2025, 12, 31), (HeldBack.ON_HOLD,), today)
    assert not is_late(date(2025, 12, 31), (HeldBack.OPEN_TASK, HeldBack.NOT_JOURNALISED), today)


def test_every_class_says_what_it_is_counted_from() -> None:
    assert set(COUNTED_FROM) == set(RetentionClass)


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_rows_never_go_before_the_time_that_people_are_told(since: date, today: date) -> None:
    """Months are of different length: what is taken by the one way of counting is over by the other."""
    of = rule(RetentionClass.FACTS)
    if since < of.counted_before(today):
        assert of.over(since) <= today
