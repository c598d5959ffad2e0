"""Writes every person's record to its partition of the next generation, and reads it there again."""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Final

from aiokafka import AIOKafkaProducer

from config.topics import Topic
from infra.partition_reader import PartitionReader
from infra.partitioner import PersonPartitions
from infra.stream_mac import StreamMac
from models.reasons import ForeignReason
from streams.batch_producer import BatchProducer
from streams.packed_record import pack
from streams.person_store import PersonStore, add_record, carried, encoded

_WAITING_BYTES: Final = 16 * 1024 * 1024


class NotCarried(RuntimeError):
    """What stands in the next generation is not what was written; the message is a sentence."""


async def carry_people(
    reader: PartitionReader, producer: AIOKafkaProducer, mac: StreamMac, old: PersonPartitions
) -> int:
    """How many there are. Raises `NotCarried`."""
    output = BatchProducer(producer, mac)
    expected: dict[bytes, bytes] = {}
    for partition in old.all:
        store = await _loaded(reader, mac, partition)
        for name in store.names(partition):
            value = encoded(carried(store.get(partition, name)))
            add_record(old.next.of(name), name.encode(), pack(value), output)
            expected[name.encode()] = _digest(value)
            if output.waiting_bytes > _WAITING_BYTES:
                await output.flush()
    await output.flush()
    await _check(reader, mac, old.next, expected)
    return len(expected)


async def _check(
    reader: PartitionReader,
    mac: StreamMac,
    new: PersonPartitions,
    expected: dict[bytes, bytes],
) -> None:
    missing, others = len(expected), 0
    for partition in new.all:
        store = await _loaded(reader, mac, partition)
        for name in store.names(partition):
            digest = expected.get(name.encode())
            others += digest is None
            missing -= digest == _digest(store.written(partition, name) or b"")
    if missing or others:
        raise NotCarried(
            f"In the new partitions {missing} people do not stand as they were written, and {others} stand there whom "
            "the partitions of before do not know. Nothing was taken away: see rebuild people."
        )


async def all_are_known(reader: PartitionReader, mac: StreamMac, where: PersonPartitions) -> None:
    """Raises `NotCarried` where a record was signed by a key that is not held here: its person would be left behind."""
    unknown = 0
    for partition in where.all:
        store = await _loaded(reader, mac, partition)
        unknown += sum(one.reason is ForeignReason.UNKNOWN_KEY for one in store.foreign)
    if unknown:
        raise NotCarried(
            f"{unknown} records of people have a MAC by a key that this command does not hold. Give it the workers' "
            "ring (FRAFALDSVARSEL_STREAM_KEYS_FILE); if it has it, somebody else wrote them, and the audit says where."
        )


async def has_people(reader: PartitionReader, mac: StreamMac, where: PersonPartitions) -> bool:
    """Whether somebody's record stands in one of the partitions."""
    for partition in where.all:
        store = await _loaded(reader, mac, partition)
        if store.names(partition):
            return True
    return False


async def bury_people(
    reader: PartitionReader, producer: AIOKafkaProducer, mac: StreamMac, past: Iterable[PersonPartitions]
) -> int:
    """Tombstones for the records that were carried over: a person has one record. How many had none yet."""
    output, buried = BatchProducer(producer, mac), 0
    for generation in past:
        for partition in generation.all:
            store = await _loaded(reader, mac, partition)
            for name in store.names(partition):
                output.add(Topic.PEOPLE, partition, name.encode(), None)
                buried += 1
            await output.flush()
    return buried


async def _loaded(reader: PartitionReader, mac: StreamMac, partition: int) -> PersonStore:
    store = PersonStore(reader, mac)
    await store.load(partition)
    return store


def _digest(value: bytes) -> bytes:
    return blake2b(value, digest_size=16).digest()
