"""The processes of ours that one machine runs together: started, looked after and ended as an orchestrator would.

It must know what a child is called and what it is told, and nothing of what it does.
"""

import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from config.sections.base import PREFIX
from local.servers.process import READY_SECONDS, Process, ProcessPlan, Server, yielding

log = logging.getLogger(__name__)

REST_SECONDS: Final = (0.0, 0.5, 2.0, 5.0)
"""Before a child that has died is started again, by how often it has died lately."""
_ARGUMENTS: Final = {"audit": ("--heal", "--watch", "20"), "trail": ("keep",)}
_YIELDING: Final = {"inbox": 5, "trail": 5, "notify": 10, "audit": 15, "canary": 15, "lag": 15}
"""On one machine a mail can wait for the ledger, and the audit for both."""
_UNAWAITED: Final = frozenset({"audit", "canary", "lag", "trail"})
"""The service takes messages without them."""
_CALM_SECONDS: Final = 30.0
_ROOT: Final = Path(__file__).resolve().parents[1]


class NotUp(RuntimeError):
    """The service did not come up; the message says which part and where its log is."""


@dataclass
class _Child:
    """One of our processes and how often it has died lately."""

    name: str
    process: Process | None = None
    started: float = 0.0
    deaths: int = 0
    rest_until: float = 0.0


@dataclass
class Children:
    """A name is a process's kind, with `-2` and so on for more of one kind."""

    data: Path
    grace_seconds: float
    environment: Callable[[str], Mapping[str, str]]
    """What a child of a kind is told; what tells one of a kind from another is added at its launch."""
    metrics_ports: Mapping[str, int] = field(default_factory=dict)
    """Where a child serves its metrics, by its name."""
    _known: dict[str, _Child] = field(default_factory=dict, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)
    _ending: bool = field(default=False, init=False)

    def start(self, names: Iterable[str]) -> None:
        """Start them, in this order, and wait for none."""
        with self._lock:
            for name in names:
                self._known[name] = _Child(name)
                self._launch(self._known[name])

    def pids(self) -> dict[str, int]:
        """By name, of those that run."""
        # Each is read once: whoever looks after them may just be starting it again.
        started = {name: child.process for name, child in list(self._known.items())}
        return {
            name: process.pid
            for name, process in started.items()
            if process is not None and process.exit_code is None
        }

    def wait_ready(self) -> None:
        """Until each has said that it is ready; raises `NotUp` when one has ended or does not say it."""
        deadline = time.monotonic() + READY_SECONDS
        for child in self._known.values():
            if child.name in _UNAWAITED:
                continue
            while not self._ready_file(child.name).exists():
                process = child.process
                if process is not None and process.exit_code is not None:
                    raise NotUp(
                        f"{child.name} ended with exit code {process.exit_code}. {process.log_tail()}"
                    )
                if time.monotonic() > deadline:
                    tail = "" if process is None else process.log_tail()
                    raise NotUp(f"{child.name} was not ready in {READY_SECONDS:.0f} seconds. {tail}")
                time.sleep(0.05)

    def revive(self) -> bool:
        """Start again what has died and has rested; whether there was any."""
        with self._lock:
            revived = [self._revive(child) for child in self._known.values()]
        return any(revived)

    def stop(self) -> None:
        """Ask all to end and wait for it; afterwards none is started again."""
        with self._lock:
            self._ending = True
            processes = [child.process for child in self._known.values() if child.process is not None]
        stop_together(processes)

    def _revive(self, child: _Child) -> bool:
        now = time.monotonic()
        if child.process is not None and child.process.exit_code is not None:
            code = child.process.wait()
            child.process = None
            calm = now - child.started > _CALM_SECONDS
            child.deaths += 1
            rest = 0.0 if calm else REST_SECONDS[min(child.deaths - 1, len(REST_SECONDS) - 1)]
            child.rest_until = now + rest
            log.warning("%s ended with exit code %d; starting it again", child.name, code)
        if child.process is None and now >= child.rest_until and not self._ending:
            self._launch(child)
            return True
        return False

    def _launch(self, child: _Child) -> None:
        kind, _, number = child.name.partition("-")
        ready = self._ready_file(child.name)
        ready.unlink(missing_ok=True)
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        told = {
            PREFIX + "READY_FILE": str(ready),
            PREFIX + "INSTANCE": f"up-{number or 1}",
            "PYTHONPATH": str(_ROOT),
        }
        if child.name in self.metrics_ports:
            variable = "CANARY_METRICS_PORT" if kind == "canary" else "METRICS_PORT"
            told[PREFIX + variable] = str(self.metrics_ports[child.name])
        child.process = Process(
            ProcessPlan(
                argv=[
                    *yielding(_YIELDING.get(kind, 0)),
                    sys.executable,
                    "-m",
                    "frafaldsvarsel",
                    kind,
                    *_ARGUMENTS.get(kind, ()),
                ],
                log=self.data / "logs" / f"{child.name}.log",
                env={**inherited, **self.environment(kind), **told},
                grace_seconds=self.grace_seconds,
            )
        )
        child.started = time.monotonic()

    def _ready_file(self, name: str) -> Path:
        return self.data / f"{name}.ready"


def stop_together(stoppable: Sequence[Process | Server]) -> None:
    """Stop each in a thread of its own; the slowest decides how long it takes."""
    with ThreadPoolExecutor() as pool:
        for stopping in [pool.submit(one.stop) for one in stoppable]:
            stopping.result()
