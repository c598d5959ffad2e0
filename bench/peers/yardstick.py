"""The rules that the peers call stand still: those of one commit, checked out beside the tree."""

import base64
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from bench.peers.truth import PeerAnswers, told

COMMIT: Final = "360a842"
"""Its rules were the service's on 27 November 2026."""
PROGRAMS: Final = Path(__file__).with_name("programs")
_ROOT: Final = Path(__file__).resolve().parents[2]


class HistoryMissing(RuntimeError):
    """The clone does not reach back to the yardstick's commit; the message says what to do."""


def check_out(folder: Path) -> Path:
    """Write the yardstick's modules into `folder`; returns it."""
    command = ["git", "-C", str(_ROOT), "archive", COMMIT, "config", "models"]
    program = shutil.which(command[0]) or command[0]
    done = subprocess.run([program, *command[1:]], capture_output=True, check=False)
    if done.returncode != 0:
        raise HistoryMissing(
            f"The peers need commit {COMMIT}: fetch the whole history (git fetch --unshallow)."
        )
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        # It is our own history; the first releases of Python 3.11, as Debian has them, know no filter.
        archive.extractall(folder)  # noqa: S202
    return folder


def environment(rules: Path) -> dict[str, str]:
    """Of a program that imports the yardstick's rules."""
    return {"PYTHONPATH": f"{rules}{os.pathsep}{PROGRAMS}", "PATH": os.environ["PATH"]}


def truth(rules: Path, records: Iterable[tuple[int, bytes, bytes]], law: Path) -> PeerAnswers:
    """What the yardstick's rules say of (partition, key, value) in order; writes their law to `law`, as JSON."""
    lines = [
        b"%d %b %b\n" % (partition, base64.b64encode(key), base64.b64encode(value))
        for partition, key, value in records
    ]
    done = subprocess.run(
        [sys.executable, str(PROGRAMS / "old_truth.py")],
        input=b"".join(lines),
        env=environment(rules),
        stdout=subprocess.PIPE,
        check=True,
    )
    said = json.loads(done.stdout)
    law.write_text(json.dumps(said["law"]), "utf-8")
    return told((one.encode() for one in said["decisions"]), (one.encode() for one in said["people"]))
