"""Failpoints are off unless a folder is named, strike once, and only where they are asked to."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from config import failpoints
from config.failpoints import Action, Point, Struck, reach


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    failpoints.arm(tmp_path)
    yield tmp_path
    failpoints.arm(None)


def test_nothing_strikes_a_service_that_is_not_armed(tmp_path: Path) -> None:
    (tmp_path / Point.MATCH_FETCHED).write_text(Action.RAISE)
    for point in Point:
        reach(point)


def test_a_strike_hits_once_and_at_its_own_point(folder: Path) -> None:
    (folder / Point.MATCH_FETCHED).write_text(Action.RAISE)
    reach(Point.INTAKE_FETCHED)
    with pytest.raises(Struck, match="fetched"):
        reach(Point.MATCH_FETCHED)
    reach(Point.MATCH_FETCHED)


@pytest.mark.parametrize(("action", "number"), [(Action.KILL, signal.SIGKILL), (Action.STOP, signal.SIGSTOP)])
def test_a_process_is_killed_or_stopped_where_it_stands(tmp_path: Path, action: Action, number: int) -> None:
    (tmp_path / Point.LEDGER_FETCHED).write_text(action)
    code = (
        "import sys; from pathlib import Path; from config import failpoints as f; f.arm(Path(sys.argv[1])); "
        "f.reach(f.Point.LEDGER_FETCHED); print('passed')"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    ) as process:
        _, status = os.waitpid(process.pid, os.WUNTRACED)
        assert (os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WSTOPSIG(status)) == number
        if action is Action.STOP:
            os.kill(process.pid, signal.SIGCONT)
        assert process.communicate(timeout=60)[0] == (b"passed\n" if action is Action.STOP else b"")
