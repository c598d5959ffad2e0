"""`frafaldsvarsel status` on a real broker and a real database."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from prometheus_client import CollectorRegistry, Gauge
from typer.testing import CliRunner, Result

from config.kafka import KafkaSettings
from config.sections.servers import DatabaseAddress
from config.settings import PREFIX
from config.told_sections import ToldSections
from doctor.status.answer import status_answer
from doctor.status.look import StatusReader
from frafaldsvarsel.commands import commands
from infra import topic_admin
from infra.health import Health
from infra.topic_admin import Replication
from infra.watch_server import WatchServer
from models.events.event_types import InputTopic
from models.service_status import StatusAnswer
from ops.audit.consumer_groups import WORKER
from ops.audit.metrics import ROUND_AT, UNACCOUNTED
from tests.fixtures.servers import running_broker

RISKS = str(InputTopic.DROPOUT_RISKS)


@pytest.fixture(scope="module")
def kafka(jars: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaSettings]:
    """A broker of its own: the groups have fixed names."""
    with running_broker(tmp_path_factory.mktemp("status-kafka"), jars) as broker:
        settings = KafkaSettings(bootstrap_servers=broker.bootstrap)
        topic_admin.apply(settings, Replication(factor=1, min_insync=1))
        yield settings


@pytest.fixture
def url(ledger_url: str) -> str:
    """With its tables."""
    return ledger_url


def ask(kafka: str, url: str, *options: str) -> Result:
    told = {"KAFKA_BOOTSTRAP_SERVERS": kafka, "DATABASE_URL": url}
    environment = {PREFIX + name: value for name, value in told.items()} | {"COLUMNS": "80"}
    return CliRunner().invoke(commands("status"), ["status", "--once", *options], env=environment)


async def send(kafka: KafkaSettings, number: int, *, finished: int) -> None:
    """So many records come in, and the worker has finished all before `finished`."""
    producer = AIOKafkaProducer(**kafka.producer())
    await producer.start()
    try:
        for _ in range(number):
            await producer.send_and_wait(RISKS, b"one", partition=0)
    finally:
        await producer.stop()
    consumer: Any = AIOKafkaConsumer(**kafka.aiokafka(), group_id=WORKER, enable_auto_commit=False)
    await consumer.start()
    try:
        consumer.assign([TopicPartition(RISKS, 0)])
        await consumer.commit({TopicPartition(RISKS, 0): finished})
    finally:
        await consumer.stop()


def test_two_looks_say_what_comes_in_what_is_done_and_what_waits(kafka: KafkaSettings, url: str) -> None:
    sections = ToldSections([kafka, DatabaseAddress.model_validate({"DATABASE_URL": url})])
    reader = StatusReader(told=sections, audit_metrics=None)
    asyncio.run(send(kafka, 2, finished=1))
    before = reader.look()
    asyncio.run(send(kafka, 6, finished=3))
    now = reader.look()
    answer: StatusAnswer = status_answer(before, now)
    assert before.sample is not None
    assert now.sample is not None
    seconds = (now.sample.taken_at - before.sample.taken_at).total_seconds()
    senders, intake, *_ = answer.flow
    assert now.away == {}
    assert senders.per_second == pytest.approx(6 / seconds, abs=0.01)
    assert intake.per_second == pytest.approx(2 / seconds, abs=0.01)
    assert (intake.waiting, intake.members) == (5, 0)
    assert answer.promises.duty_lag_seconds is not None
    assert 0 < answer.promises.duty_lag_seconds < seconds + 60
    assert answer.people.quarantine == {}


def test_what_the_auditor_last_said_stands_with_the_promises(kafka: KafkaSettings, url: str) -> None:
    registry = CollectorRegistry()
    Gauge(ROUND_AT.name, "-", registry=registry).set(1_770_000_000)
    Gauge(UNACCOUNTED.name, "-", ["hop"], registry=registry).labels("receipts").set(4)
    served = WatchServer(0, registry, Health())
    try:
        where = f"http://127.0.0.1:{served.port}"
        told = ask(kafka.bootstrap_servers, url, "--json", "--audit-metrics", f"{where}/metrics")
        other = ask(kafka.bootstrap_servers, url, "--json", "--audit-metrics", f"{where}/livez")
    finally:
        served.stop()
    assert json.loads(told.stdout)["promises"]["unaccounted"] == 4
    assert json.loads(other.stdout)["promises"]["unaccounted"] is None
    assert "audit" in json.loads(other.stdout)["away"]


def test_one_that_is_away_does_not_hide_the_other(kafka: KafkaSettings, url: str) -> None:
    away = "postgresql://somebody:geheim@127.0.0.1:9/ledger"
    no_database = ask(kafka.bootstrap_servers, away)
    assert no_database.exit_code == 0
    assert "? postgresql  PostgreSQL does not answer." in no_database.stdout
    assert "geheim" not in no_database.output
    no_kafka = ask("127.0.0.1:9", url, "--json")
    answer = json.loads(no_kafka.stdout)
    assert (no_kafka.exit_code, list(answer["away"])) == (0, ["kafka"])
    assert answer["promises"]["overdue_without_contact"] == 0
    assert ask("127.0.0.1:9", away).exit_code == 2
