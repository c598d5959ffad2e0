"""Small stand-ins for the broker: a log that a reader reads and a producer writes to."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from typing import cast

from aiokafka import AIOKafkaProducer

from infra.kafka_record import Record
from infra.partition_reader import Reader
from streams.batch_producer import Output

Place = tuple[str, int]


class Log:
    """Partitions in memory. `hidden` makes a stretch look as if retention had taken it."""

    def __init__(self) -> None:
        self.records: dict[Place, list[Record]] = defaultdict(list)
        self.first: dict[Place, int] = defaultdict(int)

    def append(
        self,
        topic: str,
        partition: int,
        key: bytes | None,
        value: bytes | None,
        headers: Sequence[tuple[str, bytes | None]] = (),
    ) -> Record:
        """Write one record."""
        stretch = self.records[topic, partition]
        record = Record(topic, partition, len(stretch), 1_760_000_000_000, key, value, headers)
        stretch.append(record)
        return record

    def written(self, topic: str) -> list[Record]:
        """Everything on a topic, by partition."""
        return [
            record
            for (name, _), stretch in sorted(self.records.items())
            if name == topic
            for record in stretch
        ]

    @property
    def reader(self) -> Reader:
        """Reads this log."""
        return cast(Reader, _Reader(self))

    def output(self) -> "MemoryOutput":
        """Writes to this log when it is flushed."""
        return MemoryOutput(self)


class _Reader:
    def __init__(self, log: Log) -> None:
        self._log = log

    async def bounds(self, topic: str, partition: int) -> tuple[int, int]:
        place = (topic, partition)
        return self._log.first[place], len(self._log.records[place])

    async def read(self, topic: str, partition: int, start: int, end: int) -> AsyncIterator[list[Record]]:
        stretch = self._log.records[topic, partition]
        for record in stretch[start:end]:
            await asyncio.sleep(0)
            if record.offset >= self._log.first[topic, partition]:
                yield [record]


class MemoryOutput(Output):
    """The real batch, delivered to a log; `broken` refuses the next delivery."""

    def __init__(self, log: Log) -> None:
        super().__init__(cast(AIOKafkaProducer, None))
        self._log = log
        self.broken: Exception | None = None

    async def flush(self) -> None:
        """Deliver."""
        if self.broken is not None:
            raise self.broken
        waiting, self._waiting = self._waiting, defaultdict(list)
        for (topic, partition), records in waiting.items():
            for key, value, headers in records:
                self._log.append(topic, partition, key, value, list(headers))
