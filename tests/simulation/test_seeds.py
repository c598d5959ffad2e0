"""Two thousand worlds in which everything fails that may fail: at rest, every promise holds."""

import os

import pytest

from tests.simulation.faults import Fault
from tests.simulation.simulate import Campaign, campaign, simulate

SEEDS = 2000


pytestmark = pytest.mark.timeout(900)
"""Some two minutes on two free cores; a machine that is busy with other things takes longer."""


@pytest.fixture(scope="module")
def runs() -> Campaign:
    """All of them, once."""
    total = Campaign()
    for part in campaign(0, SEEDS, processes=min(4, os.cpu_count() or 1)):
        total.add(part)
    return total


@pytest.mark.slow
def test_after_any_faults_every_message_has_its_answer_its_task_and_its_mail(runs: Campaign) -> None:
    """A failing seed is printed with the line that runs it again."""
    assert runs.runs == SEEDS
    assert [(verdict.replay, verdict.violations[:3]) for verdict in runs.failed] == []


@pytest.mark.slow
def test_every_kind_of_fault_has_happened(runs: Campaign) -> None:
    """A simulation in which a fault never comes says nothing about it."""
    assert [fault for fault in Fault if runs.faults[str(fault)] < 5] == []
    assert runs.counts["mails"] > SEEDS
    assert runs.counts["copies"] > 0


def test_a_seed_is_a_whole_run() -> None:
    """The same seed gives the same trace and the same verdict, another seed another one."""
    one, again, other = (simulate(seed, tracing=True) for seed in (7, 7, 8))
    assert one == again
    assert one.trace != other.trace
