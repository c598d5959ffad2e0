"""Writes every person's record to its partition of the next generation, and reads it there again."""

from collections.abc import Iterator
from hashlib import blake2b
from typing import Final

from aiokafka import AIOKafkaProducer

from config.topics import Topic
from infra.partition_reader import PartitionReader
from infra.partitioner import PersonPartitions
from infra.stream_mac import StreamMac
from streams.batch_producer import BatchProducer
from streams.person_store import PersonStore, add_record, carried, encoded

_WAITING_BYTES: Final = 16 * 1024 * 1024


class NotCarried(RuntimeError):
    """What stands in the next generation is not what was written; the message is a sentence."""


async def carry_people(
    reader: PartitionReader, producer: AIOKafkaProducer, mac: StreamMac, old: PersonPartitions
) -> int:
    """How many there are. What an earlier attempt has left and nobody has any more is taken out. `NotCarried`."""
    output = BatchProducer(producer, mac)
    expected: dict[bytes, bytes] = {}
    for partition in old.all:
        store = PersonStore(reader, mac)
        await store.load(partition)
        for name in store.names(partition):
            value = encoded(carried(store.get(partition, name)))
            add_record(old.next.of(name), name.encode(), value, output)
            expected[name.encode()] = _digest(value)
            if output.waiting_bytes > _WAITING_BYTES:
                await output.flush()
    await output.flush()
    await _check(reader, mac, old.next, expected, output)
    return len(expected)


async def _check(
    reader: PartitionReader,
    mac: StreamMac,
    new: PersonPartitions,
    expected: dict[bytes, bytes],
    output: BatchProducer,
) -> None:
    missing = len(expected)
    for partition in new.all:
        store = PersonStore(reader, mac)
        await store.load(partition)
        for name in store.names(partition):
            digest = expected.get(name.encode())
            if digest is None:
                output.add(Topic.PEOPLE, partition, name.encode(), None)
            elif digest == _digest(store.written(partition, name) or b""):
                missing -= 1
    await output.flush()
    if missing:
        raise NotCarried(f"{missing} people do not stand in the new partitions as they were written.")


async def bury_people(
    reader: PartitionReader, producer: AIOKafkaProducer, mac: StreamMac, past: Iterator[PersonPartitions]
) -> int:
    """Tombstones for the records that were carried over: a person has one record. How many had none yet."""
    output, buried = BatchProducer(producer, mac), 0
    for generation in past:
        for partition in generation.all:
            store = PersonStore(reader, mac)
            await store.load(partition)
            for name in store.names(partition):
                output.add(Topic.PEOPLE, partition, name.encode(), None)
                buried += 1
            await output.flush()
    return buried


def _digest(value: bytes) -> bytes:
    return blake2b(value, digest_size=16).digest()
