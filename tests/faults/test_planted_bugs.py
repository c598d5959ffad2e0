"""The harness itself is tested: a bug that is planted into the service must be found, and nothing without one."""

import multiprocessing
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.cells import run_cell
from tests.faults.planted_bugs import ALONE, PLANTS, plant_of
from tests.faults.planted_bugs.with_bug import cell_of, finder, planted
from tests.faults.rig import Rig

MESSAGES = 240
INJECTIONS = 2
pytestmark = pytest.mark.timeout(400)


@pytest.fixture(scope="module")
def rig(jars: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """One service for all: what a bug has spoilt is its own people's, and each cell is judged by its own."""
    with Rig(tmp_path_factory.mktemp("plants"), jars, seed=77) as running:
        running.patience = 25
        running.drain()
        yield running


TWELVE = (
    "auto-commit on",
    "offset committed before output is acknowledged",
    "unique key on tasks dropped",
    "delivery marked sent before sending",
    "concurrency 2 with a slow message",
    "auto.offset.reset latest with new partitions",
    "unit check off",
    "partial refusal ignored",
    "CPR in a log line",
    "deadline from the processing time",
    "signature not bound to the topic",
    "retry with a new Message-ID",
)


HERE = (
    "concurrency 2 with a slow message",
    "unit check off",
    "partial refusal ignored",
    "CPR in a log line",
    "deadline from the processing time",
    "signature not bound to the topic",
    "retry with a new Message-ID",
    # Last: the key stays dropped.
    "unique key on tasks dropped",
)
"""Tried with every run of the tests: some ten minutes less than all, which `make faults ARGS=--plants` tries."""


def test_every_figure_and_every_process_has_a_bug_that_is_tried_here() -> None:
    assert {PLANTS[bug].figure for bug in HERE} == {plant.figure for plant in PLANTS.values()}
    assert {PLANTS[bug].kinds for bug in HERE} == {plant.kinds for plant in PLANTS.values()}


def test_the_twelve_are_planted_and_each_plant_has_its_cell() -> None:
    assert set(TWELVE) <= PLANTS.keys()
    assert [plant.cell for plant in PLANTS.values() if cell_of(plant.cell).name != plant.cell] == []


def test_a_bug_whose_next_line_of_defence_is_taken_away_can_be_planted_alone() -> None:
    assert [bug for bug, plant in PLANTS.items() if plant.alone] == [
        "auto-commit on",
        "concurrency 2 with a slow message",
        "auto.offset.reset latest with new partitions",
        "unit check off",
        "unique key on tasks dropped",
    ]
    assert all(plant_of(bug + ALONE) is plant.alone for bug, plant in PLANTS.items() if plant.alone)
    with pytest.raises(KeyError):
        plant_of("CPR in a log line" + ALONE)


def test_what_a_plant_takes_the_place_of_is_there() -> None:
    """In a process of its own for each, as where it is used: a child that cannot begin is only a timeout there."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([plant_of.__module__])
    for bug in (*PLANTS, *(bug + ALONE for bug, plant in PLANTS.items() if plant.alone)):
        process = context.Process(target=plant_of(bug))
        process.start()
        process.join()
        assert process.exitcode == 0, bug


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted({PLANTS[bug].cell for bug in HERE}))
def test_without_a_bug_nothing_is_found(rig: Rig, name: str) -> None:
    outcome = run_cell(rig, cell_of(name), messages=MESSAGES, injections=INJECTIONS)
    assert outcome.good, (outcome.why, outcome.verdict.findings)


@pytest.mark.slow
@pytest.mark.parametrize("bug", HERE)
def test_a_planted_bug_is_found(rig: Rig, bug: str) -> None:
    plant = PLANTS[bug]
    with planted(rig, bug):
        outcome = run_cell(rig, cell_of(plant.cell), messages=MESSAGES, injections=INJECTIONS)
    assert finder(plant, outcome), (outcome.why, outcome.verdict)
