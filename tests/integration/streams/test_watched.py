"""A worker on a real broker, as an operator and Prometheus see it; a broker that stands still kills nobody."""

import os
import signal
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.settings import PREFIX
from config.topics import PERSON_PARTITIONS
from local.servers.kafka import Broker
from local.servers.ports import remembered_ports
from publisher.events import Binding
from tests.fixtures.servers import running_broker
from tests.integration.streams.judge import assert_accounted
from tests.integration.streams.traffic import person_story
from tests.integration.streams.worker import Stage
from tests.scrape import scraped

pytestmark = pytest.mark.slow


class WatchedStage(Stage):
    """Its worker serves metrics."""

    port: int

    def environment(self, instance: int) -> dict[str, str]:
        """See `Stage`."""
        self.port = remembered_ports(self.data / "metrics.ports", ["worker"])["worker"]
        return super().environment(instance) | {PREFIX + "METRICS_PORT": str(self.port)}

    def asked(self, path: str) -> tuple[int, str]:
        """Status and sentence."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/{path}", timeout=5) as answer:
                return answer.status, answer.read().decode().strip()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode().strip()


@pytest.fixture
def broker(jars: Path, tmp_path: Path) -> Iterator[Broker]:
    with running_broker(tmp_path / "kafka", jars) as made:
        yield made


@pytest.fixture
def stage(broker: Broker, tmp_path: Path) -> Iterator[WatchedStage]:
    made = WatchedStage(broker.bootstrap, tmp_path)
    yield made
    made.end()


def test_what_it_did_is_seen_and_an_outage_makes_it_unready_and_does_not_kill_it(
    broker: Broker, stage: WatchedStage
) -> None:
    story = [
        stage.ready(event, Binding.BINARY)
        for number in range(3)
        for event in person_story(number, stage.senders, "watched")
    ]
    stage.start()
    stage.until(lambda: stage.asked("readyz")[0] == 200, "not ready")
    assert stage.asked("startupz")[0] == 200
    stage.send(story)
    done = 'frafaldsvarsel_worker_records_total{outcome="accepted",reason="",step="intake"}'
    stage.until(lambda: scraped(stage.port).get(done) == len(story), "not counted")
    stage.until(lambda: scraped(stage.port)["frafaldsvarsel_worker_people"] == 3, "no people")
    stage.until(
        lambda: scraped(stage.port)["frafaldsvarsel_worker_commit_timestamp_seconds"] > 0, "no commit"
    )
    found = scraped(stage.port)
    assert found['frafaldsvarsel_worker_partitions{topic="person-events"}'] == PERSON_PARTITIONS
    assert found['frafaldsvarsel_worker_batch_seconds_count{step="intake"}'] >= 1
    assert sum(value for name, value in found.items() if "worker_decisions_total" in name) >= 3
    pid = broker.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        stage.until(lambda: stage.asked("readyz")[0] == 503, "still ready without a broker")
        assert stage.asked("readyz")[1] == "waiting for: the group's coordinator"
        assert stage.asked("livez") == (200, "ok")
    finally:
        os.kill(pid, signal.SIGCONT)
    stage.until(lambda: stage.asked("readyz")[0] == 200, "not ready again")
    stage.until_done()
    assert_accounted(stage)
