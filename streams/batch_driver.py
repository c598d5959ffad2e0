"""Runs one processor over batches: complete partitions in order, output acknowledged before the batch ends.

If a batch fails, the exception leaves this module and ends the process: Faust would commit the batch (faust.md, 1).
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from aiokafka.errors import KafkaError

from infra.failpoints import Point, reach
from infra.kafka_record import KafkaRecord, by_partition
from streams.applied_entries import tell_foreign
from streams.assignment import Assignment
from streams.batch_producer import BatchProducer
from streams.checkpoint import Checkpoint
from streams.processors import Processor
from streams.tally import OnTally, StepTally, told_nobody

log = logging.getLogger(__name__)
AnswerT = TypeVar("AnswerT")
_LOAD_SECONDS: Final = 300
"""The limit for loading the state of an assignment."""
_REFRESH_SECONDS: Final = 300
"""The state of an unchanged assignment is read again after this time."""
_STRETCH: Final = 4_000
"""Records that are processed before what follows from them is sent, beside the next ones: the step need not wait for
the brokers then, and where events cost 10 ms each, of people with hundreds of them, what is done is known after 40 s:
sooner than the audit says that the step is stuck."""
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
        told: OnTally = told_nobody,
        stretch: int = _STRETCH,
    ) -> None:
        """`stretch`: the records that are processed before what follows from them is sent."""
        self._processor = processor
        self._topics = topics
        self._assignment = assignment
        self._checkpoint = checkpoint
        self._output = output
        self._monotonic = monotonic
        self._told = told
        self._stretch = stretch
        self._one_at_a_time = asyncio.Lock()
        self._generation = -1
        self._partitions: frozenset[tuple[str, int]] = frozenset()
        self._loaded_at = 0.0
        self._rests: dict[tuple[str, int], _Rest] = {}
        self._read_beside: dict[tuple[str, int], int] = {}
        self._fetched = Point(f"{processor.name}.fetched")
        self._processed = Point(f"{processor.name}.judged")

    async def batch(self, records: Sequence[KafkaRecord]) -> None:
        """Process a batch. When this returns, the brokers have acknowledged everything that follows from it."""
        reach(self._fetched)
        async with self._one_at_a_time:
            await self._load_state()
            began = self._monotonic()
            await self._process(records)
            self._tell(self._monotonic() - began)

    async def refresh(self) -> None:
        """Read the state again when it is due, also while no record comes: another worker may have written to it."""
        if self._assignment.partitions:
            async with self._one_at_a_time:
                await self._load_state()
                await self._output.flush()
                await self._process_rests()
                self._tell(None)

    async def _process_rests(self) -> None:
        """Read what the engine has skipped at a partition's end: no record comes after it that would show the gap."""
        for place in sorted(self._partitions):
            if place[0] in self._topics:
                rest = await self._overdue(place)
                for start in range(rest.start, rest.end, _REST_RECORDS):
                    end = min(rest.end, start + _REST_RECORDS)
                    records = await self._ask(self._checkpoint.read_rest(*place, start, end), [])
                    if self._generation != self._assignment.generation:
                        return
                    await self._process(records)
                    if records:
                        self._read_beside[place] = records[-1].offset + 1

    async def _overdue(self, place: tuple[str, int]) -> _Rest:
        """What lies behind the checkpoint, and lay there the whole time; empty where there is no such thing."""
        now = self._monotonic()
        before = self._rests.get(place, _Rest(-1, -1, now))
        start, end = await self._ask(self._checkpoint.rest(*place), (before.start, before.end))
        if before.start != start or start == before.end:
            before = self._rests[place] = _Rest(start, end, now)
        if now - before.since < _REST_SECONDS:
            return _Rest(start, start, now)
        del self._rests[place]
        return before

    async def _ask(self, question: Awaitable[AnswerT], otherwise: AnswerT) -> AnswerT:
        """While Kafka does not answer nothing is known, and the next look comes: that ends no process."""
        try:
            return await question
        except (KafkaError, TimeoutError) as error:
            log.warning("%s: cannot look for skipped records: %s", self._processor.name, type(error).__name__)
            return otherwise

    async def _process(self, records: Sequence[KafkaRecord]) -> None:
        reached: dict[tuple[str, int], int] = {}
        unsent = 0
        for place, group in by_partition(records):
            if place not in self._partitions:
                # Left in the stream's buffer by an earlier assignment; the partition's worker reads it again.
                continue
            # What was read beside the engine has its output; it may have been slow, and have skipped nothing.
            beside = self._read_beside.get(place, 0)
            if not (fresh := [record for record in group if record.offset >= beside]):
                continue
            complete = await self._checkpoint.fill_gaps(*place, fresh)
            for start in range(0, len(complete), self._stretch):
                if unsent >= self._stretch:
                    self._advance(reached)
                    await self._output.send()
                    unsent = 0
                stretch = complete[start : start + self._stretch]
                await self._processor.run(*place, stretch, self._output)
                reached[place] = stretch[-1].offset + 1
                unsent += len(stretch)
                await asyncio.sleep(0)
        self._advance(reached)
        await self._output.flush()
        reach(Point.OUTPUT_ACKNOWLEDGED)

    def _advance(self, reached: dict[tuple[str, int], int]) -> None:
        """Everything in `reached` is processed; its output comes before the checkpoint that says so."""
        reach(self._processed)
        for (topic, partition), offset in reached.items():
            self._checkpoint.advance(topic, partition, offset, self._output)
        reached.clear()

    def _tell(self, seconds: float | None) -> None:
        """Only now: what was not acknowledged comes again, and is counted then."""
        done, self._processor.tally = self._processor.tally, StepTally()
        self._told(self._processor.name, done, seconds)

    async def _load_state(self) -> None:
        """Wait for an assignment and load its state; begin again if the assignment changes meanwhile."""
        now = self._monotonic()
        if self._generation == self._assignment.generation and now - self._loaded_at < _REFRESH_SECONDS:
            return
        async with asyncio.timeout(_LOAD_SECONDS):
            while True:
                partitions = await self._assignment.wait_until_assigned()
                generation = self._assignment.generation
                # Also of an unchanged assignment: people may have been carried over meanwhile (docs/decisions/0069).
                foreign = await self._checkpoint.load()
                if self._generation != generation:
                    self._rests.clear()
                    self._read_beside.clear()
                    tell_foreign(0, foreign, self._output)
                self._checkpoint.agree(await self._output.person_partitions())
                self._output.people, self._output.carried = self._checkpoint.people, self._checkpoint.carried
                ours = {partition for topic, partition in partitions if topic in self._topics}
                await self._processor.begin(ours, self._output)
                if generation == self._assignment.generation:
                    break
        self._generation, self._partitions, self._loaded_at = generation, partitions, now
