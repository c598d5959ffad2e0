"""Compaction on a real broker: what a tombstone names leaves the raw segments, and nothing else does."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Final

import pytest
from aiokafka import AIOKafkaProducer
from confluent_kafka import Producer
from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourceType,
)
from confluent_kafka.cimpl import NewTopic

from config.kafka import KafkaSettings
from config.topics import OWN_KEYS, Topic
from infra import topic_admin, topic_compaction
from infra.partition_reader import PartitionReader
from infra.topic_admin import Replication
from local.servers.kafka import Broker
from streams.batch_producer import BatchProducer, partition_of
from streams.processors import add_person_event, key_of_event
from tests.factories import enrolment, uuid

ONE: Final = Replication(factor=1, min_insync=1)
QUICK: Final = {
    "segment.ms": "100",
    "min.compaction.lag.ms": "0",
    "max.compaction.lag.ms": "100",
    "min.cleanable.dirty.ratio": "0.0",
    "delete.retention.ms": "0",
    "file.delete.delay.ms": "0",
}
ERASED, NEIGHBOUR = "erasederasederasederased01", "neighbourneighbourneighb01"
EVENTS: Final = 30


@pytest.fixture(scope="module")
def broker(jars: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """One whose cleaner does not rest."""
    made = Broker(
        tmp_path_factory.mktemp("compaction"),
        jars,
        settings={"log.cleaner.backoff.ms": "100", "log.retention.check.interval.ms": "200"},
    )
    made.start()
    try:
        made.wait_ready()
        yield made
    finally:
        made.stop()


@pytest.fixture
def kafka(broker: Broker) -> KafkaSettings:
    return KafkaSettings(bootstrap_servers=broker.bootstrap)


def configure(kafka: KafkaSettings, topic: str, values: dict[str, str]) -> None:
    """Set a topic's own values."""
    entries = [
        ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
        for name, value in values.items()
    ]
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=entries)
    admin = AdminClient(kafka.librdkafka())
    for future in admin.incremental_alter_configs([resource]).values():
        future.result(20)


def policy(kafka: KafkaSettings, topic: str) -> str:
    """How the brokers keep it."""
    admin = AdminClient(kafka.librdkafka())
    asked = admin.describe_configs([ConfigResource(ResourceType.TOPIC, str(topic))])
    return str(next(iter(asked.values())).result(20)["cleanup.policy"].value)


async def write(kafka: KafkaSettings, put: Callable[[BatchProducer], None]) -> None:
    """As the service writes."""
    producer = AIOKafkaProducer(**kafka.producer())
    await producer.start()
    try:
        output = BatchProducer(producer)
        put(output)
        await output.flush()
    finally:
        await producer.stop()


async def keys_of(kafka: KafkaSettings, topic: str, part: int, person: str) -> list[bytes]:
    """Of each record that names the person."""
    async with PartitionReader(kafka) as reader:
        first, end = await reader.bounds(topic, part)
        return [
            record.key or b""
            async for records in reader.read(topic, part, first, end)
            for record in records
            if person.encode() in (record.value or b"")
        ]


def in_segments(broker: Broker, topic: str, person: str) -> int:
    """How often the person's pseudonym stands in the raw files of a topic."""
    files = (broker.data / "log").glob(f"{topic}-*/*.log*")
    return sum(file.read_bytes().count(person.encode()) for file in files)


def make_as_before(kafka: KafkaSettings, topics: Sequence[str]) -> None:
    """The topics as an earlier version has made them."""
    admin = AdminClient(kafka.librdkafka())
    new = [NewTopic(name, num_partitions=8, replication_factor=1) for name in topics]
    for future in admin.create_topics(new).values():
        future.result(20)


def test_compaction_is_never_turned_on_where_a_record_has_an_old_key(kafka: KafkaSettings) -> None:
    """One record is enough, on whatever partition; it is named, and the service works on such a topic."""
    make_as_before(kafka, sorted(OWN_KEYS))
    event = enrolment(person_id=NEIGHBOUR)
    asyncio.run(write(kafka, lambda output: add_person_event(event, output)))
    old = event.person_id.encode()
    asyncio.run(write(kafka, lambda output: output.add(Topic.PERSON_EVENTS, 6, old, b"{}")))
    steps = {step.topic: step for step in topic_compaction.turn_on(kafka)}
    assert {name: step.turned_on for name, step in steps.items()} == {
        Topic.PERSON_EVENTS: False,
        Topic.DECISIONS: True,
    }
    assert "person-events/6@0" in steps[Topic.PERSON_EVENTS].sentence
    assert (policy(kafka, Topic.PERSON_EVENTS), policy(kafka, Topic.DECISIONS)) == ("delete", "compact")
    topic_admin.apply(kafka, ONE)
    found = [one for one in topic_admin.check(kafka, ONE) if "compacted" in one.sentence]
    assert [(Topic.PERSON_EVENTS in one.sentence, one.fatal) for one in found] == [(True, False)]
    # What is compacted by now is not looked at again.
    assert [step.topic for step in topic_compaction.turn_on(kafka)] == [Topic.PERSON_EVENTS]


def test_tombstoned_records_are_gone_from_the_raw_segments_and_a_neighbours_stay(
    kafka: KafkaSettings, broker: Broker
) -> None:
    """Also those of the same partition, and both copies of what was written twice."""
    topic_admin.apply(kafka, ONE)
    topic = str(Topic.DECISIONS)
    configure(kafka, topic, {"cleanup.policy": "compact"} | QUICK)
    part = partition_of(ERASED, 8)
    about = {
        person: [enrolment(person_id=person, event_id=uuid(f"{person}{number}")) for number in range(EVENTS)]
        for person in (ERASED, NEIGHBOUR)
    }

    def put(output: BatchProducer) -> None:
        for one in chain.from_iterable(zip(*about.values(), strict=True)):
            # Twice, as after a crash.
            for _ in range(2):
                output.add(topic, part, key_of_event(one), one.model_dump_json().encode())

    asyncio.run(write(kafka, put))
    keys = asyncio.run(keys_of(kafka, topic, part, ERASED))
    assert len(keys) == 2 * EVENTS
    before = in_segments(broker, topic, NEIGHBOUR)
    producer = Producer(kafka.librdkafka() | {"log_level": 0})
    for key in keys:
        producer.produce(topic, None, key, part)
    assert producer.flush(20) == 0
    deadline = time.monotonic() + 60
    while in_segments(broker, topic, ERASED) and time.monotonic() < deadline:
        # The segment that is being written is never compacted.
        producer.produce(topic, b"{}", b"roll", part)
        producer.flush(20)
        time.sleep(0.3)
    assert in_segments(broker, topic, ERASED) == 0
    assert in_segments(broker, topic, NEIGHBOUR) == before
    assert len(asyncio.run(keys_of(kafka, topic, part, NEIGHBOUR))) == 2 * EVENTS
