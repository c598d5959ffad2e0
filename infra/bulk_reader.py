"""Reads whole partitions by librdkafka, which fetches and decodes beside the event loop: match's state at its start.

Half the processor time of `infra.partition_reader`, and no turn of the loop decodes a fetch (docs/decisions/0068).
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import Final, TypeVar

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from config.kafka import KafkaSettings
from infra.kafka_record import KafkaRecord

_WAIT_SECONDS: Final = 120
"""For one answer, as `PartitionReader` waits."""
_POLL_SECONDS: Final = 1.0
_RECORDS: Final = 500
"""At once: they are made into objects while the loop waits for the interpreter, some 5 ms."""
_LIMITS: Final = {
    "queued.max.messages.kbytes": 16 * 1024,
    "fetch.message.max.bytes": 4 * 1024 * 1024,
    # A full queue is empty again in some 50 ms; librdkafka would ask for more a second later.
    "fetch.queue.backoff.ms": 20,
}
"""One partition is read at a time; what waits for us is memory beside the state."""
_PASSING: Final = frozenset(
    {KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN, KafkaError._RESOLVE, KafkaError._TIMED_OUT}
)
"""librdkafka goes on by itself."""
Replied = TypeVar("Replied")


class BulkReader:
    """A consumer without group: one read at a time. It connects when it is first asked; `stop` after use."""

    def __init__(self, kafka: KafkaSettings, group: str) -> None:
        """`group`: a name that librdkafka asks for; nothing is joined or committed under it."""
        self._settings = kafka.librdkafka() | {
            "group.id": group,
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "error",
            # A transaction that somebody leaves open must not hide what stands behind it.
            "isolation.level": "read_uncommitted",
            "fetch.wait.max.ms": 20,
            "log_level": 0,
            **_LIMITS,
        }
        self._consumer: Consumer | None = None
        # One thread: librdkafka's consumer is asked, and closed, by one caller after the other.
        self._thread = ThreadPoolExecutor(1, "bulk-reader")

    async def stop(self) -> None:
        """Disconnect, after the answer that is waited for."""
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            await self._ask(consumer.close)
        self._thread.shutdown(wait=False)

    async def bounds(self, topic: str, partition: int) -> tuple[int, int]:
        """The first offset that the broker still has, and the one after the last. Raises `TimeoutError`."""
        consumer, place = await self._connected(), TopicPartition(topic, partition)
        edges: tuple[int, int] | None
        try:
            edges = await self._ask(lambda: consumer.get_watermark_offsets(place, timeout=_WAIT_SECONDS))
        except KafkaException as error:
            raise _failure(error.args[0], topic, partition) from None
        if edges is None:
            raise TimeoutError(f"{topic}/{partition}: the broker does not say how far it reaches")
        return edges

    async def read(
        self, topic: str, partition: int, start: int, end: int
    ) -> AsyncIterator[list[KafkaRecord]]:
        """The records with offsets in [start, end) that exist. `TimeoutError` where none comes for long."""
        if start >= end:
            return
        consumer, position = await self._connected(), start
        await self._ask(lambda: consumer.assign([TopicPartition(topic, partition, start)]))
        try:
            patience = monotonic() + _WAIT_SECONDS
            while position < end:
                records, position = await self._ask(lambda: _next(consumer, topic, partition, end))
                if records:
                    yield records
                if position > start:
                    start, patience = position, monotonic() + _WAIT_SECONDS
                elif monotonic() > patience:
                    raise TimeoutError(f"{topic}/{partition} cannot be read behind offset {start}")
        finally:
            await self._ask(consumer.unassign)

    async def _connected(self) -> Consumer:
        if self._consumer is None:
            self._consumer = await self._ask(lambda: Consumer(self._settings))
        return self._consumer

    async def _ask(self, what: Callable[[], Replied]) -> Replied:
        return await asyncio.get_running_loop().run_in_executor(self._thread, what)


def _next(consumer: Consumer, topic: str, partition: int, end: int) -> tuple[list[KafkaRecord], int]:
    """The next records before `end`, and the position after them; -1 where nothing has come."""
    records: list[KafkaRecord] = []
    reached = -1
    first = consumer.poll(_POLL_SECONDS)
    # A wait of none takes what has come; any other is waited for in full.
    for message in () if first is None else (first, *consumer.consume(_RECORDS, 0)):
        if (error := message.error()) is not None:
            if error.code() == KafkaError._PARTITION_EOF:
                reached = max(reached, message.offset() or 0)
            elif error.code() not in _PASSING:
                raise _failure(error, topic, partition)
            continue
        reached = (message.offset() or 0) + 1
        if reached <= end:
            records.append(KafkaRecord.of_message(message))
    return records, reached


def _failure(error: KafkaError, topic: str, partition: int) -> Exception:
    sentence = f"{topic}/{partition} cannot be read: {error.str()}"
    return TimeoutError(sentence) if error.code() == KafkaError._TIMED_OUT else ConnectionError(sentence)
