"""Starts, stops and kills one server program through its guard; the same few verbs for every server here.

It must be usable from any thread and any event loop, and must print nothing.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from local.servers import process_guard

LOG_LIMIT: Final = 8_000_000
READY_SECONDS: Final = 120.0
"""Until a server counts as hung: far more than a slow machine needs, for one that ends is noticed at once."""
_KILL_SECONDS: Final = 30.0
"""Until a program that has been killed is gone; it may have much memory to give back."""


class StartFailed(RuntimeError):
    """A server did not come up; the message ends with the last lines of its log."""


@dataclass(frozen=True, kw_only=True)
class ProcessPlan:
    """What to run and how to end it. The kernel sends `orphan_signal` should even the guard be killed."""

    argv: Sequence[str]
    log: Path
    env: Mapping[str, str] = field(default_factory=dict)
    stop_signal: signal.Signals = signal.SIGTERM
    orphan_signal: signal.Signals = signal.SIGKILL
    grace_seconds: float = 15.0
    as_user: str | None = None
    remove: Sequence[Path] = ()


def yielding(level: int) -> tuple[str, ...]:
    """The words before a command that let others go first, where the machine has them; 19 yields most."""
    nice = shutil.which("nice")
    return () if nice is None else (nice, "-n", str(level))


class Process:
    """One run of one program. Ends with this Python process, however that ends."""

    def __init__(self, plan: ProcessPlan) -> None:
        """Start the program; its log is set aside first when it has grown large."""
        self._plan = plan
        self._lock = threading.Lock()
        plan.log.parent.mkdir(parents=True, exist_ok=True)
        if plan.log.exists() and plan.log.stat().st_size > LOG_LIMIT:
            plan.log.replace(plan.log.with_name(plan.log.name + ".1"))
        self._log_start = plan.log.stat().st_size if plan.log.exists() else 0
        orders = {
            "argv": list(plan.argv),
            "env": dict(plan.env),
            "log": str(plan.log),
            "parent": os.getpid(),
            "stop_signal": int(plan.stop_signal),
            "orphan_signal": int(plan.orphan_signal),
            "grace": plan.grace_seconds,
            "as_user": plan.as_user,
            "remove": [str(path) for path in plan.remove],
        }
        self._guard = subprocess.Popen(
            [sys.executable, "-I", "-S", process_guard.__file__, json.dumps(orders)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # Ctrl-C in the terminal is for us; the servers are stopped in order.
            start_new_session=True,
        )
        assert self._guard.stdout is not None  # noqa: S101 - tells mypy what PIPE means
        with self._guard.stdout as said:
            first = said.readline()
        if not first:
            self._guard.wait()
            raise StartFailed(f"{plan.argv[0]} could not be started.")
        self.pid: Final = int(first)

    @property
    def exit_code(self) -> int | None:
        """None while the program runs; 128 + the signal's number when a signal ended it."""
        return self._guard.poll()

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the program's end and return its exit code; TimeoutError when it still runs."""
        try:
            code = self._guard.wait(timeout)
        except subprocess.TimeoutExpired as late:
            raise TimeoutError(f"{self._plan.argv[0]} still runs") from late
        self._close()
        return code

    def stop(self) -> int:
        """Ask the program to end, and kill it when it has not after the grace."""
        self._order(process_guard.STOP)
        return self.wait(self._plan.grace_seconds + _KILL_SECONDS)

    def kill(self) -> int:
        """SIGKILL: no handler runs, nothing is flushed."""
        self._order(process_guard.KILL)
        return self.wait(_KILL_SECONDS)

    def wait_for(self, file: Path, what: str, seconds: float) -> None:
        """Return when the program has written `file`; raises `StartFailed` when it ends before or takes longer."""
        end = time.monotonic() + seconds
        while not file.exists():
            self.check_running(what)
            if time.monotonic() > end:
                raise StartFailed(f"{what} was not ready after {seconds:g} seconds.")
            time.sleep(0.02)

    def check_running(self, what: str) -> None:
        """Raise StartFailed with the end of the log when the program has ended."""
        if self.exit_code is not None:
            raise StartFailed(f"{what} ended with exit code {self.exit_code}. {self.log_tail()}")

    def log_tail(self, lines: int = 12) -> str:
        """The last lines that this run wrote, with the log's place."""
        try:
            with self._plan.log.open("rb") as log:
                log.seek(max(self._log_start, self._plan.log.stat().st_size - 20_000))
                last = log.read().decode("utf-8", "replace").splitlines()[-lines:]
        except OSError:
            last = []
        return f"Its log is {self._plan.log}" + (" and ends:\n" + "\n".join(last) if last else ", and empty.")

    def _order(self, order: bytes) -> None:
        with self._lock:
            pipe = self._guard.stdin
            if pipe is None or pipe.closed:
                return
            try:
                pipe.write(order)
                pipe.flush()
            except BrokenPipeError:
                # The program ended by itself a moment ago, and its guard with it.
                return

    def _close(self) -> None:
        with self._lock:
            if self._guard.stdin is not None and not self._guard.stdin.closed:
                try:
                    self._guard.stdin.close()
                except BrokenPipeError:
                    return


class Server:
    """What every server here can do once its process has been started: it is seen, stopped or killed."""

    _process: Process | None = None

    @property
    def pid(self) -> int | None:
        """The process; None when it does not run."""
        process = self._process  # read once: another thread may start it again
        return process.pid if process is not None and process.exit_code is None else None

    def start(self) -> object:
        """Start its process, unless it runs."""
        raise NotImplementedError

    def stop(self) -> None:
        """Ask it to end in order, and kill it when that takes too long."""
        if self._process is not None:
            self._process.stop()
            self._process = None

    def kill(self) -> None:
        """SIGKILL, as a power cut would: what was acknowledged is kept, the next start recovers."""
        if self._process is not None:
            self._process.kill()
            self._process = None
