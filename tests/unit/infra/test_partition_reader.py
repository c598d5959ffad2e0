"""A broker that does not answer ends a read; a reader that takes its time, or a range without records, does not."""

import asyncio
from types import SimpleNamespace
from typing import Any, Final

import pytest
from aiokafka import TopicPartition

from config.kafka import KafkaSettings
from infra import partition_reader
from infra.partition_reader import PartitionReader

LIMIT: Final = 0.2


class Fetches:
    """aiokafka's consumer: each fetch moves the position by so many offsets, of which some hold a record."""

    def __init__(self, *fetches: tuple[int, list[int]]) -> None:
        self._fetches = list(fetches)
        self._at = 0
        self.paused = False

    def assign(self, places: list[TopicPartition]) -> None:
        self.paused = False

    def seek(self, place: TopicPartition, offset: int) -> None:
        self._at = offset

    async def position(self, place: TopicPartition) -> int:
        return self._at

    async def getmany(self, place: TopicPartition, *, timeout_ms: int) -> dict[TopicPartition, list[Any]]:
        if not self._fetches:
            await asyncio.sleep(LIMIT / 10)
            return {}
        self._at, offsets = self._fetches.pop(0)
        made = [SimpleNamespace(topic="t", partition=0, offset=one, timestamp=1) for one in offsets]
        for record in made:
            record.key = record.value = record.headers = None
        return {place: made} if made else {}

    def pause(self, place: TopicPartition) -> None:
        self.paused = True


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partition_reader, "_WAIT_SECONDS", LIMIT)


def reading(consumer: Fetches) -> PartitionReader:
    reader = PartitionReader(KafkaSettings(bootstrap_servers="kafka.invalid:9092"))
    reader._consumer = consumer
    return reader


async def offsets(reader: PartitionReader, end: int) -> list[int]:
    return [record.offset async for records in reader.read("t", 0, 0, end) for record in records]


async def test_offsets_without_records_are_passed_over() -> None:
    """An aborted transaction, or compaction: the position moves, and nothing comes with it."""
    consumer = Fetches((2, [0, 1]), (5, []), (8, [5, 6, 7]), (9, []))
    assert await offsets(reading(consumer), 7) == [0, 1, 5, 6]
    assert consumer.paused
    assert await offsets(reading(Fetches((2, [0, 1]), (4, []))), 4) == [0, 1]


async def test_a_broker_that_does_not_answer_ends_the_read() -> None:
    with pytest.raises(TimeoutError):
        await offsets(reading(Fetches((2, [0, 1]))), 7)


async def test_the_time_that_is_spent_on_the_records_does_not_count() -> None:
    """A rebuild writes to PostgreSQL between two fetches."""
    async for _ in reading(Fetches((2, [0, 1]), (4, [2, 3]))).read("t", 0, 0, 4):
        await asyncio.sleep(1.5 * LIMIT)
