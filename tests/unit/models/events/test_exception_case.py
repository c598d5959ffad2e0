"""A case names exactly what was looked at, and what is put aside hides nothing else."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.events.exception_case import Case, Gap, NoCase, Twice, WrongTotal, parse, without

CASES = [
    Gap("900101", 5, 5),
    Gap("0101", 1, 999_999_999),
    Twice("REG-CPR", 4),
    WrongTotal("900101", date(2025, 10, 1), "dropout-risk.raised.v1", 3, 0),
]
RANGES = st.tuples(st.integers(1, 40), st.integers(0, 12))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_case_is_read_as_it_is_written(case: Case) -> None:
    assert parse(str(case)) == case


@pytest.mark.parametrize(
    "text",
    [
        "",
        "gap/900101/7-5",
        "gap/900101/0-5",
        "gap/900101/5",
        "gap/90010/5-6",
        "gap/0101011234/5-6",
        "gap/900101/1-0101011234",
        "twice/900101/x",
        "total/900101/2025-02-30/dropout-risk.raised.v1/3-0",
        "total/900101/2025-10-01/dropout-risk.raised/3-0",
        "hole/900101/5-6",
        "gap/900101/٥-6",
        "gap/900101/5-6\n",
    ],
)
def test_what_the_audit_does_not_name_is_no_case(text: str) -> None:
    with pytest.raises(NoCase):
        parse(text)


@given(hole=RANGES, aside=st.lists(RANGES, max_size=5))
def test_what_is_left_of_a_gap_are_the_numbers_that_nobody_has_put_aside(
    hole: tuple[int, int], aside: list[tuple[int, int]]
) -> None:
    def numbers(first: int, more: int) -> set[int]:
        return set(range(first, first + more + 1))

    gap = Gap("900101", hole[0], sum(hole))
    dismissed = [Gap("900101", first, first + more) for first, more in aside]
    left = without(gap, [*dismissed, Gap("900112", 1, 99)])
    found = [number for one in left for number in range(one.first, one.last + 1)]
    assert found == sorted(numbers(*hole).difference(*(numbers(*one) for one in aside)))
    assert all(one.sender == gap.sender and one.first <= one.last for one in left)


@pytest.mark.parametrize(
    ("aside", "left"),
    [
        ([(5, 9)], []),
        ([(1, 4), (10, 12)], [(5, 9)]),
        ([(5, 5)], [(6, 9)]),
        ([(9, 9)], [(5, 8)]),
        ([(9, 12), (1, 5)], [(6, 8)]),
        ([(7, 7)], [(5, 6), (8, 9)]),
        ([(6, 8), (7, 7)], [(5, 5), (9, 9)]),
    ],
)
def test_both_ends_of_a_case_belong_to_it(aside: list[tuple[int, int]], left: list[tuple[int, int]]) -> None:
    dismissed = [Gap("900101", *one) for one in aside]
    assert without(Gap("900101", 5, 9), dismissed) == [Gap("900101", *one) for one in left]
