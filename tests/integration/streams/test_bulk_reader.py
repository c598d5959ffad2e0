"""The reader of match's state on a real broker: it reads what aiokafka reads, and says that a broker is away."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from config.kafka import KafkaSettings
from infra import bulk_reader
from infra.bulk_reader import BulkReader
from infra.kafka_record import KafkaRecord
from infra.partition_reader import PartitionReader
from local.servers.kafka import Broker
from tests.fixtures.servers import running_broker

GROUP: Final = "bulk"
QUIET: Final = {"log_level": 0}


@pytest.fixture
async def reader(kafka: KafkaSettings) -> AsyncIterator[BulkReader]:
    made = BulkReader(kafka, GROUP)
    yield made
    await made.stop()


@pytest.fixture
def topic(kafka: KafkaSettings, unique: Callable[[str], str]) -> str:
    """With two partitions."""
    name = unique("bulk")
    make_topic(kafka, name)
    return name


def make_topic(kafka: KafkaSettings, name: str) -> None:
    admin = AdminClient(kafka.librdkafka() | QUIET)
    admin.create_topics([NewTopic(name, 2, 1)])[name].result(20)


def write(
    kafka: KafkaSettings, topic: str, partition: int, values: Sequence[bytes | None], **more: str
) -> None:
    producer = Producer(kafka.librdkafka() | QUIET | more)
    if more:
        producer.init_transactions(20)
        producer.begin_transaction()
    for number, value in enumerate(values):
        headers: list[tuple[str, str | bytes | None]] = [("applied", b"%d" % number), ("none", None)]
        producer.produce(topic, value, b"key %d" % number, partition, headers=headers)
    assert producer.flush(20) == 0
    if more:
        producer.abort_transaction(20)


async def all_of(
    reader: BulkReader | PartitionReader, topic: str, partition: int, start: int | None = None
) -> list[KafkaRecord]:
    first, end = await reader.bounds(topic, partition)
    found = reader.read(topic, partition, first if start is None else start, end)
    return [record._replace(headers=tuple(record.headers)) async for records in found for record in records]


async def test_it_reads_what_the_other_reader_reads(
    kafka: KafkaSettings, topic: str, reader: BulkReader
) -> None:
    """Also beside a transaction that was not finished, whose marker is an offset without a record at the end."""
    write(kafka, topic, 0, [b"v" * 700] * 3000 + [None, b""])
    write(kafka, topic, 0, [b"aborted"] * 3, **{"transactional.id": topic})
    write(kafka, topic, 1, [b"elsewhere"])
    async with PartitionReader(kafka) as other:
        expected = await all_of(other, topic, 0)
    assert len(expected) == 3005
    assert (await reader.bounds(topic, 0))[1] == 3006
    assert await all_of(reader, topic, 0) == expected
    assert await all_of(reader, topic, 0, 2999) == expected[2999:]
    assert await all_of(reader, topic, 0, 3006) == []
    assert [record.value for record in await all_of(reader, topic, 1)] == [b"elsewhere"]


async def test_a_read_ends_where_it_was_told_to(kafka: KafkaSettings, topic: str, reader: BulkReader) -> None:
    """What comes later is left for the next read, which begins there."""
    write(kafka, topic, 0, [b"first"] * 700)
    read = [record.offset async for records in reader.read(topic, 0, 10, 20) for record in records]
    assert read == list(range(10, 20))
    write(kafka, topic, 0, [b"later"])
    assert [record.value for record in await all_of(reader, topic, 0, 700)] == [b"later"]


async def test_the_loop_goes_on_meanwhile(kafka: KafkaSettings, topic: str, reader: BulkReader) -> None:
    write(kafka, topic, 0, [b"v" * 700] * 20_000)
    turns, reading = 0, asyncio.create_task(all_of(reader, topic, 0))
    while not reading.done():
        await asyncio.sleep(0)
        turns += 1
    assert len(await reading) == 20_000
    assert turns > 20_000 / bulk_reader._RECORDS


async def test_an_offset_that_is_gone_is_a_fault(
    kafka: KafkaSettings, topic: str, reader: BulkReader
) -> None:
    """To begin somewhere else would be to leave people out."""
    write(kafka, topic, 0, [b"one"])
    with pytest.raises(ConnectionError, match="cannot be read"):
        await asyncio.wait_for(anext(reader.read(topic, 0, 50, 60)), 60)


@pytest.fixture
def other_broker(jars: Path, tmp_path: Path) -> Iterator[Broker]:
    with running_broker(tmp_path / "kafka", jars) as made:
        yield made


async def test_a_broker_that_goes_away_is_waited_for_and_not_for_ever(
    other_broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_reader, "_WAIT_SECONDS", 3)
    kafka = KafkaSettings(bootstrap_servers=other_broker.bootstrap)
    make_topic(kafka, "state")
    write(kafka, "state", 0, [b"one"])
    reader = BulkReader(kafka, GROUP)
    try:
        assert len(await all_of(reader, "state", 0)) == 1
        other_broker.stop()
        with pytest.raises((TimeoutError, ConnectionError)):
            await reader.bounds("state", 0)
        with pytest.raises(TimeoutError):
            await anext(reader.read("state", 0, 0, 1))
        other_broker.start()
        other_broker.wait_ready()
        monkeypatch.setattr(bulk_reader, "_WAIT_SECONDS", 60)
        assert len(await all_of(reader, "state", 0)) == 1
    finally:
        await reader.stop()
