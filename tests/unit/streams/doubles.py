"""Small stand-ins for the broker: a log that a reader reads and a producer writes to."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from typing import cast

from aiokafka import AIOKafkaProducer

from config.topics import PERSON_PARTITIONS
from infra.kafka_record import KafkaRecord
from infra.partition_reader import PartitionReader
from infra.stream_mac import NO_MAC, StreamMac
from streams.batch_producer import BatchProducer, Output

Place = tuple[str, int]


class Log:
    """Partitions in memory. `hidden` makes a stretch look as if retention had taken it."""

    def __init__(self) -> None:
        self.records: dict[Place, list[KafkaRecord]] = defaultdict(list)
        self.first: dict[Place, int] = defaultdict(int)

    def append(
        self,
        topic: str,
        partition: int,
        key: bytes | None,
        value: bytes | None,
        headers: Sequence[tuple[str, bytes | None]] = (),
    ) -> KafkaRecord:
        """Write one record."""
        batch = self.records[topic, partition]
        record = KafkaRecord(topic, partition, len(batch), 1_760_000_000_000, key, value, headers)
        batch.append(record)
        return record

    def written(self, topic: str) -> list[KafkaRecord]:
        """Everything on a topic, by partition."""
        return [
            record for (name, _), batch in sorted(self.records.items()) if name == topic for record in batch
        ]

    @property
    def reader(self) -> PartitionReader:
        """Reads this log."""
        return cast(PartitionReader, _Reader(self))

    def output(self, mac: StreamMac = NO_MAC) -> "MemoryOutput":
        """Writes to this log when it is flushed."""
        return MemoryOutput(self, mac)


class _Reader:
    def __init__(self, log: Log) -> None:
        self._log = log

    async def bounds(self, topic: str, partition: int) -> tuple[int, int]:
        place = (topic, partition)
        return self._log.first[place], len(self._log.records[place])

    async def read(
        self, topic: str, partition: int, start: int, end: int
    ) -> AsyncIterator[list[KafkaRecord]]:
        batch = self._log.records[topic, partition]
        for record in batch[start:end]:
            await asyncio.sleep(0)
            if record.offset >= self._log.first[topic, partition]:
                yield [record]


class MemoryOutput(BatchProducer):
    """The real batch, delivered to a log; `broken` refuses the next delivery."""

    def __init__(self, log: Log, mac: StreamMac = NO_MAC) -> None:
        super().__init__(cast(AIOKafkaProducer, None), mac)
        self._log = log
        self.broken: Exception | None = None

    async def person_partitions(self) -> int:
        """As the topics are made."""
        return PERSON_PARTITIONS

    async def _deliver(self, waiting: Output) -> None:
        if self.broken is not None:
            raise self.broken
        for (topic, partition), records in waiting.items():
            for key, value, headers in records:
                self._log.append(topic, partition, key, value, list(headers))
