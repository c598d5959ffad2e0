"""Who runs the service is warned 60 days before messages begin to wait for the law."""

from datetime import date, timedelta

import pytest

from models.eligibility.law_horizon import LawHorizon, law_horizon
from models.events.contract import BenefitType
from tests.factories import make_law, rule_set

LAST = date(2026, 12, 31)
NEXT = LAST + timedelta(days=1)
RULES = rule_set(date(2026, 2, 1), BenefitType.KONTANTHJAELP, known_until=LAST)


def days(number: int) -> timedelta:
    return timedelta(days=number)


@pytest.mark.parametrize(
    ("today", "passed"),
    [
        (LAST - days(61), None),
        (LAST - days(60), False),
        (LAST, False),
        (NEXT, True),
        (LAST + days(400), True),
    ],
)
def test_the_warning_begins_60_days_before_and_does_not_end_by_itself(
    today: date, passed: bool | None
) -> None:
    expected = None if passed is None else LawHorizon("2026-02-01", LAST, has_passed=passed)
    assert law_horizon(make_law(rule_sets=(RULES,)), today) == expected


def test_a_rule_set_that_follows_at_once_leaves_nothing_to_warn_of() -> None:
    following = rule_set(NEXT, BenefitType.KONTANTHJAELP, known_until=date(2030, 12, 31))
    law = make_law(rule_sets=(following, RULES))
    assert [law_horizon(law, LAST + days(shift)) for shift in (-60, 0, 1)] == [None, None, None]


def test_a_gap_between_two_rule_sets_is_warned_of_too() -> None:
    """A message of the gap would wait for ever."""
    following = rule_set(NEXT + days(1), BenefitType.KONTANTHJAELP, known_until=date(2030, 12, 31))
    law = make_law(rule_sets=(following, RULES))
    assert law_horizon(law, LAST - days(10)) == LawHorizon("2026-02-01", LAST, has_passed=False)
    assert law_horizon(law, NEXT + days(1)) is None


def test_a_confirmation_moves_the_end() -> None:
    confirmed = rule_set(
        date(2026, 2, 1), BenefitType.KONTANTHJAELP, known_until=LAST, confirmed_until=LAST + days(90)
    )
    law = make_law(rule_sets=(confirmed,))
    assert law_horizon(law, LAST) is None
    assert law_horizon(law, LAST + days(30)) == LawHorizon("2026-02-01", LAST + days(90), has_passed=False)
    assert law_horizon(law, LAST + days(91)) == LawHorizon("2026-02-01", LAST + days(90), has_passed=True)


def test_before_the_first_rule_set_nobody_is_warned() -> None:
    """Such a message is decided: the duty was not in force."""
    assert law_horizon(make_law(rule_sets=(RULES,)), date(2020, 1, 1)) is None
