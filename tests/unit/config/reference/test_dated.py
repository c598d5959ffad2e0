"""The one dated look-up is what a person would do by hand: read every row, and take the one that holds."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from config.reference.dated import dated
from models.calendar import in_force

FIRST = date(2022, 1, 1)
DAYS = st.integers(0, 5).map(lambda days: FIRST + timedelta(days=days))
UNITS = st.sampled_from(["jc-0101", "jc-0147"])
ROWS = st.lists(st.tuples(st.none() | UNITS, DAYS, st.integers()), unique_by=lambda row: row[:2], max_size=12)
DEFAULT = -1


def by_hand(rows: list[tuple[str | None, date, int]], unit: str, day: date) -> int:
    """The unit's last row that has begun, else everybody's; before everybody's first, that one."""
    for whose in (unit, None):
        begun = [(start, value) for name, start, value in rows if name == whose and start <= day]
        if begun:
            return max(begun)[1]
    everybody = [(start, value) for name, start, value in rows if name is None]
    return min(everybody)[1] if everybody else DEFAULT


@given(rows=ROWS, unit=UNITS, day=DAYS)
def test_it_finds_what_a_person_finds_who_reads_every_row(
    rows: list[tuple[str | None, date, int]], unit: str, day: date
) -> None:
    assert dated(rows, DEFAULT).on(unit, day) == by_hand(rows, unit, day)


@given(rows=ROWS, unit=UNITS, day=DAYS, seed=st.randoms())
def test_the_order_of_the_rows_changes_nothing(
    rows: list[tuple[str | None, date, int]], unit: str, day: date, seed: object
) -> None:
    shuffled = list(rows)
    seed.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    assert dated(shuffled, DEFAULT).on(unit, day) == dated(rows, DEFAULT).on(unit, day)


@given(start=DAYS, length=st.integers(1, 5) | st.none(), day=DAYS)
def test_what_has_an_end_holds_from_its_first_day_to_the_day_before_its_end(
    start: date, length: int | None, day: date
) -> None:
    end = None if length is None else start + timedelta(days=length)
    days = [start + timedelta(days=number) for number in range(20 if length is None else length)]
    assert in_force(day, start, end) == (day in days)
