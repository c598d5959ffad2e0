"""Twelve cells of the fault matrix, one of each kind that matters most; `make faults` runs them all."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.catalogue import CELLS, SHORT, chosen
from tests.faults.cells import Cell, run_cell
from tests.faults.rig import Rig

MESSAGES = 500
INJECTIONS = 2


@pytest.fixture(scope="module")
def rig(jars: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """One service for all twelve: what a cell has broken must be whole again for the next."""
    with Rig(tmp_path_factory.mktemp("faults"), jars) as running:
        running.drain()
        yield running


def test_the_short_form_is_twelve_cells_of_all_families_on_one_node() -> None:
    cells = chosen(SHORT)
    assert len(cells) == 12
    assert {cell.family for cell in cells} == {"service", "kafka", "postgres", "smtp", "clock"}


def test_a_cell_can_be_chosen_by_its_name_among_others() -> None:
    """`--cells` divides at commas."""
    assert [cell.name for cell in CELLS if "," in cell.name] == []
    assert len({cell.name for cell in CELLS}) == len(CELLS)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_people_get_more_partitions_and_nothing_is_lost(jars: Path, tmp_path: Path) -> None:
    """On a service of its own: the others count with the partitions of before."""
    (cell,) = chosen(["more partitions for people"])
    with Rig(tmp_path, jars) as rig:
        rig.drain()
        outcome = run_cell(rig, cell, messages=MESSAGES, injections=1)
    assert outcome.good, (outcome.why, outcome.verdict.findings)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("cell", chosen(SHORT), ids=lambda cell: cell.name.replace(" ", "_"))
def test_nothing_is_lost_doubled_or_astray(rig: Rig, cell: Cell) -> None:
    outcome = run_cell(rig, cell, messages=MESSAGES, injections=INJECTIONS)
    assert outcome.good, (outcome.why, outcome.verdict.findings)
