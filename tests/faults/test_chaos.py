"""Kills at random: what is a fault, and a short form of them."""

from pathlib import Path
from typing import Any

import pytest

from tests.faults.chaos import BROKER, Chaos, Killed, strike
from tests.faults.rig import Rig
from tests.faults.rolling import ALL
from tests.faults.rolling_page import killed
from tests.faults.verdict import Verdict


def chaos(**changes: Any) -> Chaos:
    values: dict[str, Any] = {
        "run": "r",
        "seed": 1,
        "seconds": 9,
        "drain_seconds": 2.04,
        "kills": (Killed("worker-1", 0.5), Killed(BROKER, 3.0), Killed("worker-2", 3.5)),
        "verdict": Verdict(records=7, copies=2),
        "unaccounted": 0,
    }
    return Chaos(**values | changes)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (chaos(kills=()), "nobody was killed"),
        (chaos(verdict=Verdict(wrong=1)), "1 violations"),
        (chaos(unaccounted=3), "3 unaccounted"),
    ],
)
def test_what_must_not_be_is_a_fault(found: Chaos, said: str) -> None:
    [fault] = found.faults
    assert said in fault


def test_the_page_has_the_figures() -> None:
    assert chaos().faults == []
    text = "\n".join(killed(chaos().figures()))
    assert "**3 times** in 9 s" in text
    assert "1 × broker, 2 × worker" in text
    assert "| 2.0 s |" in text


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_nothing_is_lost_while_processes_and_the_broker_are_killed(jars: Path, tmp_path: Path) -> None:
    with Rig(tmp_path, jars) as rig:
        found = strike(rig, seconds=15, records=1_500, seed=7)
    assert found.faults == []
    assert found.verdict.messages > 0
    assert {one.name for one in found.kills} <= {BROKER, *ALL}
