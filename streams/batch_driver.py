"""Runs one processor over batches: complete partitions in order, output acknowledged before the batch ends.

If a batch fails, the exception leaves this module and ends the process: Faust would commit the batch (faust.md, 1).
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from infra.failpoints import Point, reach
from infra.kafka_record import KafkaRecord, by_partition
from streams.assignment import Assignment
from streams.batch_producer import BatchProducer
from streams.checkpoint import Checkpoint
from streams.processors import Processor

log = logging.getLogger(__name__)
_LOAD_SECONDS: Final = 300
"""The limit for loading the state of an assignment."""
_REFRESH_SECONDS: Final = 300
"""The state of an unchanged assignment is read again after this time."""
_REST_RECORDS: Final = 5_000
_REST_SECONDS: Final = 150
"""What the engine has not delivered after this time, though its partition did not move, is read beside it: before the
audit says that the step is stuck."""


@dataclass(frozen=True, slots=True)
class _Rest:
    """What lies behind the checkpoint of a partition, and when it was first seen to lie there."""

    start: int
    end: int
    since: float


class BatchDriver:
    """One processor, its checkpoint and its output."""

    def __init__(
        self,
        processor: Processor,
        *,
        topics: Sequence[str],
        assignment: Assignment,
        checkpoint: Checkpoint,
        output: BatchProducer,
        monotonic: Callable[[], float],
    ) -> None:
        self._processor = processor
        self._topics = topics
        self._assignment = assignment
        self._checkpoint = checkpoint
        self._output = output
        self._monotonic = monotonic
        self._one_at_a_time = asyncio.Lock()
        self._generation = -1
        self._partitions: frozenset[tuple[str, int]] = frozenset()
        self._loaded_at = 0.0
        self._rests: dict[tuple[str, int], _Rest] = {}
        self._fetched = Point(f"{processor.name}.fetched")
        self._processed = Point(f"{processor.name}.judged")

    async def batch(self, records: Sequence[KafkaRecord]) -> None:
        """Process a batch. When this returns, the brokers have acknowledged everything that follows from it."""
        reach(self._fetched)
        async with self._one_at_a_time:
            await self._load_state()
            await self._process(records)

    async def refresh(self) -> None:
        """Read the state again when it is due, also while no record comes: another worker may have written to it."""
        if self._assignment.partitions:
            async with self._one_at_a_time:
                await self._load_state()
                await self._output.flush()
                await self._process_rests()

    async def _process_rests(self) -> None:
        """Read what the engine has skipped at a partition's end: no record comes after it that would show the gap."""
        now = self._monotonic()
        known, self._rests = self._rests, {}
        for place in sorted(self._partitions):
            if place[0] not in self._topics:
                continue
            rest = _Rest(*await self._checkpoint.rest(*place), now)
            before = known.get(place)
            if before is None or before.start != rest.start or before.start == before.end:
                self._rests[place] = rest
            elif now - before.since < _REST_SECONDS:
                self._rests[place] = before
            else:
                for start in range(before.start, before.end, _REST_RECORDS):
                    end = min(before.end, start + _REST_RECORDS)
                    await self._process(await self._checkpoint.read_rest(*place, start, end))

    async def _process(self, records: Sequence[KafkaRecord]) -> None:
        reached: list[tuple[str, int, int]] = []
        for (topic, partition), group in by_partition(records):
            if (topic, partition) not in self._partitions:
                # Left in the stream's buffer by an earlier assignment; the partition's worker reads it again.
                continue
            complete = await self._checkpoint.fill_gaps(topic, partition, group)
            self._processor.run(topic, partition, complete, self._output)
            reached.append((topic, partition, complete[-1].offset + 1))
            await asyncio.sleep(0)
        reach(self._processed)
        for place in reached:
            self._checkpoint.advance(*place, self._output)
        await self._output.flush()
        reach(Point.OUTPUT_ACKNOWLEDGED)

    async def _load_state(self) -> None:
        """Wait for an assignment and load its state; begin again if the assignment changes meanwhile."""
        now = self._monotonic()
        if self._generation == self._assignment.generation and now - self._loaded_at < _REFRESH_SECONDS:
            return
        async with asyncio.timeout(_LOAD_SECONDS):
            while True:
                partitions = await self._assignment.wait_until_assigned()
                generation = self._assignment.generation
                if self._generation != generation:
                    await self._checkpoint.load()
                ours = {partition for topic, partition in partitions if topic in self._topics}
                await self._processor.begin(ours, self._output)
                if generation == self._assignment.generation:
                    break
        self._generation, self._partitions, self._loaded_at = generation, partitions, now
