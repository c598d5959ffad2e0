"""A reader's own date: which can be chosen, and from when it is due."""

from datetime import date, timedelta

import pytest

from models.tasks.follow_up import LONGEST, FollowUpRefusal, is_after_target, is_due, refuse_day

TODAY = date(2026, 10, 7)


@pytest.mark.parametrize(
    ("days", "refusal"),
    [
        (-1, FollowUpRefusal.DAY_HAS_PASSED),
        (0, None),
        (1, None),
        (LONGEST.days, None),
        (LONGEST.days + 1, FollowUpRefusal.DAY_TOO_FAR),
    ],
)
def test_a_day_is_chosen_from_today_to_a_year_ahead(days: int, refusal: FollowUpRefusal | None) -> None:
    assert refuse_day(TODAY + timedelta(days=days), today=TODAY) is refusal


@pytest.mark.parametrize(("days", "due"), [(-30, True), (0, True), (1, False)])
def test_it_is_due_from_its_day_on_until_somebody_moves_it(days: int, due: bool) -> None:
    assert is_due(TODAY + timedelta(days=days), today=TODAY) is due


def test_a_day_after_the_target_is_allowed_and_said() -> None:
    assert not is_after_target(TODAY, TODAY)
    assert is_after_target(TODAY + timedelta(days=1), TODAY)
