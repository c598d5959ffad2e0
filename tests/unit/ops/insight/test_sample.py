"""What a manager is shown: looks by chance, and what is unusual of them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from models.audit_kind import AuditKind
from ops.insight.sample import MANY_AN_HOUR, OFTEN_A_MONTH, UnitLook, Unusual, sample_of

THURSDAY_AT_TEN = datetime(2026, 10, 1, 8, tzinfo=UTC)  # in Copenhagen
EVERY_HOUR = timedelta(hours=1)


def look(
    after: timedelta = timedelta(0),
    *,
    kind: AuditKind = AuditKind.OPENED,
    reference: str | None = "FV-1",
    person: str = "p",
    by: str = "anna",
) -> UnitLook:
    return UnitLook(
        at=THURSDAY_AT_TEN + after,
        kind=kind,
        by_id=by,
        by_name=by.title(),
        purpose="contact_person",
        reference=reference,
        person=person,
    )


def first(among: Sequence[int], number: int) -> Sequence[int]:
    """In the place of chance."""
    return list(among)[:number]


def marks(*looks: UnitLook) -> list[Sequence[Unusual]]:
    return [one.unusual for one in sample_of(looks, len(looks), first).drawn]


def test_work_on_a_task_by_day_is_not_unusual() -> None:
    assert marks(look(), look(kind=AuditKind.LOOKED_AT)) == [(), ()]


def test_who_is_looked_up_without_a_task_is_marked() -> None:
    assert marks(look(kind=AuditKind.FOUND_BY_CPR, reference=None)) == [(Unusual.WITHOUT_A_TASK,)]


@pytest.mark.parametrize(
    ("after", "unusual"),
    [
        (timedelta(hours=-4), True),
        (timedelta(hours=-3), False),
        (timedelta(hours=8, minutes=-1), False),
        (timedelta(hours=8), True),
        (timedelta(days=2), True),
        (timedelta(days=3), True),
        (timedelta(days=4), False),
    ],
    ids=["before seven", "seven", "before six", "six", "Saturday", "Sunday", "Monday"],
)
def test_the_hours_are_those_of_copenhagen(after: timedelta, unusual: bool) -> None:
    assert marks(look(after)) == [(Unusual.OUT_OF_HOURS,) if unusual else ()]


def test_many_within_an_hour_are_marked_each_and_only_that_employees() -> None:
    many = [look(timedelta(seconds=number), person=f"p{number}") for number in range(MANY_AN_HOUR + 1)]
    found = marks(*many, look(by="bo"))
    assert found == [(Unusual.MANY,)] * (MANY_AN_HOUR + 1) + [()]
    assert marks(*many[1:]) == [()] * MANY_AN_HOUR


def test_the_same_person_again_and_again_is_marked_and_reading_the_task_is_not_counted() -> None:
    often = [look(timedelta(minutes=number)) for number in range(OFTEN_A_MONTH + 1)]
    assert marks(*often) == [(Unusual.SAME_PERSON_OFTEN,)] * (OFTEN_A_MONTH + 1)
    reading = [look(timedelta(minutes=number), kind=AuditKind.LOOKED_AT) for number in range(50)]
    assert marks(*reading) == [()] * 50


def test_as_many_unusual_ones_come_beside_those_that_chance_has_drawn() -> None:
    usual = [look(timedelta(minutes=number), person=f"p{number}") for number in range(20)]
    odd = [look(timedelta(hours=12) + number * EVERY_HOUR, person=f"q{number}") for number in range(3)]
    sample = sample_of([*usual, *odd], 2, first)
    assert (sample.looks, sample.unusual) == (23, 3)
    assert [one.at for one in sample.drawn] == [one.at for one in (usual[0], usual[1], odd[0], odd[1])]
    assert sample_of([], 5, first).drawn == []
