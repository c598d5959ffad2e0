"""Reader, output, people and progress on the real broker: what is acknowledged is there, and is read back."""

import time
from collections.abc import AsyncIterator, Callable

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.partitioner import DefaultPartitioner
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from config.kafka import KafkaSettings
from config.topics import PERSON_PARTITIONS, Topic
from infra.partition_reader import PartitionReader
from models.eligibility.person_record import PersonRecord
from streams.batch_producer import BatchProducer, partition_of
from streams.checkpoint import Checkpoint
from streams.person_store import PersonStore
from tests.factories import residence, risk

QUIET = {"log_level": 0}


@pytest.fixture
async def reader(kafka: KafkaSettings) -> AsyncIterator[PartitionReader]:
    """A reader that is connected."""
    reader = PartitionReader(kafka)
    await reader.start()
    yield reader
    await reader.stop()


@pytest.fixture
async def producer(kafka: KafkaSettings) -> AsyncIterator[AIOKafkaProducer]:
    """The worker's own producer."""
    producer = AIOKafkaProducer(**kafka.producer())
    await producer.start()
    yield producer
    await producer.stop()


@pytest.fixture
def topic(kafka: KafkaSettings, unique: Callable[[str], str]) -> str:
    """A topic of the test's own, with two partitions, stamped by the broker."""
    name = unique("state")
    config = {"message.timestamp.type": "LogAppendTime", "max.message.bytes": str(8 * 1024 * 1024)}
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap_servers, **QUIET})
    admin.create_topics([NewTopic(name, 2, 1, config=config)])[name].result(20)
    return name


async def offsets(reader: PartitionReader, topic: str, start: int, end: int) -> list[int]:
    """What is read."""
    return [record.offset async for records in reader.read(topic, 0, start, end) for record in records]


async def test_state_and_progress_survive_a_restart(
    reader: PartitionReader, producer: AIOKafkaProducer, unique: Callable[[str], str]
) -> None:
    """Written with a batch, read back by another process; a zombie's late record is found and written over."""
    person, step = unique("person"), unique("step")
    partition = partition_of(person, PERSON_PARTITIONS)
    output, people, progress = BatchProducer(producer), PersonStore(reader), Checkpoint(step, reader)
    record = PersonRecord(person_id=person, applied=9, events=(residence(), risk()))
    people.put(partition, record, output)
    progress.advance(Topic.PERSON_EVENTS, partition, 10, output)
    await output.flush()
    people.put(partition, PersonRecord(person_id=person, applied=3), output)
    await output.flush()
    again, further = PersonStore(reader), Checkpoint(step, reader)
    assert await again.load(partition) == [person.encode()]
    assert again.get(partition, person) == record
    again.write(partition, person.encode(), output)
    await output.flush()
    assert await PersonStore(reader).load(partition) == []
    await further.load()
    further.advance(Topic.PERSON_EVENTS, partition, 4, output)
    assert dict(output._waiting)[Topic.PROGRESS, 0][0][1] == b"10"


async def test_what_is_flushed_is_acknowledged_whole_and_in_order(
    reader: PartitionReader, producer: AIOKafkaProducer, topic: str
) -> None:
    """Many records are several batches, and one may be far larger than a batch."""
    output = BatchProducer(producer)
    sizes = [10, 300_000, 10, 3_000_000, *[2000] * 1000]
    for number, size in enumerate(sizes):
        output.add(topic, 0, None, b"%d " % number + b"x" * size, [("n", b"%d" % number)])
    await output.flush()
    assert await reader.bounds(topic, 0) == (0, len(sizes))
    read = [record async for records in reader.read(topic, 0, 0, len(sizes)) for record in records]
    assert [int(dict(record.headers)["n"] or b"") for record in read] == list(range(len(sizes)))
    assert [len(record.value or b"") - len(str(number)) - 1 for number, record in enumerate(read)] == sizes


async def test_a_record_that_the_broker_refuses_fails_the_flush(
    producer: AIOKafkaProducer, kafka: KafkaSettings, unique: Callable[[str], str]
) -> None:
    """An output that is not taken must never look like one that is."""
    name = unique("small")
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap_servers, **QUIET})
    admin.create_topics([NewTopic(name, 1, 1, config={"max.message.bytes": "1000"})])[name].result(20)
    output = BatchProducer(producer)
    output.add(name, 0, None, b"small enough")
    output.add(Topic.REJECTED, 0, b"beside it", b"good")
    output.add(name, 0, None, b"x" * 5000)
    with pytest.raises(Exception, match="MessageSizeTooLarge"):
        await output.flush()


def test_a_person_lies_where_kafkas_default_partitioner_puts_it() -> None:
    """The outbox leaves the choice to the library, the stream makes it itself: they must agree."""
    partitioner, places = DefaultPartitioner(), list(range(PERSON_PARTITIONS))
    keys = [f"person {number} æ" for number in range(500)]
    assert [partition_of(key, PERSON_PARTITIONS) for key in keys] == [
        partitioner(key.encode(), places, places) for key in keys
    ]
    assert {partition_of(key, PERSON_PARTITIONS) for key in keys} == set(places)


async def test_a_stretch_is_read_and_nothing_beside_it(
    reader: PartitionReader, producer: AIOKafkaProducer, topic: str
) -> None:
    """[start, end), however often and in whatever order stretches are asked for."""
    for _ in range(30):
        await producer.send(topic, b"x", partition=0)
    await producer.flush()
    assert await offsets(reader, topic, 5, 12) == [5, 6, 7, 8, 9, 10, 11]
    assert await offsets(reader, topic, 0, 3) == [0, 1, 2]
    assert await offsets(reader, topic, 7, 7) == []
    assert await offsets(reader, topic, 28, 30) == [28, 29]


async def test_a_look_at_a_partition_takes_no_time(
    reader: PartitionReader, producer: AIOKafkaProducer, topic: str
) -> None:
    """Two dozen partitions are looked at in every rebalance: each request must not queue behind an idle fetch."""
    await producer.send_and_wait(topic, b"x", partition=0)
    await offsets(reader, topic, 0, 1)
    took = []
    for _ in range(10):
        began = time.monotonic()
        _, end = await reader.bounds(topic, 0)
        await offsets(reader, topic, 0, end)
        took.append(time.monotonic() - began)
    # Behind a fetch that waits for nothing every look would take half a second, on the fastest machine too.
    assert min(took) < 0.3


async def test_a_record_in_an_aborted_transaction_is_read_like_any_other(
    kafka: KafkaSettings, reader: PartitionReader, topic: str, unique: Callable[[str], str]
) -> None:
    """Faust reads uncommitted, and so does the reader: both see the same, with a hole where the marker stands.

    Whoever may write to the input topics must therefore have no right to transactions (docs/operations).
    """
    producer = Producer(
        {"bootstrap.servers": kafka.bootstrap_servers, "transactional.id": unique("transaction"), **QUIET}
    )
    producer.init_transactions(20)
    for value, abort in ((b"aborted", True), (b"committed", False)):
        producer.begin_transaction()
        producer.produce(topic, value, partition=0)
        producer.flush(20)
        if abort:
            producer.abort_transaction(20)
        else:
            producer.commit_transaction(20)
    first, end = await reader.bounds(topic, 0)
    read = [record async for records in reader.read(topic, 0, first, end) for record in records]
    assert [(record.offset, record.value) for record in read] == [(0, b"aborted"), (2, b"committed")]
    assert end == 4
    progress = Checkpoint("transactions", reader)
    assert await progress.fill_gaps(topic, 0, [read[1]]) == read
    assert await progress.fill_gaps(topic, 0, read) == read


@pytest.mark.parametrize(
    "codec",
    [
        "gzip",
        "snappy",
        "lz4",
        "zstd",
    ],
)
async def test_a_sender_may_compress_as_it_likes(
    kafka: KafkaSettings, reader: PartitionReader, topic: str, codec: str
) -> None:
    """Every Kafka library offers these four, and a broker hands on what it got."""
    producer = Producer(
        {"bootstrap.servers": kafka.bootstrap_servers, "compression.type": codec, "linger.ms": 50, **QUIET}
    )
    for _ in range(20):
        producer.produce(topic, b"x" * 500, partition=0)
    assert producer.flush(20) == 0
    assert await offsets(reader, topic, 0, 20) == list(range(20))
