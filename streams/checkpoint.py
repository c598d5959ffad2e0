"""How far a step has got in each partition, kept in Kafka after its output.

A stream engine that skips a record at a rebalance (faust.md, 3) shows as a hole between this and the next record.
The step then reads the hole itself, before it goes on: so each partition is applied whole and in order.
"""

import logging
from collections.abc import Sequence

from config.topics import Topic
from infra.kafka_record import KafkaRecord
from infra.partition_reader import PartitionReader
from streams.batch_producer import BatchProducer

log = logging.getLogger(__name__)


class Checkpoint:
    """The next offset of every partition that `step` reads."""

    def __init__(self, step: str, reader: PartitionReader) -> None:
        self._step = step
        self._reader = reader
        self._next: dict[tuple[str, int], int] = {}
        self.healed = 0
        """Records that the engine had skipped and that were read beside it."""

    async def load(self) -> None:
        """Read what was kept. Of several writers the furthest is right: progress never goes back."""
        self._next.clear()
        first, end = await self._reader.bounds(Topic.PROGRESS, 0)
        async for records in self._reader.read(Topic.PROGRESS, 0, first, end):
            for record in records:
                step, topic, partition = (record.key or b"").decode().split("/")
                if step == self._step:
                    place = (topic, int(partition))
                    self._next[place] = max(self._next.get(place, 0), int(record.value or b"0"))

    async def whole(self, topic: str, partition: int, records: Sequence[KafkaRecord]) -> list[KafkaRecord]:
        """`records` of one partition, with whatever is missing before them read from the broker."""
        place = (topic, partition)
        expected = self._next.get(place)
        if expected is None:
            expected, _ = await self._reader.bounds(topic, partition)
        whole: list[KafkaRecord] = []
        for record in records:
            if record.offset > expected:
                whole += await self._skipped(topic, partition, expected, record.offset)
            whole.append(record)
            expected = max(expected, record.offset + 1)
        return whole

    def advance(self, topic: str, partition: int, next_offset: int, output: BatchProducer) -> None:
        """Note that everything before `next_offset` is applied, and that the brokers have what follows from it."""
        place = (topic, partition)
        self._next[place] = max(self._next.get(place, 0), next_offset)
        output.add(
            Topic.PROGRESS,
            0,
            f"{self._step}/{topic}/{partition}".encode(),
            str(self._next[place]).encode(),
        )

    async def _skipped(self, topic: str, partition: int, start: int, end: int) -> list[KafkaRecord]:
        first, _ = await self._reader.bounds(topic, partition)
        if first > start:
            log.error(
                "%s: retention has removed offsets %d to %d of %s/%d before they were read",
                self._step,
                start,
                min(first, end) - 1,
                topic,
                partition,
            )
        found: list[KafkaRecord] = []
        async for records in self._reader.read(topic, partition, max(start, first), end):
            found += records
        self.healed += len(found)
        if found:
            log.warning(
                "%s: the stream skipped %d records of %s/%d from offset %d; read beside it",
                self._step,
                len(found),
                topic,
                partition,
                start,
            )
        return found
