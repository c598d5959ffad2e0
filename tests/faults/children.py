"""The service's own processes as an orchestrator keeps them: started again when they die, each with its log."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from config.settings import PREFIX
from infra.failpoints import FIRED, FailpointAction, Point
from local.servers.process import Process, ProcessPlan
from tests.paths import ROOT

_LOOK_SECONDS: Final = 0.05
_AT_ONCE: Final = 3
"""Deaths in a row that are followed by a start at once; after that a second passes, as with any orchestrator."""


@dataclass
class _Child:
    name: str
    steady: bool
    process: Process | None = None
    held: bool = False
    started: float = 0.0
    hasty: int = 0
    deaths: int = 0


class Children:
    """By name: `worker-1`, `ledger-2`, … The kind before the dash is the command."""

    def __init__(self, data: Path, environment: Callable[[str], Mapping[str, str]]) -> None:
        self.data = data
        self.failpoints = data / "failpoints"
        self.bug = ""
        """Planted into whoever of `bugged` is started from now on; see `tests.faults.planted_bugs`."""
        self.bugged: Sequence[str] = ()
        self.versions: dict[str, Path] = {}
        """Whose code is not this tree's, from their next start on."""
        self.own: dict[str, Mapping[str, str]] = {}
        """Settings that one of them alone has, without the prefix, from its next start on."""
        self.modules: dict[str, Sequence[str]] = {}
        """What Python runs in place of the usual command, by name, from the next start on."""
        self._environment = environment
        self._children: dict[str, _Child] = {}
        self._lock = threading.RLock()
        self._stopping = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True, name="children")

    def start(self, *names: str) -> None:
        """Start them, wait until they are ready, and look after them from now on."""
        self.add(*names)
        self.wait_ready(*names)
        self._watcher.start()

    def stop(self) -> None:
        """End all of them."""
        self._stopping.set()
        if self._watcher.is_alive():
            self._watcher.join()
        with self._lock:
            for child in self._children.values():
                if child.process is not None:
                    child.process.kill()

    def add(self, *names: str, steady: bool = True) -> None:
        """Start more. `steady`: with a name of its own in its group, so that a restart disturbs nobody."""
        with self._lock:
            for name in names:
                self._children[name] = child = _Child(name, steady)
                self._launch(child)

    def remove(self, name: str) -> None:
        """End one for good, in order."""
        with self._lock:
            child = self._children.pop(name)
        if child.process is not None:
            child.process.stop()

    def names(self, kind: str = "") -> list[str]:
        """All, or those of a kind."""
        with self._lock:
            return [name for name in self._children if name.startswith(kind)]

    def pid(self, name: str) -> int | None:
        """The process that runs under the name now."""
        with self._lock:
            child = self._children[name]
            running = child.process is not None and child.process.exit_code is None
            return child.process.pid if running and child.process else None

    def deaths(self) -> int:
        """How often one has died so far."""
        with self._lock:
            return sum(child.deaths for child in self._children.values())

    def signal(self, name: str, number: signal.Signals) -> bool:
        """Send a signal; whether there was somebody to send it to."""
        pid = self.pid(name)
        if pid is None:
            return False
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return False
        return True

    def hold(self, *names: str) -> None:
        """End them in order and do not start them again until `release`."""
        with self._lock:
            children = [self._children[name] for name in names]
            for child in children:
                child.held = True
        threads = [
            threading.Thread(target=child.process.stop) for child in children if child.process is not None
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def release(self, *names: str) -> None:
        """Start them again."""
        with self._lock:
            for name in names:
                self._children[name].held = False
                if self._children[name].process is not None and self.pid(name) is None:
                    self._launch(self._children[name])

    def wait_ready(self, *names: str, seconds: float = 90) -> None:
        """Until each has its partitions, or whatever it needs."""
        deadline = time.monotonic() + seconds
        for name in names or self.names():
            while not self._ready(name).exists():
                process = self._children[name].process
                if process is not None and not self._watcher.is_alive():
                    process.check_running(name)
                if time.monotonic() > deadline:
                    raise TimeoutError(f"{name} is not ready")
                time.sleep(_LOOK_SECONDS)

    def strike(self, point: Point, action: FailpointAction) -> None:
        """The next process that reaches `point` is struck."""
        new = self.failpoints / ".new"
        new.write_text(action, "ascii")
        new.rename(self.failpoints / point)

    def fired(self, point: Point, *, seconds: float) -> int | None:
        """Wait until somebody was struck; the process, or None, and then nobody will be."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for file in self.failpoints.glob(f"{point}.*{FIRED}"):
                time.sleep(0.1)  # it has been taken, and is read by the process that it strikes
                file.unlink()
                return int(file.name.removesuffix(FIRED).rpartition(".")[2])
            time.sleep(0.02)
        (self.failpoints / point).unlink(missing_ok=True)
        return None

    def _watch(self) -> None:
        while not self._stopping.wait(_LOOK_SECONDS):
            with self._lock:
                for child in self._children.values():
                    self._look_after(child)

    def _look_after(self, child: _Child) -> None:
        if child.process is None or child.process.exit_code is None or child.held:
            return
        now = time.monotonic()
        hasty = child.hasty if now - child.started < 5 else 0
        if hasty >= _AT_ONCE and now - child.started < 2:
            return
        child.hasty = hasty + 1
        child.deaths += 1
        child.process.wait()
        self._launch(child)

    def _command(self, name: str, kind: str) -> Sequence[str]:
        if name in self.modules:
            return self.modules[name]
        bugged = self.bug and kind in self.bugged
        return ("tests.faults.run_with_bug", self.bug, kind) if bugged else ("frafaldsvarsel", kind)

    def _code(self, name: str) -> dict[str, str]:
        # Safe: or the folder in which the harness happens to be would go before.
        return {"PYTHONPATH": str(self.versions.get(name, ROOT)), "PYTHONSAFEPATH": "1"}

    def _ready(self, name: str) -> Path:
        return self.data / f"{name}.ready"

    def _launch(self, child: _Child) -> None:
        kind, _, number = child.name.partition("-")
        self._ready(child.name).unlink(missing_ok=True)
        inherited = {name: held for name, held in os.environ.items() if not name.startswith(PREFIX)}
        own = {
            "READY_FILE": str(self._ready(child.name)),
            "FAILPOINTS_DIR": str(self.failpoints),
            "WORKER_DATA_DIR": str(self.data / child.name),
        }
        if child.steady:
            own["INSTANCE"] = f"rig-{number}"
        own |= self.own.get(child.name, {})
        told = dict(self._environment(kind)) | {PREFIX + name: held for name, held in own.items()}
        child.process = Process(
            ProcessPlan(
                argv=[sys.executable, "-m", *self._command(child.name, kind)],
                log=self.data / "logs" / f"{child.name}.log",
                env=inherited | told | self._code(child.name),
                grace_seconds=20,
            )
        )
        child.started = time.monotonic()
