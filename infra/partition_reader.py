"""Reads a range of one partition without a consumer group: state, checkpoints, and records that a stream skipped."""

import asyncio
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Any, Final, Self

from aiokafka import AIOKafkaConsumer, TopicPartition

from config.kafka import KafkaSettings
from infra import tolerant_headers
from infra.kafka_record import KafkaRecord

_WAIT_SECONDS: Final = 120
"""For one answer. There is no limit on a whole read: a rebuild reads a partition for as long as it takes."""
_POLL_MS: Final = 1000
_FETCH_WAIT_MS: Final = 20
"""A broker answers the requests of a connection in turn: behind a fetch that waits half a second, ours waits."""


class PartitionReader:
    """A consumer without group. `start` before use, or `async with`; one read at a time."""

    def __init__(self, settings: KafkaSettings, *, max_records: int | None = None) -> None:
        """`max_records`: the most that `read` yields at once."""
        self._settings = settings
        self._max_records = max_records
        self._consumer: Any = None

    async def start(self) -> None:
        """Connect."""
        tolerant_headers.install()
        self._consumer = AIOKafkaConsumer(
            **self._settings.aiokafka(),
            enable_auto_commit=False,
            auto_offset_reset="none",
            max_partition_fetch_bytes=8 * 1024 * 1024,
            max_poll_records=self._max_records,
            fetch_max_wait_ms=_FETCH_WAIT_MS,
        )
        await self._consumer.start()
        # Its tasks begin: stopped before that, aiokafka raises `CancelledError` into its caller.
        await asyncio.sleep(0)

    async def stop(self) -> None:
        """Disconnect."""
        if self._consumer is not None:
            await self._consumer.stop()

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        await self.stop()

    async def partitions(self, topic: str) -> list[int]:
        """The numbers of the topic's partitions."""
        # The client knows a topic once it has asked about it.
        await self.bounds(topic, 0)
        return sorted(self._consumer.partitions_for_topic(topic))

    async def bounds(self, topic: str, partition: int) -> tuple[int, int]:
        """The first offset that the broker still has, and the one after the last."""
        place = TopicPartition(topic, partition)
        async with asyncio.timeout(_WAIT_SECONDS):
            first = await self._consumer.beginning_offsets([place])
            end = await self._consumer.end_offsets([place])
        return first[place], end[place]

    async def read(
        self, topic: str, partition: int, start: int, end: int
    ) -> AsyncIterator[list[KafkaRecord]]:
        """The records with offsets in [start, end) that exist, a fetch at a time. `TimeoutError` without an answer."""
        if start >= end:
            return
        place = TopicPartition(topic, partition)
        self._consumer.assign([place])
        self._consumer.seek(place, start)
        position = start
        while position < end:
            fetched, position = await self._fetch(place, position)
            records = [KafkaRecord.of(record) for record in fetched if record.offset < end]
            if records:
                yield records
        # Without this, the consumer would go on fetching what comes after `end`.
        self._consumer.pause(place)

    async def _fetch(self, place: TopicPartition, position: int) -> tuple[list[Any], int]:
        """The next records, and the position after them. It also moves where offsets hold no record."""
        async with asyncio.timeout(_WAIT_SECONDS):
            while True:
                fetched = await self._consumer.getmany(place, timeout_ms=_POLL_MS)
                reached: int = await self._consumer.position(place)
                if reached > position:
                    return fetched.get(place, []), reached
