"""Nobody can reckon what a release hides: attacked by linear programming over every margin and family."""

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random

import pytest

from models.calendar import is_working_day
from models.tasks.actions import ContactForm, Initiative
from reports.clusters import merged_rows
from reports.count import FigureCounts, count
from reports.disclosure import control
from reports.families import MESSAGES
from reports.release import controlled
from reports.rows import BREAKDOWNS, CountedIn, CountedMessage, Duty, Start
from tests.unit.reports.attack import attack_on, hidden

CLUSTERS = {f"{number:04d}": f"DK{number % 4}" for number in range(30)}


HOMES = tuple(CLUSTERS)


def world(seed: int, size: int, homes: Sequence[str] = HOMES) -> FigureCounts:
    """Made-up counts: some municipalities are large, most are small."""
    rng = Random(seed)
    weights = [1 / (1 + number) for number in range(len(homes))]

    def place() -> CountedIn:
        return CountedIn(
            rng.choice(("2026-08", "2026-09", "2026-10")),
            rng.choices(homes, weights)[0],
            rng.choices(("eud", "eux", "stx", "hf"), (20, 8, 3, 1))[0],
            rng.choices(("uddannelsesparat", "aktivitetsparat_under_30", "unknown"), (10, 5, 1))[0],
            rng.choices(("lab-2022", "lab-2025"), (1, 60))[0],
        )

    first = date(2026, 8, 3)
    starts = [
        Start(place(), rng.random() < 0.6, rng.random() < 0.3, rng.randrange(300), rng.random() < 0.2, 1)
        for _ in range(size)
    ]
    outcomes = [name.partition(".") for name in MESSAGES.categories]
    shares = [30, 5, *(10 / (1 + nth) for nth in range(len(outcomes) - 2))]
    messages = [
        CountedMessage(place(), outcome, reason, 1)
        for outcome, _, reason in rng.choices(outcomes, shares, k=size // 2)
    ]
    duties = []
    for _ in range(size // 3):
        contact = None if rng.random() < 0.2 else first + timedelta(days=rng.randrange(20))
        decided = contact if contact and rng.random() < 0.8 else None
        chosen = tuple(rng.sample([*Initiative], rng.randrange(1, 3))) if decided else ()
        form = rng.choices([*ContactForm], (5, 2, 10, 1, 1))[0] if contact else None
        ending = "contact_made" if decided else rng.choice((None, "not_reached"))
        duties.append(Duty(place(), first, first + timedelta(days=7), contact, form, ending, decided, chosen))
    return count(
        starts,
        messages,
        duties,
        today=date(2026, 12, 1),
        working_days=lambda one, other: sum(
            is_working_day(one + timedelta(days=n), ()) for n in range(1, (other - one).days + 1)
        ),
    )


@pytest.mark.parametrize("threshold", [3, 5])
@pytest.mark.parametrize("breakdown", BREAKDOWNS)
def test_of_no_hidden_cell_more_is_known_than_the_stated_width(breakdown: str, threshold: int) -> None:
    tried = 0
    for seed, size in ((1, 150), (2, 900)):
        counts = world(seed, size)
        tables = controlled(counts, threshold, CLUSTERS)
        attack = attack_on(tables, counts, breakdown)
        for cell in list(hidden(tables, breakdown))[:25]:
            least, most = attack.interval(cell)
            assert most - least >= threshold - 1e-6, cell
            tried += 1
    assert tried or breakdown == "law_version"


@pytest.mark.parametrize("breakdown", BREAKDOWNS)
def test_of_no_small_count_of_a_single_value_anything_is_certain(breakdown: str) -> None:
    """Also of those that were merged before a table was made."""
    counts = world(3, 400)
    tables = controlled(counts, 3, CLUSTERS)
    attack = attack_on(tables, counts, breakdown)
    small = [
        (family, breakdown, value, category)
        for family, by_key in counts.cells.items()
        for (name, value), counter in by_key.items()
        for category, number in counter.items()
        if name == breakdown and 0 < number < 3
    ]
    for cell in Random(1).sample(small, min(30, len(small))):
        least, most = attack.interval([cell])
        assert most - least >= 1, cell


def test_the_attack_finds_what_is_hidden_badly() -> None:
    """Without the second cells of each rectangle everything comes back."""
    counts = world(2, 900)
    tables = controlled(counts, 3, CLUSTERS)
    for table in tables.values():
        if table is not None:
            small = {key for key in table.hidden if table.table.cells[key] < 3}
            # One cell a row: what a margin gives back.
            table.hidden = {key for key in small if sum(other[0] == key[0] for other in small) == 1}
    attack = attack_on(tables, counts, "municipality")
    widths = [most - least for least, most in map(attack.interval, hidden(tables, "municipality"))]
    assert min(widths) < 1e-6


def test_a_line_that_is_too_small_is_merged_within_its_cluster() -> None:
    rows = merged_rows({"a": 2, "b": 2, "c": 9, "d": 7, "e": 0}, 3, dict.fromkeys("abcde", "DK1"))
    # Two and two are the most that four can be of two lines below three: a third one is needed.
    assert [(row.code, row.members) for row in rows] == [
        ("c", ("c",)),
        ("e", ("e",)),
        ("DK1+", ("a", "b", "d")),
    ]


def test_a_small_cell_hides_behind_a_rectangle() -> None:
    cells = {("a", "x"): 1, ("a", "y"): 20, ("b", "x"): 8, ("b", "y"): 9, ("c", "x"): 50, ("c", "y"): 60}
    rows = merged_rows({"a": 21, "b": 17, "c": 110}, 3, {})
    found = control(cells, rows, ("x", "y"), 3)
    assert found is not None
    assert found.hidden == {("a", "x"), ("a", "y"), ("b", "x"), ("b", "y")}


def test_nothing_is_shown_where_nothing_can_be_hidden() -> None:
    cells = {("a", "x"): 1, ("a", "y"): 2, ("b", "x"): 2, ("b", "y"): 1}
    assert control(cells, merged_rows({"a": 3, "b": 3}, 3, {}), ("x", "y"), 3) is None
