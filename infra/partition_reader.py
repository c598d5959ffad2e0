"""Plain reading of a stretch of a partition, beside the stream: for state, for progress and for what was skipped."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from config.kafka import KafkaSettings
from infra.kafka_record import KafkaRecord

_READ_SECONDS = 120
_POLL_MS = 1000
_FETCH_WAIT_MS = 20
"""A broker answers the requests of a connection in turn: behind a fetch that waits half a second, ours waits."""


class PartitionReader:
    """A consumer without group. `start` before use; used by one step at a time."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._consumer: Any = None

    async def start(self) -> None:
        """Connect."""
        self._consumer = AIOKafkaConsumer(
            **self._settings.aiokafka(),
            enable_auto_commit=False,
            auto_offset_reset="none",
            max_partition_fetch_bytes=8 * 1024 * 1024,
            fetch_max_wait_ms=_FETCH_WAIT_MS,
        )
        await self._consumer.start()

    async def stop(self) -> None:
        """Disconnect."""
        if self._consumer is not None:
            await self._consumer.stop()

    async def bounds(self, topic: str, partition: int) -> tuple[int, int]:
        """The first offset that the broker still has, and the one after the last."""
        place = TopicPartition(topic, partition)
        async with asyncio.timeout(_READ_SECONDS):
            first = await self._consumer.beginning_offsets([place])
            end = await self._consumer.end_offsets([place])
        return first[place], end[place]

    async def read(
        self, topic: str, partition: int, start: int, end: int
    ) -> AsyncIterator[list[KafkaRecord]]:
        """The records with offsets in [start, end) that exist, a fetch at a time."""
        place = TopicPartition(topic, partition)
        self._consumer.assign([place])
        self._consumer.seek(place, start)
        async with asyncio.timeout(_READ_SECONDS):
            while await self._consumer.position(place) < end:
                fetched = await self._consumer.getmany(place, timeout_ms=_POLL_MS)
                yield [
                    KafkaRecord(
                        record.topic,
                        record.partition,
                        record.offset,
                        record.timestamp,
                        record.key,
                        record.value,
                        record.headers,
                    )
                    for record in fetched.get(place, ())
                    if record.offset < end
                ]
        # Or it would go on fetching what comes after `end`, for nobody.
        self._consumer.pause(place)
