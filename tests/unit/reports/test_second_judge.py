"""What a release hides, judged by another program: tau-ARGUS, with which statistical offices protect their tables.

Its audit solves each table for the least and the most that every suppressed cell can be. What is too small it is told
by a rule of its own here, not by what the release has hidden.
"""

from pathlib import Path
from typing import Final

import pytest
from pytauargus._tauargus import audit_jj

from reports.disclosure import Controlled, TableLine
from reports.release import controlled
from tests.unit.reports.test_attack import CLUSTERS, world

_MOST: Final = 1_000_000


def judged(found: Controlled, threshold: int, file: Path) -> list[dict[str, float]]:
    """The audit of one table: its cells, its margins, and that each margin is the sum of its cells."""
    table, lines = found.table, list[str]()
    places: dict[tuple[TableLine | None, TableLine | None], int] = {}
    sums: list[tuple[int, list[int]]] = []

    def cell(row: TableLine | None, column: TableLine | None, number: int, *, hidden: bool) -> None:
        is_small = row is not None and column is not None and 0 < number < threshold
        assert hidden or not is_small, "a small cell is shown"
        place = places[row, column] = len(lines)
        state = "u" if is_small else "m" if hidden else "s"
        # More by the threshold must be possible, or the audit calls the cell unsafe.
        lines.append(f"{place} {number} {number} {state} 0 {_MOST} 0 {threshold if is_small else 0} 0")

    for row in table.rows:
        for column in table.columns:
            is_hidden = (row.code, column.code) in found.hidden
            cell(row, column, table.at(row, column), hidden=is_hidden)
        cell(row, None, table.of_row(row), hidden=False)
    for column in table.columns:
        cell(None, column, table.of_column(column), hidden=False)
    cell(None, None, sum(map(table.of_row, table.rows)), hidden=False)
    rows: list[TableLine | None] = [*table.rows, None]
    columns: list[TableLine | None] = [*table.columns, None]
    sums += [(places[one, None], [places[one, column] for column in table.columns]) for one in rows]
    sums += [(places[None, one], [places[row, one] for row in table.rows]) for one in columns]
    told = [
        f"0.0 {len(inner) + 1} : {total} (-1) " + " ".join(f"{each} (1)" for each in inner)
        for total, inner in sums
    ]
    file.write_text("\n".join(["0", str(len(lines)), *lines, str(len(told)), *told, ""]), encoding="ascii")
    audited: list[dict[str, float]] = audit_jj(str(file))
    return audited


@pytest.mark.parametrize("threshold", [3, 5])
def test_another_program_finds_no_cell_that_is_unsafe(threshold: int, tmp_path: Path) -> None:
    tried = 0
    for seed, size in ((1, 150), (2, 900), (5, 4000)):
        for name, table in controlled(world(seed, size), threshold, CLUSTERS).items():
            if table is not None and table.hidden:
                found = judged(table, threshold, tmp_path / "table.jj")
                assert len(found) == len(table.hidden), name
                assert [one for one in found if one["unsafe"]] == [], name
                assert min(one["max"] - one["min"] for one in found) >= threshold - 1e-6, name
                tried += len(found)
    assert tried > 200


def test_the_other_program_finds_what_is_hidden_badly(tmp_path: Path) -> None:
    """Without the second cells of its rectangle a cell comes back."""
    unsafe = 0
    for table in controlled(world(2, 900), 3, CLUSTERS).values():
        if table is not None and table.hidden:
            table.hidden = {key for key in table.hidden if 0 < table.table.cells[key] < 3}
            unsafe += sum(bool(one["unsafe"]) for one in judged(table, 3, tmp_path / "table.jj"))
    assert unsafe > 10
