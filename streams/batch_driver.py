"""Drives one step over the stream's batches: whole partitions in order, output acknowledged before the batch ends.

Nothing but a batch's own failure leaves here, and that ends the process: Faust would commit it (faust.md, 1).
"""

import asyncio
import logging
from collections.abc import Callable, Sequence

from infra.failpoints import Point, reach
from infra.kafka_record import KafkaRecord, by_partition
from streams.assignment import Assignment
from streams.batch_producer import BatchProducer
from streams.checkpoint import Checkpoint
from streams.processors import Processor

log = logging.getLogger(__name__)
_BEGIN_SECONDS = 300
_LOOK_AFTER_SECONDS = 300


class BatchDriver:
    """One step, its progress and its output."""

    def __init__(
        self,
        step: Processor,
        *,
        topics: Sequence[str],
        assignment: Assignment,
        checkpoint: Checkpoint,
        output: BatchProducer,
        monotonic: Callable[[], float],
    ) -> None:
        self._step = step
        self._topics = topics
        self._assignment = assignment
        self._progress = checkpoint
        self._output = output
        self._monotonic = monotonic
        self._one_at_a_time = asyncio.Lock()
        self._generation = -1
        self._mine: frozenset[tuple[str, int]] = frozenset()
        self._looked_after = 0.0
        self._fetched = Point(f"{step.name}.fetched")
        self._judged = Point(f"{step.name}.judged")

    async def batch(self, records: Sequence[KafkaRecord]) -> None:
        """Apply a batch. When this returns, the brokers have everything that follows from it."""
        reach(self._fetched)
        async with self._one_at_a_time:
            await self._begin()
            await self._apply(records)

    async def refresh(self) -> None:
        """Look after the state when it is time, though nothing comes: a zombie may have written meanwhile."""
        if self._assignment.partitions:
            async with self._one_at_a_time:
                await self._begin()
                await self._output.flush()

    async def _apply(self, records: Sequence[KafkaRecord]) -> None:
        reached: list[tuple[str, int, int]] = []
        for (topic, partition), group in by_partition(records):
            if (topic, partition) not in self._mine:
                # Left in the stream's buffer by an assignment that has ended; its owner reads it again.
                continue
            whole = await self._progress.whole(topic, partition, group)
            self._step.run(topic, partition, whole, self._output)
            reached.append((topic, partition, whole[-1].offset + 1))
            await asyncio.sleep(0)
        reach(self._judged)
        for place in reached:
            self._progress.advance(*place, self._output)
        await self._output.flush()
        reach(Point.OUTPUT_ACKNOWLEDGED)

    async def _begin(self) -> None:
        """Wait until the group has said what is ours, and know the state of it: all of one and the same assignment."""
        now = self._monotonic()
        if self._generation == self._assignment.generation and now - self._looked_after < _LOOK_AFTER_SECONDS:
            return
        async with asyncio.timeout(_BEGIN_SECONDS):
            while True:
                mine = await self._assignment.settled()
                generation = self._assignment.generation
                if self._generation != generation:
                    await self._progress.load()
                await self._step.begin({part for topic, part in mine if topic in self._topics}, self._output)
                if generation == self._assignment.generation:
                    break
        self._generation, self._mine, self._looked_after = generation, mine, now
