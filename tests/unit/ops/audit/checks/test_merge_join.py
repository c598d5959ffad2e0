"""Two accounts side by side, and what neither has, in as little memory as can be."""

from hypothesis import given
from hypothesis import strategies as st

from ops.audit.checks.context import LISTED
from ops.audit.checks.merge_join import Gaps, pairs
from ops.audit.digest import digest

OFFSETS = st.sets(st.integers(0, 30)).map(sorted)


@given(OFFSETS, OFFSETS)
def test_every_offset_comes_once_with_what_either_has(one: list[int], other: list[int]) -> None:
    found = list(pairs(iter([(at, "one") for at in one]), iter([(at, "other") for at in other])))
    assert [at for at, _, _ in found] == sorted({*one, *other})
    assert [at for at, left, _ in found if left is not None] == one
    assert [at for at, _, right in found if right is not None] == other


@given(OFFSETS)
def test_what_nobody_has_is_listed(answered: list[int]) -> None:
    gaps = Gaps(0)
    for at in answered:
        gaps.answered(at)
    gaps.answered(31)
    assert gaps.listed == [at for at in range(31) if at not in answered]
    assert gaps.total_unlisted == 0


def test_a_long_gap_is_listed_in_part_and_counted_whole() -> None:
    gaps = Gaps(5)
    gaps.answered(LISTED + 25)
    gaps.answered(LISTED + 30)
    assert gaps.listed == list(range(5, LISTED + 5))
    assert gaps.unlisted == [(LISTED + 5, LISTED + 25), (LISTED + 26, LISTED + 30)]
    assert gaps.total_unlisted == 24


def test_a_digest_tells_its_parts_apart_and_knows_nothing_from_none() -> None:
    assert digest(1, None, "b") == digest(1, "", "b")
    assert len({digest(1, "ab"), digest("1a", "b"), digest(1, "a", "b"), digest("b", 1)}) == 4
