"""Disclosure control: which cells of a table are shown, so that no sum over its margins gives a hidden one back.

Pure. Margins are always shown, because what is too small is merged before: only inner cells are hidden. Each hidden
small cell has a rectangle of hidden cells (the hypercube method of Repsilber, used by tau-ARGUS) along which
`threshold` can be moved without changing any margin: the cell may hold that many more. That is the stated width.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

MERGED: Final = "merged"
"""The category into which small ones go."""


@dataclass(frozen=True, slots=True)
class TableLine:
    """A line of a table: one value of a breakdown, or several that are merged."""

    code: str
    members: tuple[str, ...]
    """The values; stated in the release."""


@dataclass(frozen=True, slots=True)
class Table:
    """Counts before they are controlled."""

    rows: tuple[TableLine, ...]
    columns: tuple[TableLine, ...]
    cells: Mapping[tuple[str, str], int]
    """By the codes of row and column."""

    def at(self, row: TableLine, column: TableLine) -> int:
        """A cell."""
        return self.cells.get((row.code, column.code), 0)

    def of_row(self, row: TableLine) -> int:
        """A margin."""
        return sum(self.at(row, column) for column in self.columns)

    def of_column(self, column: TableLine) -> int:
        """Likewise."""
        return sum(self.at(row, column) for row in self.rows)


Rectangle = tuple[tuple[str, str], tuple[str, str], tuple[str, str], tuple[str, str]]
"""A cell, its partner in the row, in the column, and the one across; the first and the last may grow."""


@dataclass(slots=True)
class Controlled:
    """A table that may be shown."""

    table: Table
    hidden: set[tuple[str, str]] = field(default_factory=set)
    proofs: list[Rectangle] = field(default_factory=list)
    """One for each small cell. Never published."""


Merge = Callable[[Mapping[str, int], int], Sequence[TableLine]]
"""Sums by value and the threshold → the lines in their order."""


def control(
    cells: Mapping[tuple[str, str], int],
    rows: Sequence[TableLine],
    columns: Sequence[str],
    threshold: int,
) -> Controlled | None:
    """`cells` by value of the breakdown and category. None: there is too little of anything to show a table.

    `rows` are merged already: none sums to more than nothing and less than `threshold`.
    """
    lines = list(rows)
    heads = merge_columns(_sums(cells, columns), threshold)
    while True:
        table = _merged(cells, lines, heads)
        found = _hide(table, threshold)
        if isinstance(found, Controlled):
            return found
        row, column = found
        if len(heads) > 2:
            heads = joined(heads, column, table.of_column, MERGED)
        elif len(lines) > 2:
            lines = joined(lines, row, table.of_row, MERGED)
        else:
            return None


def merge_columns(sums: Mapping[str, int], threshold: int) -> list[TableLine]:
    """The columns in their order; those of which there are too few are one, `MERGED`."""
    heads = [TableLine(code, (code,)) for code in sums]
    small = [head for head in heads if 0 < sums[head.code] < threshold]
    if not small:
        return heads
    rest = sorted((h for h in heads if sums[h.code] >= threshold), key=lambda h: (sums[h.code], h.code))
    together = small_group(small, rest, lambda head: sums[head.code], threshold)
    kept = [head for head in heads if head not in together]
    return [*kept, TableLine(MERGED, tuple(code for head in together for code in head.members))]


def small_group(
    small: Sequence[TableLine], others: Sequence[TableLine], size: Callable[[TableLine], int], threshold: int
) -> list[TableLine]:
    """`small`, and of `others` as many as are needed so that their sum gives none of them away.

    Each is known to be from 1 to `threshold` - 1: a sum at either end of what that allows would say every one.
    """
    group, rest = list(small), list(others)
    while rest:
        total, number = sum(map(size, group)), len(group)
        is_open = number < total < number * (threshold - 1) or any(size(one) >= threshold for one in group)
        if total >= threshold and number > 1 and is_open:
            break
        group.append(rest.pop(0))
    return group


def _sums(cells: Mapping[tuple[str, str], int], columns: Sequence[str]) -> dict[str, int]:
    sums = dict.fromkeys(columns, 0)
    for (_, column), number in cells.items():
        sums[column] += number
    return sums


def _merged(
    cells: Mapping[tuple[str, str], int], rows: Sequence[TableLine], columns: Sequence[TableLine]
) -> Table:
    return Table(
        tuple(rows),
        tuple(columns),
        {
            (row.code, column.code): sum(
                cells.get((value, head), 0) for value in row.members for head in column.members
            )
            for row in rows
            for column in columns
        },
    )


def joined(
    lines: list[TableLine], one: TableLine, size: Callable[[TableLine], int], name: str
) -> list[TableLine]:
    """With `one`, the smallest other line that holds anything and what is called `name` in one line of that name."""
    other = min(
        (line for line in lines if line != one), key=lambda line: (size(line) == 0, size(line), line.code)
    )
    group = [line for line in lines if line in (one, other) or line.code == name]
    members = tuple(value for line in group for value in line.members)
    return [*(line for line in lines if line not in group), TableLine(name, members)]


def _hide(table: Table, threshold: int) -> Controlled | tuple[TableLine, TableLine]:
    """The hidden cells, or the row and column of a small cell that nothing hides."""
    found = Controlled(table)
    small = [
        (row, column)
        for row in table.rows
        for column in table.columns
        if 0 < table.at(row, column) < threshold
    ]
    found.hidden = {(row.code, column.code) for row, column in small}
    for row, column in small:
        best: tuple[tuple[int, int, str, str], Rectangle] | None = None
        for other_row in table.rows:
            if other_row == row or table.at(other_row, column) < threshold:
                continue
            for other in table.columns:
                if other == column or table.at(row, other) < threshold:
                    continue
                corners = (
                    (row.code, column.code),
                    (row.code, other.code),
                    (other_row.code, column.code),
                    (other_row.code, other.code),
                )
                new = [corner for corner in corners if corner not in found.hidden]
                cost = (len(new), sum(table.cells[corner] for corner in new), other_row.code, other.code)
                if best is None or cost < best[0]:
                    best = (cost, corners)
        if best is None:
            return row, column
        found.hidden |= set(best[1])
        found.proofs.append(best[1])
    return found
