"""A release: every table that may be shown, from counts. Pure.

A family below another one has a line for each cell of its parent that is shown; those behind a hidden cell are one,
so that nothing below says what was hidden above.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from reports.clusters import merged_rows
from reports.count import TOTAL, FigureCounts, Key, quantile
from reports.disclosure import Controlled, TableLine, control
from reports.families import BY_CODE, FAMILIES, HORIZONS, Family
from reports.rows import BREAKDOWNS
from reports.survival import still_enrolled

HIDDEN_LINE: Final = "hidden.{}+"
"""The line of all values whose cell in that family is hidden."""
MESSAGE: Final = "message"
"""Of starts from the target group alone: with and without a message."""
FEWEST_FOR_A_QUANTILE: Final = 10
"""A middle of fewer says too much of one."""
TABLES: Final = tuple((family, breakdown) for family in FAMILIES for breakdown in (TOTAL, *BREAKDOWNS))


class Status(StrEnum):
    """Why a cell has a number or none."""

    SHOWN = "shown"
    HIDDEN = "hidden"
    """Too few, or needed so that nobody can reckon what is too few."""
    MERGED = "merged"
    """Counted in the line named in `value_code`."""
    WITHHELD = "withheld"
    """The whole table: it would show single persons."""
    NO_DATA = "no_data"
    """There was nothing to count, which is not the same as a count of nothing."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One number of the release."""

    family: str
    breakdown: str
    value: str
    category: str
    measure: str
    """`count`, `base`, `percent`, `median_days`, `ninth_days`, `still_enrolled_percent`."""
    number: int | None
    status: Status
    members: tuple[str, ...] = ()
    """Of a merged line or category."""


ControlledTables = Mapping[tuple[str, str], Controlled | None]


def controlled(counts: FigureCounts, threshold: int, clusters: Mapping[str, str]) -> ControlledTables:
    """Every table by family and breakdown; None: withheld."""
    found: dict[tuple[str, str], Controlled | None] = {}
    for family, breakdown in (*TABLES, (BY_CODE["stay"], MESSAGE)):
        found[family.code, breakdown] = _table(counts, family, breakdown, threshold, clusters, found)
    return found


def _table(
    counts: FigureCounts,
    family: Family,
    breakdown: str,
    threshold: int,
    clusters: Mapping[str, str],
    found: ControlledTables,
) -> Controlled | None:
    by_value = {
        value: counter for (name, value), counter in counts.cells[family.code].items() if name == breakdown
    }
    cells = {(value, category): n for value, counter in by_value.items() for category, n in counter.items()}
    sums = {value: counter.total() for value, counter in by_value.items()}
    if sum(sums.values()) < threshold and any(sums.values()):
        return None
    if family.parent is None or breakdown == MESSAGE:
        rows = merged_rows(sums, threshold, clusters if breakdown == "municipality" else {})
        if any(0 < sum(sums[value] for value in row.members) < threshold for row in rows):
            return None
    else:
        parent = found[family.parent[0], breakdown]
        if parent is None:
            return None
        below = rows_below(parent, *family.parent)
        if below is None:
            return None
        rows = below
    return control(cells, rows, family.categories, threshold)


def rows_below(parent: Controlled, family: str, category: str) -> list[TableLine] | None:
    """The lines of a table that divides a column further; None where that column is merged with others."""
    column = next((one for one in parent.table.columns if one.members == (category,)), None)
    if column is None:
        return None
    shown = [row for row in parent.table.rows if (row.code, column.code) not in parent.hidden]
    hidden = [row for row in parent.table.rows if (row.code, column.code) in parent.hidden]
    if hidden:
        shown.append(
            TableLine(
                HIDDEN_LINE.format(family), tuple(sorted(value for row in hidden for value in row.members))
            )
        )
    return shown


def cells(tables: ControlledTables, counts: FigureCounts) -> Iterator[Cell]:
    """All of them in the order of `TABLES`."""
    for (family, breakdown), table in tables.items():
        if table is None:
            yield Cell(family, breakdown, "", "", "count", None, Status.WITHHELD)
            continue
        yield from _of_table(family, breakdown, table)
        if family == "stay":
            yield from _stays(breakdown, table, counts)
        if family in ("target", "initiative.none"):
            what = "contact" if family == "target" else "decision"
            yield from _days(what, breakdown, table, counts)


def _of_table(family: str, breakdown: str, table: Controlled) -> Iterator[Cell]:
    for row in table.table.rows:
        base, members = table.table.of_row(row), _several(row)
        for value in members:
            yield Cell(family, breakdown, row.code, "", "base", None, Status.MERGED, (value,))
        yield Cell(family, breakdown, row.code, "", "base", base, Status.SHOWN, members)
        for column in table.table.columns:
            is_shown = (row.code, column.code) not in table.hidden
            number = table.table.at(row, column) if is_shown else None
            status = Status.SHOWN if is_shown else Status.HIDDEN
            heads = _several(column)
            yield Cell(family, breakdown, row.code, column.code, "count", number, status, heads)
            if not base:
                status = Status.NO_DATA
            part = None if number is None or not base else percent(number, base)
            yield Cell(family, breakdown, row.code, column.code, "percent", part, status, heads)


def _several(row: TableLine) -> tuple[str, ...]:
    return row.members if row.members != (row.code,) else ()


def percent(number: int, base: int) -> int:
    """In whole percent, halves up.

    >>> percent(1, 8), percent(1, 200)
    (13, 1)
    """
    return (200 * number + base) // (2 * base)


def _stays(breakdown: str, table: Controlled, counts: FigureCounts) -> Iterator[Cell]:
    """Still enrolled: shown where every count of those who had left by then is shown."""
    for row in table.table.rows:
        lives: Counter[tuple[int, bool]] = Counter()
        for value in row.members:
            lives.update(counts.lives.get((breakdown, value), Counter()))
        is_open = True
        for months, days in HORIZONS.items():
            name = f"left_within_{months}"
            column = next((one for one in table.table.columns if one.members == (name,)), None)
            is_open = is_open and column is not None and (row.code, name) not in table.hidden
            part = still_enrolled(lives, days)
            number = None if part is None or not is_open else round(100 * part)
            status = Status.SHOWN if is_open else Status.HIDDEN
            if part is None:
                status = Status.NO_DATA
            yield Cell(
                "stay", breakdown, row.code, f"after_{months}", "still_enrolled_percent", number, status
            )


def _days(what: str, breakdown: str, table: Controlled, counts: FigureCounts) -> Iterator[Cell]:
    for row in table.table.rows:
        days: Counter[int] = Counter()
        for value in row.members:
            key: Key = (breakdown, value)
            days.update(counts.days[what].get(key, Counter()))
        enough = days.total() >= FEWEST_FOR_A_QUANTILE
        for measure, part in (("median_days", 0.5), ("ninth_days", 0.9)):
            status = Status.SHOWN if enough else Status.HIDDEN if days.total() else Status.NO_DATA
            number = quantile(days, part) if enough else None
            yield Cell(what, breakdown, row.code, "", measure, number, status)
