"""No change between a release and its follow-ups is of few people, whatever has moved."""

from copy import deepcopy
from random import Random

import pytest

from reports.count import TOTAL, FigureCounts
from reports.families import FAMILIES
from reports.follow_up import followed_up
from reports.release import ControlledTables, controlled
from tests.unit.reports.test_attack import world

TOTALS = (TOTAL, TOTAL)


def moved(before: FigureCounts, rng: Random, most: int) -> FigureCounts:
    """As known later: in each family some have another answer, and some are new."""
    after = deepcopy(before)
    for family in FAMILIES:
        cells = after.cells[family.code][TOTALS]
        for _ in range(3):
            one, other = rng.sample(family.categories, 2)
            number = min(rng.randrange(most), cells[one])
            cells[one] -= number
            cells[other] += number
        cells[rng.choice(family.categories)] += rng.choice((0, 0, 1, most))
    return after


def changes(tables: ControlledTables, counts: list[FigureCounts]) -> list[int]:
    """Of every number that is shown, bases included, since each release before."""
    found = []
    for (family, _), table in tables.items():
        if table is None:
            continue
        groups = [head.members for head in table.table.columns]
        for members in (*groups, tuple(member for group in groups for member in group)):
            now, *earlier = (
                sum(one.cells[family][TOTALS][member] for member in members) for one in reversed(counts)
            )
            found += [abs(now - then) for then in earlier]
    return found


@pytest.mark.parametrize("threshold", [3, 5])
def test_what_is_shown_has_not_changed_by_few(threshold: int) -> None:
    shown = 0
    for seed in range(40):
        rng = Random(seed)
        counts = [world(seed, 600)]
        for most in (4, 30):
            counts.append(moved(counts[-1], rng, most))
            tables = followed_up(counts, threshold)
            assert {breakdown for _, breakdown in tables} == {TOTAL}
            found = changes(tables, counts)
            assert not [change for change in found if 0 < change < threshold], seed
            shown += len(found)
    assert shown > 500


def test_without_the_rule_few_would_have_moved() -> None:
    counts = [world(1, 600)]
    counts.append(moved(counts[0], Random(1), 4))
    assert [change for change in changes(controlled(counts[1], 3, {}), counts) if 0 < change < 3]


def test_what_was_merged_in_a_release_stays_so() -> None:
    for seed in range(10):
        counts = [world(seed, 150)]
        counts.append(moved(counts[0], Random(seed), 30))
        for key, table in followed_up(counts, 3).items():
            before = controlled(counts[0], 3, {})[key]
            if table is None:
                continue
            assert before is not None
            for head in before.table.columns:
                assert any(set(head.members) <= set(one.members) for one in table.table.columns)
