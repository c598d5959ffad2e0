"""Decides upon what the workers have left on ``person-events``, by match itself, while no worker runs."""

import time
from typing import Final

from aiokafka import AIOKafkaProducer

from config.topics import Topic
from infra.partition_reader import PartitionReader
from infra.partitioner import PersonPartitions
from infra.stream_mac import StreamMac
from models.eligibility.law import Law
from models.events.receipt import ForeignRecord
from ops.growth.foreign_keys import NOTHING_FOREIGN, ForeignKeys, loaded
from streams.assignment import Assignment
from streams.batch_driver import BatchDriver
from streams.batch_producer import BatchProducer
from streams.checkpoint import Checkpoint
from streams.person_store import PersonStore
from streams.processors import Match

_RECORDS: Final = 5_000
"""In one batch."""


class _Decides(BatchProducer):
    """Where the command says that people are decided upon. The brokers may have more partitions already."""

    def __init__(self, producer: AIOKafkaProducer, mac: StreamMac, partitions: int) -> None:
        super().__init__(producer, mac)
        self._partitions = partitions

    async def person_partitions(self) -> int:
        """As told."""
        return self._partitions


async def match_rest(
    reader: PartitionReader,
    producer: AIOKafkaProducer,
    mac: StreamMac,
    law: Law,
    where: PersonPartitions,
    keys: ForeignKeys = NOTHING_FOREIGN,
    partitions: int | None = None,
) -> int:
    """How many events it has applied, of those that stood there when it began: later ones are passed on afterwards.

    `partitions`: how many ``person-events`` has, unless the brokers shall say it.
    Raises `ops.growth.errors.KeysMissing`, before it decides upon anything of the partition.
    """
    checkpoint = Checkpoint(Match.name, reader, mac)
    await checkpoint.load()
    left = []
    for partition in where.all:
        start, end = await checkpoint.rest(Topic.PERSON_EVENTS, partition)
        if await has_records(reader, Topic.PERSON_EVENTS, partition, start, end):
            left.append((partition, start, end))
    done = 0
    for rest in left:
        await _all_is_known(reader, mac, keys, rest)
        done += await match_between(reader, producer, mac, law, rest, partitions)
    return done


async def _all_is_known(
    reader: PartitionReader, mac: StreamMac, keys: ForeignKeys, rest: tuple[int, int, int]
) -> None:
    """Match would pass by what it does not know, an event or all that is known of a person."""
    partition, start, end = rest
    await loaded(reader, mac, partition, keys)
    foreign: list[ForeignRecord] = []
    async for records in reader.read(Topic.PERSON_EVENTS, partition, start, end):
        foreign += mac.split(records)[1]
    await keys.pass_by(reader, mac, foreign)


async def has_records(reader: PartitionReader, topic: str, partition: int, start: int, end: int) -> bool:
    """Whether a record stands in [start, end): not every offset has one."""
    async for _ in reader.read(topic, partition, start, end):
        return True
    return False


async def match_between(
    reader: PartitionReader,
    producer: AIOKafkaProducer,
    mac: StreamMac,
    law: Law,
    rest: tuple[int, int, int],
    partitions: int | None = None,
) -> int:
    """What stands in (partition, start, end). One partition at a time: only its people are held in memory."""
    partition, start, end = rest
    assignment = Assignment()
    assignment.assigned([(str(Topic.PERSON_EVENTS), partition)])
    driver = BatchDriver(
        Match(law, PersonStore(reader, mac), mac),
        topics=[Topic.PERSON_EVENTS],
        assignment=assignment,
        checkpoint=Checkpoint(Match.name, reader, mac),
        output=BatchProducer(producer, mac) if partitions is None else _Decides(producer, mac, partitions),
        monotonic=time.monotonic,
    )
    done = 0
    for first in range(start, end, _RECORDS):
        # Read first: the driver asks the same reader for the state.
        some = reader.read(Topic.PERSON_EVENTS, partition, first, min(end, first + _RECORDS))
        records = [record async for chunk in some for record in chunk]
        if records:
            await driver.batch(records)
        done += len(records)
    return done
