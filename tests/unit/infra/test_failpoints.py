"""Failpoints are off unless a folder is named, strike once, and only where they are asked to."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra import failpoints
from infra.failpoints import FailpointAction, Point, Struck, reach
from tests.paths import ROOT


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    failpoints.arm(tmp_path)
    yield tmp_path
    failpoints.arm(None)


def test_nothing_strikes_a_service_that_is_not_armed(tmp_path: Path) -> None:
    (tmp_path / Point.MATCH_FETCHED).write_text(FailpointAction.RAISE)
    for point in Point:
        reach(point)


def test_a_strike_hits_once_and_at_its_own_point(folder: Path) -> None:
    (folder / Point.MATCH_FETCHED).write_text(FailpointAction.RAISE)
    reach(Point.INTAKE_FETCHED)
    with pytest.raises(Struck, match="fetched"):
        reach(Point.MATCH_FETCHED)
    reach(Point.MATCH_FETCHED)


@pytest.mark.parametrize(
    ("action", "number"), [(FailpointAction.KILL, signal.SIGKILL), (FailpointAction.STOP, signal.SIGSTOP)]
)
def test_a_process_is_killed_or_stopped_where_it_stands(
    tmp_path: Path, action: FailpointAction, number: int
) -> None:
    (tmp_path / Point.LEDGER_FETCHED).write_text(action)
    code = (
        "import sys; from pathlib import Path; from infra import failpoints as f; f.arm(Path(sys.argv[1])); "
        "f.reach(f.Point.LEDGER_FETCHED); print('passed')"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as process:
        _, status = os.waitpid(process.pid, os.WUNTRACED)
        assert (os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WSTOPSIG(status)) == number
        if action is FailpointAction.STOP:
            os.kill(process.pid, signal.SIGCONT)
        assert process.communicate(timeout=60)[0] == (b"passed\n" if action is FailpointAction.STOP else b"")
