"""Writes every person's record to its partition of the next generation, and reads it there again.

Partition by partition: the people of one go to two of the next generation, and nobody else is there.
"""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Final

from aiokafka import AIOKafkaProducer

from config.topics import Topic
from infra.partition_reader import PartitionReader
from infra.partitioner import PersonPartitions
from infra.stream_mac import StreamMac
from ops.growth.errors import NotCarried as NotCarried
from ops.growth.foreign_keys import NOTHING_FOREIGN, ForeignKeys, loaded
from streams.batch_producer import BatchProducer
from streams.packed_record import pack
from streams.person_store import PersonStore, add_record, carried, encoded

_WAITING_BYTES: Final = 16 * 1024 * 1024


async def carry_people(
    reader: PartitionReader,
    producer: AIOKafkaProducer,
    mac: StreamMac,
    old: PersonPartitions,
    keys: ForeignKeys = NOTHING_FOREIGN,
) -> int:
    """How many there are. Raises `NotCarried`, `ops.growth.errors.KeysMissing`."""
    people = 0
    for partition in old.all:
        expected = await _carry_partition(
            await loaded(reader, mac, partition, keys), partition, old, BatchProducer(producer, mac)
        )
        await _check(reader, mac, old.after(partition), expected)
        people += len(expected)
    return people


async def _carry_partition(
    store: PersonStore, partition: int, old: PersonPartitions, output: BatchProducer
) -> dict[str, bytes]:
    """Everybody of one partition, and what was written of them."""
    expected: dict[str, bytes] = {}
    for name in store.names(partition):
        value = encoded(carried(store.get(partition, name)))
        add_record(old.next.of(name), name.encode(), pack(value), output)
        expected[name] = _digest(value)
        if output.waiting_bytes > _WAITING_BYTES:
            await output.flush()
    await output.flush()
    return expected


async def _check(
    reader: PartitionReader, mac: StreamMac, new: Iterable[int], expected: dict[str, bytes]
) -> None:
    missing, others = len(expected), 0
    for partition in new:
        store = await loaded(reader, mac, partition, None)
        for name in store.names(partition):
            digest = expected.get(name)
            others += digest is None
            missing -= digest == _digest(store.written(partition, name) or b"")
    if missing or others:
        raise NotCarried(
            f"In the new partitions {missing} people do not stand as they were written, and {others} stand there whom "
            "the partitions of before do not know. Nothing was taken away: see rebuild people."
        )


async def bury_people(
    reader: PartitionReader, producer: AIOKafkaProducer, mac: StreamMac, past: Iterable[PersonPartitions]
) -> int:
    """Tombstones for the records that were carried over: a person has one record. How many had none yet."""
    output, buried = BatchProducer(producer, mac), 0
    for generation in past:
        for partition in generation.all:
            # Not kept in a name of its own: beside the people of the next partition it would be held for nothing.
            for name in (await loaded(reader, mac, partition, None)).names(partition):
                output.add(Topic.PEOPLE, partition, name.encode(), None)
                buried += 1
            await output.flush()
    return buried


def _digest(value: bytes) -> bytes:
    return blake2b(value, digest_size=16).digest()
