"""The auditor as the process that operators run: metrics over HTTP, and a heartbeat while nothing is wrong."""

import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.settings import PREFIX
from local.servers.ports import remembered_ports
from local.servers.process import Process, ProcessPlan
from tests.integration.ops.audit.test_auditor import tell_all
from tests.integration.ops.audit.world import World
from tests.paths import ROOT
from tests.scrape import scraped


class Watcher:
    """The process, its port and its files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.beat = folder / "beat"
        self.port = remembered_ports(folder / "ports", ["metrics"])["metrics"]
        self.process: Process | None = None

    def start(self, world: World) -> None:
        """`audit --watch 1`, with everything by the environment."""
        values = {
            "KAFKA_BOOTSTRAP_SERVERS": world.kafka.bootstrap_servers,
            "DATABASE_URL": world.url,
            "SENDERS_DIR": str(self.folder),
            "GRACE_SECONDS": "1",
            "AUDIT_FILE": str(self.folder / "notes"),
            "HEARTBEAT_FILE": str(self.beat),
            "METRICS_PORT": str(self.port),
        }
        self.process = Process(
            ProcessPlan(
                argv=[sys.executable, "-m", "frafaldsvarsel", "audit", "--watch", "1"],
                log=self.folder / "log",
                env={PREFIX + name: value for name, value in values.items()} | {"PYTHONPATH": str(ROOT)},
                grace_seconds=5,
            )
        )

    def metrics(self) -> dict[str, float]:
        """As `tests.scrape.scraped`."""
        return scraped(self.port)

    def ask(self, path: str) -> int:
        """The status of an answer about the process's health."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/{path}", timeout=5) as answer:
            return int(answer.status)

    def until(self, name: str, wanted: float) -> None:
        """Wait until a metric is at least that."""
        end = time.monotonic() + 60
        while self.metrics().get(name, -1) < wanted:
            assert self.process is not None
            self.process.check_running("The audit")
            assert time.monotonic() < end, self.process.log_tail()
            time.sleep(0.2)


@pytest.fixture
def watcher(tmp_path: Path) -> Iterator[Watcher]:
    made = Watcher(tmp_path)
    yield made
    if made.process is not None:
        made.process.stop()


async def test_the_process_serves_its_metrics_and_beats_while_all_holds(
    world: World, watcher: Watcher
) -> None:
    await tell_all(world, "a")
    watcher.start(world)
    watcher.until("frafaldsvarsel_audit_rounds_total", 2)
    assert watcher.beat.exists()
    assert watcher.ask("livez") == 200
    assert watcher.ask("readyz") == 200
    found = watcher.metrics()
    assert found['frafaldsvarsel_audit_part{hop="receipts",part="accepted"}'] == 4
    assert found['frafaldsvarsel_audit_unaccounted{hop="receipts"}'] == 0
    assert found["frafaldsvarsel_healings_given_up"] == 0
    world.input("benefits", 1)
    world.pass_all()
    watcher.until('frafaldsvarsel_audit_unaccounted{hop="receipts"}', 1)
    assert watcher.metrics()['frafaldsvarsel_audit_exceptions{hop="receipts",what="no receipt"}'] == 1
    last = watcher.beat.stat().st_mtime_ns
    rounds = watcher.metrics()["frafaldsvarsel_audit_rounds_total"]
    watcher.until("frafaldsvarsel_audit_rounds_total", rounds + 2)
    assert watcher.beat.stat().st_mtime_ns == last, "a heartbeat while something is unaccounted for"
    assert not [name for name in watcher.metrics() if "person a" in name]
