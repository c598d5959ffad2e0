"""Collects what a batch writes, sends it at once, and waits until the brokers have acknowledged all of it.

This is our own producer, not Faust's: a failed delivery must fail the batch, not log a warning (faust.md, 4 and 5).
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from aiokafka import AIOKafkaProducer

from config.topics import Topic
from infra.failpoints import Point, reach
from infra.partitioner import PersonPartitions, latest
from infra.partitioner import partition_of as partition_of
from infra.stream_mac import NO_MAC, StreamMac

_Records = list[tuple[bytes | None, bytes | None, list[tuple[str, bytes | None]]]]
Output = dict[tuple[str, int], _Records]
"""Records waiting to be sent, by topic and partition."""
_DELIVERY_SECONDS: Final = 120
_TURNS: Final[Mapping[str, int]] = {
    Topic.PERSON_EVENTS: 1,
    Topic.RECEIPTS: 2,
    Topic.APPLIED: 2,
    Topic.PROGRESS: 3,
}
"""The turn in which a topic is sent; every other topic is sent in turn 0.

What match forwards to another number is sent after the mark on ``decisions`` that says so: the ledger holds a partition
back until it has read the mark, so the mark must stand before whatever can follow from the forward. Otherwise two
partitions could wait for each other.
Receipts and applied entries say that a record was processed, so they are sent after the brokers have acknowledged its
output. Otherwise a crash in between, followed by an engine that skips the record, would leave an answer without its
output. The checkpoint is sent last.
"""


class BatchProducer:
    """Records waiting to be sent, by partition, in order."""

    def __init__(self, producer: AIOKafkaProducer, mac: StreamMac = NO_MAC) -> None:
        self._producer = producer
        self._mac = mac
        self._waiting: Output = defaultdict(list)
        self._sending: asyncio.Task[None] | None = None
        self.waiting_bytes = 0
        """Of what has been put in since the last `flush` or `send`."""
        self.people = PersonPartitions()
        """Where a person's events go; whoever decides upon them reads the checkpoints for it."""
        self.carried: Mapping[int, int] = {}
        """As of `streams.checkpoint.Checkpoint`."""

    async def look_up_partitions(self) -> None:
        """Ask the brokers where a person's events go. Those that come elsewhere, match passes on."""
        self.people = latest(await self.person_partitions())

    async def person_partitions(self) -> int:
        """How many ``person-events`` has."""
        return len(await self._producer.partitions_for(Topic.PERSON_EVENTS))

    def add(
        self,
        topic: str,
        partition: int,
        key: bytes | None,
        value: bytes | None,
        headers: Sequence[tuple[str, bytes]] = (),
    ) -> None:
        """Put one record into the batch, with its MAC where the topic has one; without a value it is a tombstone."""
        signed = self._mac.headers(topic, partition, key, value, headers)
        self._waiting[topic, partition].append((key, value, signed))
        self.waiting_bytes += len(value or b"")

    async def flush(self) -> None:
        """Send everything and wait for the brokers' acknowledgement; raises when any of it is not acknowledged."""
        await self.send()
        await self._sent()

    async def send(self) -> None:
        """Send everything beside what is processed next, once all that was sent before is acknowledged.

        Raises as `flush` does, of what was sent before. Only `flush` says that all is acknowledged.
        """
        await self._sent()
        self._sending = asyncio.create_task(self._deliver(self._taken()), name="sending output")
        # Where the step fails first, nobody asks for it any more.
        self._sending.add_done_callback(lambda sending: sending.cancelled() or sending.exception())

    async def _sent(self) -> None:
        """Who waits and is cancelled leaves the delivery be; and behind one that has failed, nothing is ever sent."""
        if self._sending is not None:
            # From now on, as it hardly gets on while the step computes.
            async with asyncio.timeout(_DELIVERY_SECONDS):
                await asyncio.shield(self._sending)
            self._sending = None

    def _taken(self) -> Output:
        waiting, self._waiting = self._waiting, defaultdict(list)
        self.waiting_bytes = 0
        return waiting

    async def _deliver(self, waiting: Output) -> None:
        of_match = any(topic == Topic.PEOPLE for topic, _ in waiting)
        reach(Point.OUTPUT_BEFORE)
        for turn in sorted({_turn(topic) for topic, _ in waiting}):
            sent: list[asyncio.Future[object]] = []
            for (topic, partition), records in waiting.items():
                if _turn(topic) != turn:
                    continue
                if topic == Topic.PEOPLE:
                    reach(Point.PEOPLE_BEFORE)
                sent += await self._send(topic, partition, records)
                # Sending waits only where the producer is full.
                await asyncio.sleep(0)
                reach(Point.PEOPLE_AFTER if topic == Topic.PEOPLE else Point.OUTPUT_HALF)
                if topic == Topic.PERSON_EVENTS and of_match:
                    reach(Point.FORWARDED)
            reach(Point.OUTPUT_SENT)
            await asyncio.gather(*sent)

    async def _send(self, topic: str, partition: int, records: _Records) -> list[asyncio.Future[object]]:
        futures = []
        builder = self._producer.create_batch()
        for key, value, headers in records:
            if builder.append(timestamp=None, key=key, value=value, headers=headers) is None:
                builder.close()
                futures.append(await self._producer.send_batch(builder, topic, partition=partition))
                builder = self._producer.create_batch()
                if builder.append(timestamp=None, key=key, value=value, headers=headers) is None:
                    raise ValueError(f"a record for {topic} does not fit into any batch")
        # One that is open waits for more until the producer's linger is over, once for each turn.
        builder.close()
        futures.append(await self._producer.send_batch(builder, topic, partition=partition))
        return futures


def _turn(topic: str) -> int:
    return _TURNS.get(topic, 0)
