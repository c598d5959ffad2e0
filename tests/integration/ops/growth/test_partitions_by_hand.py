"""Real brokers, whose own tool has given person-events more partitions: all goes on, and one command mends it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import psycopg
import pytest
from aiokafka import AIOKafkaProducer

from config.kafka import KafkaSettings
from config.topics import GROWING, Topic
from infra import topic_admin
from infra.partition_reader import PartitionReader
from infra.partitioner import PersonPartitions
from infra.topic_admin import Replication
from ledger.outbox import send_due
from ledger.schema.migrate import migrate
from ops.growth.brokers import KafkaBrokers
from ops.growth.grow import BOOKED, Grown, Growth
from ops.growth.match_rest import match_rest
from streams.batch_producer import BatchProducer
from streams.processors import add_person_event
from tests.factories import LAW, background, residence, risk
from tests.fixtures.servers import running_broker
from tests.simulation.macs import MAC

ONE_COPY = Replication(factor=1, min_insync=1)
BEFORE, AFTER = PersonPartitions(), PersonPartitions(1)
PEOPLE = [f"person {number}" for number in range(20)]
IN_OUTBOX = "INSERT INTO outbox (id, topic, key, value) VALUES ('one', 'person-events', %s, %s)"


@pytest.fixture
def kafka(jars: Path, tmp_path: Path) -> Iterator[KafkaSettings]:
    """With all topics, for one test."""
    with running_broker(tmp_path, jars) as broker:
        settings = KafkaSettings(bootstrap_servers=broker.bootstrap)
        topic_admin.apply(settings, ONE_COPY)
        yield settings


class NoWorkers(KafkaBrokers):
    """In a group that nobody has ever joined."""

    async def workers(self) -> int:
        """None runs."""
        return 0


@asynccontextmanager
async def producing(kafka: KafkaSettings) -> AsyncIterator[AIOKafkaProducer]:
    """One that knows the partitions of now."""
    producer = AIOKafkaProducer(**kafka.producer())
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


async def published(kafka: KafkaSettings) -> None:
    """By a sender that asks the brokers where a person's events go."""
    async with producing(kafka) as producer:
        output = BatchProducer(producer, MAC)
        await output.look_up_partitions()
        for name in PEOPLE:
            for event in (*background(), risk()):
                add_person_event(event.model_copy(update={"person_id": name}), output)
        await output.flush()


async def grown(kafka: KafkaSettings) -> Grown:
    """By the command, where the ledger is through."""
    async with producing(kafka) as producer:
        return await Growth(
            brokers=NoWorkers(kafka),
            producer=producer,
            mac=MAC,
            law=LAW,
            projected=lambda: {(str(topic), part): 1 << 40 for topic in BOOKED for part in range(100)},
            ledger_seconds=0,
            say=lambda _: None,
        ).run(AFTER.end)


@pytest.mark.parametrize("number", [12, 24, 30])
async def test_what_another_tool_has_added_stops_nobody_and_is_taken_into_use(
    kafka: KafkaSettings, number: int, ledger_url: str
) -> None:
    await published(kafka)
    topic_admin.add_partitions(kafka, [Topic.PERSON_EVENTS], number)
    found = [one for one in topic_admin.check(kafka, ONE_COPY) if "partitions" in one.sentence]
    assert [one.fatal for one in found] == ([] if number == AFTER.end else [False])
    assert all("topics grow --to" in one.sentence for one in found)
    goes_to = BEFORE if number < AFTER.end else AFTER
    name, moved = PEOPLE[0], residence("0147", name="moved").model_copy(update={"person_id": PEOPLE[0]})
    own = await psycopg.AsyncConnection.connect(ledger_url, autocommit=True)
    async with own, producing(kafka) as producer:
        await own.execute(IN_OUTBOX, (name, moved.model_dump_json(exclude_none=True).encode()))
        assert await send_due(own, producer, 60, MAC) == 1
    async with PartitionReader(kafka) as reader:
        _, end = await reader.bounds(Topic.PERSON_EVENTS, goes_to.of(name))
        assert end >= 1
    done = await grown(kafka)
    assert (done.partitions, done.people, done.buried) == (AFTER.end, len(PEOPLE), len(PEOPLE))
    async with PartitionReader(kafka) as reader:
        for topic in GROWING:
            expected = number if topic == Topic.PERSON_EVENTS else AFTER.end
            assert len(await reader.partitions(topic)) == max(expected, AFTER.end)
    async with producing(kafka) as producer, PartitionReader(kafka) as reader:
        left = await match_rest(reader, producer, MAC, LAW, AFTER)
    assert left == (goes_to == AFTER)
    assert await grown(kafka) == Grown(partitions=AFTER.end)


@pytest.fixture
async def ledger_url(database: str) -> str:
    """The URL of a database with the ledger's tables, and nothing in them."""
    assert await migrate(database)
    return database
