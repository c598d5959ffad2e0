"""The steps of a growth, each of which may be done again after a crash.

Until the checkpoints say ``carried``, match decides where it did; from then on in the new partitions alone.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from aiokafka import AIOKafkaProducer

from config.topics import GROWING, Topic
from infra.failpoints import Point, reach
from infra.partitioner import PersonPartitions, generations, latest
from infra.stream_mac import StreamMac
from models.eligibility.law import Law
from ops.growth.brokers import Brokers, see_partitions
from ops.growth.carry_people import bury_people, carry_people
from ops.growth.foreign_keys import NOTHING_FOREIGN, ForeignKeys, keys_are_given
from ops.growth.match_rest import has_records, match_rest
from ops.growth.went_over import went_over
from streams.batch_producer import BatchProducer
from streams.checkpoint import CARRIED, Checkpoint
from streams.processors import Match

BOOKED: Final = (Topic.APPLIED, Topic.DECISIONS)
_BESIDE: Final = [name for name in GROWING if name != Topic.PERSON_EVENTS]
_POLL_SECONDS: Final = 1.0
LogPlace = tuple[str, int]


class CannotGrow(RuntimeError):
    """Nothing is decided elsewhere yet; the message is a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grown:
    """What a run has done; zeros where an earlier one had done it."""

    partitions: int
    events: int = 0
    """That match had left."""
    people: int = 0
    buried: int = 0
    """Records of people in partitions of before that were taken away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """What it is done with."""

    brokers: Brokers
    producer: AIOKafkaProducer
    mac: StreamMac
    law: Law
    projected: Callable[[], Mapping[LogPlace, int]]
    """How far the ledger has come in each partition of `BOOKED`."""
    ledger_seconds: float
    """How long the ledger may take to project what is decided already."""
    say: Callable[[str], None]
    keys: ForeignKeys = NOTHING_FOREIGN

    async def run(self, to: int) -> Grown:
        """Grow to `to` partitions. Raises `CannotGrow`, `ops.growth.errors.NotCarried`."""
        present = (await self._checkpoint()).people
        async with self.brokers.reader() as reader:
            await keys_are_given(reader, self.mac, Topic.PEOPLE, present.all)
            partitions = len(await reader.partitions(Topic.PERSON_EVENTS))
        events = people = 0
        if present.end != to:
            if latest(partitions).end < present.end:
                raise CannotGrow(
                    f"The growth to {present.end} is not finished: begin with --to {present.end}."
                )
            if present.next.end != to:
                raise CannotGrow(
                    f"From {present.end} partitions people grow to {present.next.end}, not to {to}."
                )
            if latest(partitions).end > present.end and await self._went_over(present):
                await self._say_again(present)
            else:
                events, people = await self._carry(present)
        # Whoever asks the brokers where a person's events go is sent there last, when match decides there.
        self.brokers.add_partitions([Topic.PERSON_EVENTS], to)
        reach(Point.GROW_PARTITIONS)
        self.say("taking away the records of people in the partitions of before")
        async with self.brokers.reader() as reader:
            buried = await bury_people(reader, self.producer, self.mac, generations(to)[:-1])
        reach(Point.GROW_BURIED)
        return Grown(partitions=to, events=events, people=people, buried=buried)

    async def _carry(self, present: PersonPartitions) -> tuple[int, int]:
        await self._nobody_decides()
        self.say("deciding upon what the workers have left")
        async with self.brokers.reader() as reader:
            events = await match_rest(
                reader, self.producer, self.mac, self.law, present, self.keys, partitions=present.end
            )
        reach(Point.GROW_DECIDED)
        await self._until_projected(present)
        await self._nobody_decides()
        self.brokers.add_partitions(_BESIDE, present.next.end)
        await see_partitions(self.producer, [Topic.PEOPLE], present.next.end)
        before = await self._checkpoint()
        if before.people != present:
            raise CannotGrow("Another run has carried everybody over meanwhile.")
        self.say("carrying everybody over")
        # A client that is new: the others know the partitions of before.
        async with self.brokers.reader() as reader:
            people = await carry_people(reader, self.producer, self.mac, present, self.keys)
        reach(Point.GROW_CARRIED)
        self.say("saying that they were carried over")
        await self._mark(present, before)
        reach(Point.GROW_MARKED)
        return events, people

    async def _went_over(self, present: PersonPartitions) -> bool:
        """``person-events`` has its partitions, so it was said once, or another tool has added them."""
        await self._nobody_decides()
        self.brokers.add_partitions(_BESIDE, present.next.end)
        async with self.brokers.reader() as reader:
            return await went_over(reader, self.mac, present, self.keys)

    async def _say_again(self, present: PersonPartitions) -> None:
        """A record that is none of ours can take it away: the brokers keep the last one of each key, whoever wrote
        it."""
        now = await self._checkpoint()
        async with self.brokers.reader() as reader:
            ends = {part: (await reader.bounds(Topic.PERSON_EVENTS, part))[1] for part in present.all}
        places = {part: now.next_offset(str(Topic.PERSON_EVENTS), part) or ends[part] for part in present.all}
        await self._nobody_decides()
        await self._write_marks(places)

    async def _checkpoint(self) -> Checkpoint:
        async with self.brokers.reader() as reader:
            checkpoint = Checkpoint(Match.name, reader, self.mac)
            await self.keys.pass_by(reader, self.mac, await checkpoint.load())
        return checkpoint

    async def _nobody_decides(self) -> None:
        members = await self.brokers.workers()
        if members is None:
            raise CannotGrow("Kafka does not say whether a worker runs.")
        if members:
            raise CannotGrow(f"Stop all workers first: {members} are in their group.")

    async def _until_projected(self, present: PersonPartitions) -> None:
        """What was decided before stands in the ledger before what is decided afterwards."""
        self.say("waiting for the ledger to project what is decided")
        async with self.brokers.reader() as reader:
            bounds = {
                (str(topic), part): await reader.bounds(topic, part)
                for topic in BOOKED
                for part in present.all
            }
        for _ in range(round(self.ledger_seconds / _POLL_SECONDS)):
            if not await self._behind(bounds):
                return
            await asyncio.sleep(_POLL_SECONDS)
        if behind := await self._behind(bounds):
            raise CannotGrow(
                f"The ledger has not projected {', '.join(behind)} to the end. "
                "Let it run until it has, and grow then."
            )

    async def _behind(self, bounds: Mapping[LogPlace, tuple[int, int]]) -> list[str]:
        """The partitions in which a record stands within `bounds` that the ledger has not projected."""
        known = self.projected()
        async with self.brokers.reader() as reader:
            return [
                f"{topic}/{part}"
                for (topic, part), (first, end) in bounds.items()
                if await has_records(reader, topic, part, max(first, known.get((topic, part), 0)), end)
            ]

    async def _mark(self, present: PersonPartitions, before: Checkpoint) -> None:
        """From here on match decides in the new partitions; what stands behind the marks is passed on to them."""
        await self._nobody_decides()
        now = await self._checkpoint()
        places = [(str(Topic.PERSON_EVENTS), partition) for partition in present.all]
        if any(now.next_offset(*place) != before.next_offset(*place) for place in places):
            raise CannotGrow("A worker has decided meanwhile. Stop it, and begin again.")
        await self._write_marks({part: before.next_offset(topic, part) for topic, part in places})

    async def _write_marks(self, places: Mapping[int, int]) -> None:
        output = BatchProducer(self.producer, self.mac)
        async with self.brokers.reader() as reader:
            marks = Checkpoint(CARRIED, reader, self.mac)
            await marks.load()
        for part, upto in places.items():
            marks.advance(str(Topic.PERSON_EVENTS), part, upto, output)
        await output.flush()
