"""Who stands in on a day, who may say so, and for which days."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from models.tasks.stand_in import LONGEST, StandIn, StandInRefusal, may_set, refuse_days, standing_in

TODAY = date(2026, 10, 7)
NOON = datetime(2026, 10, 1, 10, tzinfo=UTC)


def absence(
    number: int, first: int, last: int, *, user: str = "anna", unit: str = "a", age: int = 0
) -> StandIn:
    return StandIn(
        id=UUID(int=number), unit_id=unit, user_id=user, user_name=user, stand_in_id=f"s{number}",
        stand_in_name=f"S{number}", first_day=TODAY + timedelta(days=first), last_day=TODAY + timedelta(days=last),
        set_at=NOON - timedelta(hours=age),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("first", "last", "refusal"),
    [
        (0, 0, None),
        (-10, 0, None),
        (1, 0, StandInRefusal.ENDS_BEFORE),
        (-10, -1, StandInRefusal.HAS_PASSED),
        (0, LONGEST.days, None),
        (0, LONGEST.days + 1, StandInRefusal.TOO_LONG),
    ],
)
def test_days_that_are_not_over_can_be_chosen(first: int, last: int, refusal: StandInRefusal | None) -> None:
    assert refuse_days(TODAY + timedelta(days=first), TODAY + timedelta(days=last), today=TODAY) is refusal


@pytest.mark.parametrize("order", [1, -1])
def test_both_days_count_and_of_two_the_one_that_was_set_last(order: int) -> None:
    found = [
        absence(1, 0, 3, age=5),
        absence(2, 2, 9),
        absence(3, 0, 9, user="bo"),
        absence(4, 0, 9, unit="b"),
    ]

    def who(days: int) -> dict[tuple[str, str], str]:
        there = standing_in(found[::order], on=TODAY + timedelta(days=days))
        return {place: one.stand_in_id for place, one in there.items()}

    others = {("a", "bo"): "s3", ("b", "anna"): "s4"}
    assert who(-1) == {}
    assert who(0) == who(1) == {("a", "anna"): "s1", **others}
    assert who(2) == who(9) == {("a", "anna"): "s2", **others}
    assert who(10) == {}


def test_the_person_says_so_or_a_manager() -> None:
    assert may_set("anna", by="anna", manages=False)
    assert may_set("anna", by="ditte", manages=True)
    assert not may_set("anna", by="bo", manages=False)
