"""The lag of a real broker, held against what another client reads of it."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from config.kafka import KafkaSettings
from config.topics import BY_NAME, Topic
from models.events.event_types import InputTopic
from ops.audit.consumer_groups import LEDGER, READS, WORKER
from ops.lag.group_states import group_states
from ops.lag.log_reader import LagReader, LagUnknown
from ops.lag.retention import RetentionReader
from ops.lag.sample import PartitionLag
from tests.factories import risk

RISKS: Final = str(InputTopic.DROPOUT_RISKS)


@pytest.fixture
def reader(kafka: KafkaSettings) -> Iterator[LagReader]:
    made = LagReader(kafka, READS)
    yield made
    made.close()


@pytest.fixture
async def producer(kafka: KafkaSettings) -> AsyncIterator[Any]:
    made = AIOKafkaProducer(**kafka.producer())
    await made.start()
    yield made
    await made.stop()


async def commit(kafka: KafkaSettings, group: str, topic: str, partition: int, offset: int) -> None:
    """As a worker that has finished everything before `offset`."""
    consumer = AIOKafkaConsumer(**kafka.aiokafka(), group_id=group, enable_auto_commit=False)
    place = TopicPartition(topic, partition)
    await consumer.start()
    try:
        consumer.assign([place])
        await consumer.commit({place: offset})
    finally:
        await consumer.stop()


def of(found: list[PartitionLag], topic: str, partition: int, group: str = WORKER) -> PartitionLag:
    [one] = [one for one in found if (one.group, one.topic, one.partition) == (group, topic, partition)]
    return one


async def test_every_partition_is_as_another_client_reads_it(
    kafka: KafkaSettings, reader: LagReader, producer: Any
) -> None:
    """Committed offset, both ends, and the append time of the first record that waits."""
    for number in range(5):
        await producer.send_and_wait(RISKS, f"r{number}".encode(), partition=2)
    await producer.send_and_wait(Topic.DECISIONS, b"{}", b"key", partition=7)
    await commit(kafka, WORKER, RISKS, 2, 3)
    await commit(kafka, LEDGER, Topic.DECISIONS, 7, 1)
    found = await asyncio.to_thread(reader.look)
    assert len(found) == sum(BY_NAME[topic].partitions for topics in READS.values() for topic in topics)
    for group, topics in READS.items():
        second = AIOKafkaConsumer(
            **kafka.aiokafka(), group_id=group, enable_auto_commit=False, auto_offset_reset="earliest"
        )
        await second.start()
        try:
            for topic in topics:
                for part in range(BY_NAME[topic].partitions):
                    place, one = TopicPartition(topic, part), of(found, topic, part, group)
                    second.assign([place])
                    assert one.group == group
                    assert one.committed == await second.committed(place)
                    assert one.end == (await second.end_offsets([place]))[place]
                    assert one.first == (await second.beginning_offsets([place]))[place]
                    if one.records == 0:
                        assert one.waiting is None
                        continue
                    second.seek(place, one.next_offset)
                    record = await second.getone()
                    assert one.waiting is not None
                    assert one.waiting.appended_at.timestamp() * 1000 == pytest.approx(record.timestamp)
        finally:
            await second.stop()
    waiting = of(found, RISKS, 2)
    assert (waiting.committed, waiting.records) == (3, 2)


async def test_the_age_is_true_within_a_second_and_is_read_once(
    kafka: KafkaSettings, reader: LagReader, producer: Any
) -> None:
    event = risk(at=datetime(2026, 8, 1, 9, 0, tzinfo=UTC))
    before = datetime.now(UTC)
    await producer.send_and_wait(Topic.PERSON_EVENTS, event.model_dump_json().encode(), b"key", partition=1)
    await asyncio.sleep(2)
    first = of(await asyncio.to_thread(reader.look), Topic.PERSON_EVENTS, 1)
    assert first.waiting is not None
    assert abs((first.waiting.appended_at - before).total_seconds()) < 1
    assert first.waiting.since == event.origin.appended_at
    again = of(await asyncio.to_thread(reader.look), Topic.PERSON_EVENTS, 1)
    assert again.waiting is first.waiting, "the same record is not read again"
    await commit(kafka, WORKER, Topic.PERSON_EVENTS, 1, 1)
    assert of(await asyncio.to_thread(reader.look), Topic.PERSON_EVENTS, 1).waiting is None


async def test_a_partition_is_read_anew_whenever_another_record_waits_there(
    kafka: KafkaSettings, reader: LagReader, producer: Any
) -> None:
    """Not the first time alone: librdkafka keeps a partition paused beyond its assignment."""
    for done in range(3):
        sent = await producer.send_and_wait(InputTopic.BENEFITS, b"one", partition=3)
        one = of(await asyncio.to_thread(reader.look), InputTopic.BENEFITS, 3)
        assert one.waiting is not None
        assert one.waiting.offset == sent.offset == done
        await commit(kafka, WORKER, InputTopic.BENEFITS, 3, done + 1)


async def test_a_group_is_described_with_its_members(kafka: KafkaSettings) -> None:
    consumer = AIOKafkaConsumer(Topic.REACTIONS, **kafka.aiokafka(), group_id="described")
    await consumer.start()
    try:
        states = await group_states(kafka, ["described", "never-seen"])
    finally:
        await consumer.stop()
    assert (states["described"].state, states["described"].members) == ("Stable", 1)
    assert states["never-seen"].members == 0
    assert (await group_states(kafka, ["described"]))["described"].state == "Empty"


async def test_a_look_at_every_partition_is_quick(reader: LagReader) -> None:
    """It must fit many times into its interval of ten seconds, on any machine."""
    await asyncio.to_thread(reader.look)
    began = time.monotonic()
    await asyncio.to_thread(reader.look)
    assert time.monotonic() - began < 5


async def test_without_kafka_the_lag_is_unknown_and_nothing_is_invented() -> None:
    away = KafkaSettings(bootstrap_servers="127.0.0.1:9")
    reader = LagReader(away, READS)
    try:
        with pytest.raises(LagUnknown, match="does not answer"):
            await asyncio.to_thread(reader.look)
        assert await group_states(away, READS) == {}
    finally:
        await asyncio.to_thread(reader.close)


async def test_retention_is_what_the_brokers_are_told_now(kafka: KafkaSettings, reader: LagReader) -> None:
    assert reader.kept()[RISKS] == timedelta(days=BY_NAME[RISKS].retention_days or 0)
    assert reader.kept()[str(Topic.PERSON_EVENTS)] is None
    admin = AIOKafkaAdminClient(**kafka.aiokafka())
    await admin.start()
    try:
        for days in (400, BY_NAME[RISKS].retention_days or 0):
            milliseconds = str(days * 86_400_000)
            await admin.alter_configs(
                [ConfigResource(ConfigResourceType.TOPIC, RISKS, configs={"retention.ms": milliseconds})]
            )
            end = time.monotonic() + 10
            while reader.kept()[RISKS] != timedelta(days=days):
                assert time.monotonic() < end
                await asyncio.sleep(0.1)
    finally:
        await admin.close()


async def test_where_the_brokers_do_not_say_it_the_table_stands() -> None:
    assert RetentionReader(KafkaSettings(bootstrap_servers="127.0.0.1:9")).look([RISKS]) == {}
