"""Story: somebody plays the demo, and gets numbers that add up."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.paths import ROOT


@pytest.mark.slow
def test_the_demo_ends_with_numbers_that_add_up_and_leaves_nothing_running(
    jars: Path, tmp_path: Path
) -> None:
    """Its exit code says that every number, by reason and by unit, is the independent count's."""
    data = tmp_path / "demo"
    played = subprocess.run(
        [
            sys.executable,
            "-m",
            "frafaldsvarsel",
            "demo",
            "--once",
            "--json",
            "--messages",
            "150",
            "--data",
            str(data),
        ],
        cwd=ROOT,
        env=os.environ,
        capture_output=True,
        text=True,
        timeout=380,
        check=False,
    )
    assert played.returncode == 0, played.stderr
    end = json.loads(played.stdout.splitlines()[-1])
    assert list(end) == ["published", "receipts", "repeats", "decisions", "tasks", "emails", "unaccounted"]
    assert end["unaccounted"] == 0
    assert end["receipts"]["accepted"] + end["receipts"]["rejected"] == end["published"]
    assert min(end["repeats"]["duplicate"], end["repeats"]["conflict"], *end["decisions"].values()) > 0
    assert 0 < end["tasks"] <= end["decisions"]["obliged"]
    assert end["emails"] >= end["tasks"]
    addresses = json.loads((data / "addresses.json").read_text())
    assert not [name for name, pid in addresses["pids"].items() if Path(f"/proc/{pid}").exists()]


def test_the_demo_does_not_empty_a_folder_that_is_not_its_own(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    played = subprocess.run(
        [sys.executable, "-m", "frafaldsvarsel", "demo", "--once", "--data", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert played.returncode == 1
    assert "holds something else" in played.stderr
    assert (tmp_path / "precious").read_text() == "mine"
