"""Publishing to a real broker: every record acknowledged, in order; and a sentence when there is none."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiokafka import AIOKafkaConsumer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from config.kafka import KafkaSettings
from config.senders import base_senders
from crypto.sealed_cpr import Belongs, open_sealed
from crypto.signature import signing_input, verify
from local.servers.kafka import Broker
from models.events.cloudevent import read
from models.events.sender import SenderKind
from publisher.events import Binding, LineFault, Outgoing, PlainEvent, Ready, line_fault
from publisher.key_files import ensure_keys
from publisher.keys import KeyFolder
from publisher.prepare import prepare
from publisher.publish import NotPublished, PublishProgress, publish
from tests.keys import stored_keys
from tests.reference import SHIPPED

CPR = "3112081234"
CLOSED_PORT = "127.0.0.1:1"


@pytest.fixture
def topic(broker: Broker, unique: Callable[[str], str]) -> str:
    return make_topic(broker, unique("risks"))


def make_topic(broker: Broker, name: str) -> str:
    admin = AdminClient({"bootstrap.servers": broker.bootstrap, "log_level": 0})
    admin.create_topics([NewTopic(name, num_partitions=3, replication_factor=1)])[name].result(30)
    return name


@pytest.fixture
def own_broker(jars: Path, tmp_path: Path) -> Iterator[Broker]:
    """A broker that the test may kill."""
    broker = Broker(tmp_path / "kafka", jars)
    broker.start()
    broker.wait_ready()
    yield broker
    broker.kill()


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    ensure_keys(
        folder, [sender for sender in base_senders(SHIPPED) if sender.kind is SenderKind.INSTITUTION][-2:]
    )
    return folder


def numbers(data: Path) -> list[str]:
    return sorted(file.stem for file in (data / "senders").glob("*.json"))


def risk(number: str, place: int) -> PlainEvent:
    return PlainEvent(
        type="dk.frafaldsvarsel.dropout-risk.raised.v1",
        id=f"00000000-0000-4000-a000-{place:012d}",
        sender=number,
        source="urn:oio:cvr-nr:12345678",
        time="2026-09-02T02:15:00+02:00",
        data={"cpr": CPR, "institution_number": number, "severity": "low"},
    )


def records(data: Path, topic: str, many: int) -> Iterator[Outgoing]:
    """`many` records of two institutions in turn, in both bindings."""
    keys = KeyFolder(data / "keys")
    for place in range(many):
        number = numbers(data)[place % 2]
        ready = prepare(
            risk(number, place),
            signing_key=keys.signing_key(number),
            service_key=keys.service_key(),
            binding=list(Binding)[place // 2 % 2],
            topic=topic,
        )
        yield Outgoing(place + 1, ready)


@asynccontextmanager
async def consumer(broker: Broker, topic: str) -> AsyncIterator[Any]:
    reader = AIOKafkaConsumer(
        topic, bootstrap_servers=broker.bootstrap, auto_offset_reset="earliest", enable_auto_commit=False
    )
    await reader.start()
    try:
        yield reader
    finally:
        await reader.stop()


async def test_what_is_published_arrives_in_order_and_verifies_and_opens(
    broker: Broker, topic: str, data: Path
) -> None:
    seen: list[PublishProgress] = []
    kafka = KafkaSettings(bootstrap_servers=broker.bootstrap)
    result = await publish(records(data, topic, 600), kafka=kafka, on_progress=seen.append)
    assert (result.read, result.acknowledged, result.faulty, result.complete) == (600, 600, 0, True)
    assert seen[-1] == PublishProgress(600, 600, 0)
    ring = stored_keys(data)
    keys = KeyFolder(data / "keys")
    ids: dict[bytes, list[str]] = {}
    async with consumer(broker, topic) as reader:
        for _ in range(600):
            record = await reader.getone()
            envelope = read(record.value, record.headers)
            sender = envelope.attributes["sender"]
            assert record.key == sender.encode()
            content = signing_input(envelope.attributes, envelope.data, topic)
            verify(envelope.signature or "", content, keys.signing_key(sender))
            belongs = Belongs(sender, envelope.attributes["id"])
            inside = open_sealed(envelope.data["sealed"], ring.opening_keys, belongs)
            assert orjson.loads(inside) == {"cpr": CPR}
            ids.setdefault(record.key, []).append(envelope.attributes["id"])
    assert len(ids) == 2
    assert all(order == sorted(order) for order in ids.values())


async def test_faults_are_told_and_the_other_lines_are_sent(broker: Broker, topic: str, data: Path) -> None:
    good = list(records(data, topic, 2))
    too_large = Ready(topic, b"900101", b"x" * 3 * 1024 * 1024, ())
    far_too_large = Ready(topic, b"900101", b"x" * 9 * 1024 * 1024, ())
    tombstone = Ready(topic, b"900101", None, ())
    lines: list[Outgoing | LineFault] = [
        good[0],
        line_fault(2, "it is not JSON."),
        line_fault(3, "id is missing."),
        line_fault(3, "time is missing."),
        Outgoing(4, too_large),
        Outgoing(5, far_too_large),
        Outgoing(6, tombstone),
        Outgoing(7, good[1].ready),
    ]
    told: list[LineFault] = []
    kafka = KafkaSettings(bootstrap_servers=broker.bootstrap)
    result = await publish(lines, kafka=kafka, on_fault=told.append)
    assert (result.read, result.acknowledged, result.faulty, result.complete) == (7, 3, 4, False)
    assert told == result.faults
    assert {line.sentence for line in told} == {
        "Line 2: it is not JSON.",
        "Line 3: id is missing.",
        "Line 3: time is missing.",
        "Line 4: the brokers did not take it: MessageSizeTooLargeError.",
        "Line 5: it was not sent: MessageSizeTooLargeError.",
    }


async def test_a_missing_topic_is_a_sentence(
    broker: Broker, data: Path, unique: Callable[[str], str]
) -> None:
    name = unique("missing")
    kafka = KafkaSettings(bootstrap_servers=broker.bootstrap)
    with pytest.raises(NotPublished, match=f"^Kafka has no topic {name}, or this client may not write to it"):
        await publish(records(data, name, 1), kafka=kafka, patience=timedelta(seconds=1))


async def test_a_missing_broker_is_a_sentence(data: Path) -> None:
    kafka = KafkaSettings(bootstrap_servers=CLOSED_PORT)
    with pytest.raises(NotPublished, match=f"^Kafka does not answer at {CLOSED_PORT}"):
        await publish(records(data, "any", 1), kafka=kafka, patience=timedelta(seconds=3))


async def test_a_broker_that_falls_silent_ends_in_faults_and_not_in_waiting(
    own_broker: Broker, data: Path, unique: Callable[[str], str]
) -> None:
    name = make_topic(own_broker, unique("risks"))
    kafka = KafkaSettings(bootstrap_servers=own_broker.bootstrap)

    def records_until_the_end() -> Iterator[Outgoing]:
        for record in records(data, name, 1200):
            if record.number == 1000:
                own_broker.kill()
            yield record

    result = await publish(records_until_the_end(), kafka=kafka, patience=timedelta(seconds=2))
    assert result.gave_up
    assert not result.complete
    assert 0 < result.acknowledged < 1200
    assert result.acknowledged + result.faulty == result.read
    assert result.faults[0].sentence.endswith(
        "no broker acknowledged it in time; it may have been taken. Publish it again."
    )
