"""The whole service as somebody runs it, `frafaldsvarsel up`, and its command line."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from infra.postgres import SyncConnection
from tests.acceptance.story import SCHOOL, Plain, write
from tests.paths import ROOT

UP_SECONDS = 150
SETTLE_SECONDS = 120
BOOKED = ("receipts", "person_events", "applied", "decisions", "revisions", "tasks")
"""The audit's checks of what lies between a record and its task: what waits there is no fault, and not done."""
REGISTER_SECONDS = 1.5
"""Each process looks once a second whether the register has changed."""


@dataclass
class Up:
    """A service started with `frafaldsvarsel up`."""

    data: Path
    process: subprocess.Popen[str]

    @property
    def addresses(self) -> dict[str, Any]:
        """Where it answers, and its processes, as they are now."""
        told: dict[str, Any] = json.loads((self.data / "addresses.json").read_text("utf-8"))
        return told

    def database(self) -> SyncConnection:
        """A connection of its owner."""
        return psycopg.connect(self.addresses["database_url"], autocommit=True)

    def add_school(self) -> None:
        """`SCHOOL` may send from now on."""
        added = command("senders", "add", SCHOOL, "--name", "Prøveskolen", data=self.data)
        assert added.returncode == 0, added.stderr
        time.sleep(REGISTER_SECONDS)

    def publish(self, file: Path, events: Sequence[Plain], *options: str) -> None:
        """All of them, by way of `file`."""
        sent = command("publish", str(write(file, events)), "--keys", str(self.data / "keys"), *options)
        assert sent.returncode == 0, sent.stderr

    def publish_and_settle(self, file: Path, events: Sequence[Plain]) -> None:
        """As `publish` and `settle`."""
        self.publish(file, events)
        self.settle()

    def scalar(self, query: str) -> Any:
        """The first column of the first row."""
        with self.database() as connection:
            row = connection.execute(query.encode()).fetchone()
        return None if row is None else row[0]

    def settle(self) -> None:
        """Wait until every record is accounted for, and none is on its way to a task."""
        until("sound audit", self._is_settled)

    def _is_settled(self) -> bool:
        audited = command("audit", "--grace", "0", "--json", data=self.data)
        if audited.returncode != 0:
            return False
        accounts = json.loads(audited.stdout)["accounts"]
        return not any(one["under_way"] for one in accounts if one["hop"] in BOOKED)

    def stop(self) -> int:
        """As by Ctrl-C; returns the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(120)


def start(data: Path) -> Up:
    """A service that takes messages."""
    log = (data.parent / f"{data.name}.log").open("w")
    process = subprocess.Popen(
        [sys.executable, "-m", "frafaldsvarsel", "up", "--data", str(data), "--no-canary"],
        cwd=ROOT,
        stdout=log,
        stderr=subprocess.STDOUT,
        text=True,
    )
    log.close()
    end = time.monotonic() + UP_SECONDS
    said = Path(log.name)
    while "Ready to take messages" not in said.read_text():
        assert process.poll() is None, said.read_text()
        assert time.monotonic() < end, said.read_text()
        time.sleep(0.1)
    return Up(data, process)


@contextmanager
def running(folder: Path) -> Iterator[Up]:
    """A service until the block ends."""
    up = start(folder / "data")
    try:
        yield up
    finally:
        if up.process.poll() is None:
            up.stop()


def command(*arguments: str, data: Path | None = None, typed: str = "") -> subprocess.CompletedProcess[str]:
    """`frafaldsvarsel` with these arguments; `typed` is what stands on its standard input."""
    where = [] if data is None else ["--data", str(data)]
    return subprocess.run(
        [sys.executable, "-m", "frafaldsvarsel", *arguments, *where],
        cwd=ROOT,
        env=os.environ | {"COLUMNS": "200"},
        input=typed,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def rows(*arguments: str, data: Path) -> list[dict[str, Any]]:
    """What a listing says as JSON."""
    listed = command(*arguments, "--json", data=data)
    assert listed.returncode == 0, listed.stderr
    return [json.loads(line) for line in listed.stdout.splitlines()]


def until(what: str, found: Any) -> Any:
    """The first answer of `found` that is something."""
    end = time.monotonic() + SETTLE_SECONDS
    while not (result := found()):
        assert time.monotonic() < end, f"no {what} in time"
        time.sleep(0.3)
    return result


@contextmanager
def auditor_held(data: Path) -> Iterator[None]:
    """The service's own auditor stands still between two rounds: it would drive again what the test lets be found."""
    file = data / "audit.notes"
    told = f"FRAFALDSVARSEL_AUDIT_FILE={file}".encode()
    index = sqlite3.connect(file, timeout=60, isolation_level=None)
    # While this is held, it is in no transaction of the index, which our own audit needs.
    index.execute("BEGIN IMMEDIATE")
    found = [pid for pid in Path("/proc").glob("[0-9]*") if _is_auditor(pid, told)]
    for pid in found:
        os.kill(int(pid.name), signal.SIGSTOP)
    index.close()
    try:
        assert found
        yield
    finally:
        for pid in found:
            os.kill(int(pid.name), signal.SIGCONT)


def _is_auditor(pid: Path, told: bytes) -> bool:
    try:
        return b"\0audit\0" in (pid / "cmdline").read_bytes() and told in (pid / "environ").read_bytes()
    except OSError:
        return False
