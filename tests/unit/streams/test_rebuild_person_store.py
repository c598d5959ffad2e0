"""Everybody's record made once more from the log, also where people were carried over twice (docs/decisions/0069)."""

from typing import cast

import pytest
from aiokafka import AIOKafkaProducer

from config.topics import Topic
from infra.partition_reader import PartitionReader
from infra.partitioner import PersonPartitions
from streams.batch_producer import BatchProducer
from streams.person_store import add_record
from streams.rebuild_person_store import PersonStoreRebuild, rebuild_from
from tests.factories import LAW, residence
from tests.simulation.macs import MAC
from tests.simulation.test_growing import AFTER, BEFORE, PEOPLE, Kafka
from tests.simulation.test_growing import kafka as kafka

TWICE = PersonPartitions(2)


async def grown(kafka: Kafka) -> None:
    """Twice, and something is decided of everybody each time."""
    for before in (BEFORE, AFTER):
        through = {
            (str(topic), part): kafka.log.end((topic, part))
            for topic in (Topic.APPLIED, Topic.DECISIONS)
            for part in before.all
        }
        await kafka.growth(through).run(before.next.end)
        for name in PEOPLE[::2]:
            moved = residence("0147", name=f"{before.generation} {name}")
            await kafka.tell(moved.model_copy(update={"person_id": name}), before.next)
        assert await kafka.decide(before.next) == len(PEOPLE[::2])


async def rebuilt(
    kafka: Kafka, reader: PartitionReader | None = None, *, write: bool = False
) -> tuple[PersonStoreRebuild, list[str]]:
    """What comes of it, and the partitions in the order in which they were read."""
    order: list[str] = []
    output = BatchProducer(cast(AIOKafkaProducer, kafka.producer), MAC) if write else None
    return await rebuild_from(reader or kafka.log.reader, LAW, output, order.append, MAC), order


async def test_the_people_of_one_partition_are_followed_to_where_they_are_before_the_next_ones(
    kafka: Kafka,
) -> None:
    """So nobody else has to be held in memory."""
    await grown(kafka)
    result, order = await rebuilt(kafka)
    assert (result.people, result.findings, result.removed) == (len(PEOPLE), [], [])
    assert result.held_hash == result.rebuilt_hash
    assert len(order) == TWICE.end
    assert order[:7] == [f"person-events/{part}" for part in (0, 8, 24, 40, 16, 32, 48)]


async def test_a_record_that_is_wrong_is_found_and_written_where_it_stands_now(kafka: Kafka) -> None:
    await grown(kafka)
    known, name = await kafka.people(TWICE), PEOPLE[0]
    output = BatchProducer(kafka.producer, MAC)
    for one in PEOPLE[:2]:
        wrong = known[one].model_copy(update={"decided": {}, "applied": 900})
        value = wrong.model_dump_json(exclude_defaults=True).encode()
        add_record(TWICE.of(one), one.encode(), value, output, wrong.applied)
    await output.flush()
    result, _ = await rebuilt(kafka, write=True)
    assert (len(result.findings), result.written) == (2, 2)
    assert (await kafka.people(TWICE))[name] == known[name]


class Shortened:
    """Retention has taken the beginning of a partition of events."""

    def __init__(self, reader: PartitionReader, partition: int) -> None:
        self._reader, self._partition = reader, partition
        self.read = reader.read

    async def bounds(self, topic: str, partition: int) -> tuple[int, int]:
        """As the log has it, but for one partition."""
        first, end = await self._reader.bounds(topic, partition)
        return (1 if (topic, partition) == (Topic.PERSON_EVENTS, self._partition) else first), end


@pytest.mark.parametrize("gone", [BEFORE.of(PEOPLE[0]), AFTER.of(PEOPLE[0])])
async def test_whose_events_are_gone_is_left_out_and_everybody_else_is_rebuilt(
    kafka: Kafka, gone: int
) -> None:
    await grown(kafka)
    result, order = await rebuilt(kafka, cast(PartitionReader, Shortened(kafka.log.reader, gone)))
    where = BEFORE if gone in BEFORE.all else AFTER
    assert result.removed == [gone]
    assert result.people == sum(where.of(name) != gone for name in PEOPLE)
    assert result.findings == []
    assert not {f"person-events/{one}" for one in where.after(gone)} & {*order}
