"""`frafaldsvarsel lag` as operators run it: a worker that stands still is seen, and how long it has stood."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from config.kafka import KafkaSettings
from config.settings import PREFIX
from local.servers.ports import remembered_ports
from local.servers.process import Process, ProcessPlan
from models.events.event_types import InputTopic
from ops.audit.consumer_groups import WORKER
from tests.paths import ROOT
from tests.scrape import scraped

PLACE = f'group="{WORKER}",partition="0",topic="{InputTopic.DROPOUT_RISKS}"'


def environment(kafka: KafkaSettings, **more: str) -> dict[str, str]:
    values = {
        "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
        "REPLICATION_FACTOR": "1",
        "MIN_INSYNC_REPLICAS": "1",
        **more,
    }
    return {PREFIX + name: value for name, value in values.items()} | {"PYTHONPATH": str(ROOT)}


class Scraped:
    """The process and its metrics."""

    def __init__(self, kafka: KafkaSettings, folder: Path) -> None:
        self.port = remembered_ports(folder / "ports", ["metrics"])["metrics"]
        self.process = Process(
            ProcessPlan(
                argv=[sys.executable, "-m", "frafaldsvarsel", "lag"],
                log=folder / "log",
                env=environment(kafka, LAG_SECONDS="1", METRICS_PORT=str(self.port)),
                grace_seconds=5,
            )
        )

    def metrics(self) -> dict[str, float]:
        """As `tests.scrape.scraped`."""
        return scraped(self.port)

    async def until(self, told: Callable[[dict[str, float]], bool]) -> dict[str, float]:
        """Scrape until it says so."""
        end = time.monotonic() + 90
        while True:
            found = await asyncio.to_thread(self.metrics)
            if told(found):
                return found
            self.process.check_running("The lag")
            assert time.monotonic() < end, (found, self.process.log_tail())
            await asyncio.sleep(0.2)


@pytest.fixture
def lag(kafka: KafkaSettings, tmp_path: Path) -> Iterator[Scraped]:
    made = Scraped(kafka, tmp_path)
    yield made
    made.process.stop()


def status(which: str) -> str:
    place = PLACE.replace(",topic", f',status="{which}",topic')
    return f"frafaldsvarsel_consumer_status{{{place}}}"


def asked(told: dict[str, str], *options: str) -> subprocess.CompletedProcess[str]:
    """`lag --once`."""
    return subprocess.run(
        [sys.executable, "-m", "frafaldsvarsel", "lag", "--once", *options],
        env=told,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


async def test_a_worker_that_stands_still_and_one_that_is_gone(kafka: KafkaSettings, lag: Scraped) -> None:
    """It reads one record, stands with the next before it, and leaves."""
    producer = AIOKafkaProducer(**kafka.producer())
    await producer.start()
    worker: Any = AIOKafkaConsumer(
        InputTopic.DROPOUT_RISKS,
        **kafka.aiokafka(),
        group_id=WORKER,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    await worker.start()
    lag_seconds = f"kafka_consumergroup_group_lag_seconds{{{PLACE}}}"
    try:
        await producer.send_and_wait(InputTopic.DROPOUT_RISKS, b"one", partition=0)
        await worker.getone()
        await worker.commit()
        found = await lag.until(lambda found: found.get(status("ok")) == 1)
        assert found[lag_seconds] == 0
        assert found["frafaldsvarsel_duty_lag_seconds"] == 0
        sent = await producer.send_and_wait(InputTopic.DROPOUT_RISKS, b"two", partition=0)
        found = await lag.until(lambda found: found.get(status("stalled")) == 1)
        found = await asyncio.to_thread(lag.metrics)
        true = datetime.now(UTC).timestamp() - sent.timestamp / 1000
        assert abs(found[lag_seconds] - true) < 1
        assert abs(found["frafaldsvarsel_duty_lag_seconds"] - true) < 1
        assert found[f'kafka_consumergroup_members{{group="{WORKER}"}}'] == 1
    finally:
        await worker.stop()
        await producer.stop()
    found = await lag.until(lambda found: found.get(status("stopped")) == 1)
    assert found[f'kafka_consumergroup_group_state{{group="{WORKER}",state="Empty"}}'] == 1
    told = await asyncio.to_thread(asked, environment(kafka), "--json")
    assert told.returncode == 0
    answer = json.loads(told.stdout)
    [risks] = [one for one in answer["topics"] if one["topic"] == InputTopic.DROPOUT_RISKS]
    assert risks["records"] == 1
    assert answer["duty_lag_seconds"] >= risks["seconds"] - 1
    assert answer["groups"][WORKER] == "Empty"


def test_without_kafka_it_says_so_and_ends_with_two() -> None:
    told = asked(environment(KafkaSettings(bootstrap_servers="127.0.0.1:9")))
    assert told.returncode == 2
    assert "does not answer" in told.stderr
