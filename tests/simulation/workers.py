"""Stream workers: the real driver, progress, people and match under a stream engine that behaves as Faust was measured.

Intake's judgement of signatures and seals is not simulated: `PlainIntake` says what a good or a bad record becomes.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Final, cast

from aiokafka import AIOKafkaProducer

from config.topics import INPUT_PARTITIONS, Topic
from infra.kafka_record import KafkaRecord
from models.eligibility.law import Law
from models.events.event_types import EVENT_TYPES, InputTopic
from models.events.person_event import Origin
from models.events.receipt import Receipt, ReceiptStatus
from models.reasons import Rejection
from streams.assignment import Assignment
from streams.batch_driver import BatchDriver
from streams.batch_producer import BatchProducer
from streams.checkpoint import Checkpoint, GrowthUnfinishedError
from streams.person_store import PersonStore
from streams.processors import Match, Processor, add_person_event
from streams.tally import StepTally
from tests.simulation.clock import Clock
from tests.simulation.faults import Fault
from tests.simulation.history import Sent
from tests.simulation.kafka_in_memory import Log, Place
from tests.simulation.macs import MAC

INPUTS: Final = tuple(str(topic) for topic in InputTopic)
_TYPES: Final = {row.kind: row.name for row in EVENT_TYPES.values()}
_ENDS_HERE: Final = 0.6
_STRETCH: Final = 3
"""Records: a batch holds a few more of them here, and what follows from some is under way beside the others."""
Written = list[tuple[str, int, bytes | None, bytes, Sequence[tuple[str, bytes]]]]


class KilledError(Exception):
    """The worker's process is gone."""


class SimulatedProducer:
    """What `streams.batch_producer.BatchProducer` asks of aiokafka's producer, and how a delivery ends.

    Until it is awaited, everything that was sent is under way: when the process dies there, the brokers have got some
    of it, of each partition a first part.
    """

    def __init__(self, log: Log) -> None:
        self._log = log
        self._under_way: list[tuple[Batch, asyncio.Future[None]]] = []
        self.ending: Fault | None = None
        self.share: Random | None = None
        """Of a delivery that is cut off: draws what the brokers still get."""
        self.late: Written | None = None
        """What a stopped worker had under way."""

    async def partitions_for(self, topic: str) -> set[int]:
        """The partitions of a topic."""
        return set(range(self._log.partitions(topic)))

    def create_batch(self) -> "Batch":
        """An empty one."""
        return Batch()

    async def send_batch(self, batch: "Batch", topic: str, *, partition: int) -> asyncio.Future[None]:
        """Under way from here on; acknowledged when it is awaited."""
        if self.ending is Fault.KILLED_BEFORE_OUTPUT:
            raise KilledError
        batch.place = (topic, partition)
        acknowledged: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._under_way.append((batch, acknowledged))
        if len(self._under_way) == 1:
            asyncio.get_running_loop().call_soon(self._deliver)
        return acknowledged

    def _deliver(self) -> None:
        under_way, self._under_way = self._under_way, []
        sent = [(*batch.place, *record) for batch, _ in under_way for record in batch.records]
        # A batch's output goes in several turns: it ends in one of them, or when all is delivered.
        killed = self.share is None or self.share.random() < _ENDS_HERE
        killed &= self.ending in (Fault.ZOMBIE, Fault.KILLED_IN_OUTPUT)
        if not killed:
            write(self._log, sent)
        elif self.ending is Fault.ZOMBIE:
            self.late = sent
        elif self.share is not None:
            write(self._log, cut(sent, self.share))
        for number, (_, acknowledged) in enumerate(under_way):
            if not killed:
                acknowledged.set_result(None)
            elif number == 0:
                acknowledged.set_exception(KilledError())
            else:
                acknowledged.cancel()


class Batch:
    """What the project uses of aiokafka's batch builder."""

    def __init__(self) -> None:
        self.place: Place = ("", 0)
        self.records: list[tuple[bytes | None, bytes, Sequence[tuple[str, bytes]]]] = []

    def append(
        self,
        *,
        timestamp: int | None,
        key: bytes | None,
        value: bytes,
        headers: Sequence[tuple[str, bytes]],
    ) -> bool:
        """There is always room."""
        self.records.append((key, value, headers))
        return True

    def close(self) -> None:
        """Nothing more comes."""


def write(log: Log, records: Written) -> None:
    """Append them all."""
    for topic, partition, key, value, headers in records:
        log.append(topic, partition, key, value, headers)


def cut(records: Written, rng: Random) -> Written:
    """The first part of what goes to each partition: order within a partition is what Kafka keeps."""
    lengths = Counter((topic, partition) for topic, partition, *_ in records)
    left = {place: rng.choice((0, rng.randint(0, length), length)) for place, length in lengths.items()}
    kept: Written = []
    for record in records:
        place = (record[0], record[1])
        if left[place] > 0:
            left[place] -= 1
            kept.append(record)
    return kept


def origin_of(record: KafkaRecord) -> Origin:
    """The record's place and append time, as the models hold it."""
    return Origin(
        topic=record.topic, partition=record.partition, offset=record.offset, appended_at=record.appended_at
    )


class PlainIntake:
    """Input records → receipts and person events, for records whose value is their number in the story."""

    name = "intake"

    def __init__(self, story: Sequence[Sent]) -> None:
        self._story = story
        self.tally = StepTally()

    async def begin(self, partitions: set[int], output: BatchProducer) -> None:
        """Intake remembers nothing."""

    async def run(
        self, topic: str, partition: int, records: Sequence[KafkaRecord], output: BatchProducer
    ) -> None:
        """One receipt for each, and the person event of a good one."""
        for record in records:
            event = self._story[int(record.value or b"")].event
            if event is None:
                receipt = Receipt(
                    origin=origin_of(record), status=ReceiptStatus.REJECTED, reason=Rejection.NOT_JSON
                )
            else:
                receipt = Receipt(
                    origin=origin_of(record),
                    status=ReceiptStatus.ACCEPTED,
                    sender=event.sender,
                    event_id=event.event_id,
                    type=_TYPES[event.content.kind],
                    fingerprint=event.fingerprint,
                )
                add_person_event(event.model_copy(update={"origin": origin_of(record)}), output)
            output.add(
                Topic.RECEIPTS,
                partition % INPUT_PARTITIONS,
                (receipt.sender or "unknown").encode(),
                receipt.model_dump_json(exclude_none=True).encode(),
            )


class BlindProgress(Checkpoint):
    """Planted: what lies between two records is not read."""

    async def fill_gaps(
        self, topic: str, partition: int, records: Sequence[KafkaRecord]
    ) -> list[KafkaRecord]:
        """The records, as they were delivered."""
        return list(records)


class Worker:
    """One process: two steps, their drivers, and where the engine stands in each partition."""

    def __init__(
        self,
        name: str,
        log: Log,
        clock: Clock,
        law: Law,
        story: Sequence[Sent],
        *,
        blind: bool,
    ) -> None:
        self.name = name
        self.deaf = False
        """It has not heard of a rebalance: what it thinks is its own may be another's."""
        self.places: frozenset[Place] = frozenset()
        self.positions: dict[Place, int] = {}
        self.generation = 0
        self._log, self._clock, self._law, self._story, self._blind = log, clock, law, story, blind
        self.start()

    def start(self) -> None:
        """A new process."""
        self.deaf = False
        self.places = frozenset()
        self.positions = {}
        self._assignment = Assignment()
        reader = self._log.workers_reader
        self.people = PersonStore(reader, MAC)
        self.producers: dict[str, SimulatedProducer] = {}
        self._drivers: dict[str, BatchDriver] = {}
        steps: list[tuple[Processor, Sequence[str]]] = [
            (PlainIntake(self._story), INPUTS),
            (Match(self._law, self.people, MAC), [Topic.PERSON_EVENTS]),
        ]
        progress = BlindProgress if self._blind else Checkpoint
        for step, topics in steps:
            producer = SimulatedProducer(self._log)
            self.producers[step.name] = producer
            self._drivers[step.name] = BatchDriver(
                step,
                topics=topics,
                assignment=self._assignment,
                checkpoint=progress(step.name, reader, MAC),
                output=BatchProducer(cast(AIOKafkaProducer, producer), MAC),
                monotonic=lambda: self._clock.seconds,
                stretch=_STRETCH,
            )

    def assign(self, places: frozenset[Place], committed: dict[Place, int], generation: int) -> None:
        """What the group has given it; it reads on where the group has committed."""
        self.deaf = False
        self.generation = generation
        self._assignment.revoked()
        self._assignment.assigned(places)
        self.places = places
        self.positions = {place: committed.get(place, 0) for place in places}

    async def batch(self, step: str, records: Sequence[KafkaRecord]) -> None:
        """What the engine delivers."""
        await self._drivers[step].batch(records)
        if self.producers[step].ending is not None:
            raise KilledError

    async def refresh(self) -> None:
        """Minutes pass, and nothing comes."""
        try:
            for driver in self._drivers.values():
                await driver.refresh()
        except GrowthUnfinishedError:
            self.start()  # it ends with a sentence, whenever it is started

    def waiting(self, step: str) -> list[Place]:
        """The partitions of its own in which something lies that it has not read."""
        mine = [place for place in self.places if (place[0] == Topic.PERSON_EVENTS) == (step == Match.name)]
        return sorted(place for place in mine if self.positions[place] < self._log.end(place))


class Group:
    """The consumer group: who reads what, and how far it has said that it has come."""

    def __init__(self, log: Log, workers: Sequence[Worker]) -> None:
        self._log = log
        self.workers = list(workers)
        self.committed: dict[Place, int] = {}
        self.generation = 0

    def rebalance(self, rng: Random, deaf: Worker | None = None) -> None:
        """Deal the partitions out anew; one worker may not hear of it, and has none of them."""
        self.generation += 1
        hearing = [worker for worker in self.workers if worker is not deaf]
        dealt: dict[str, set[Place]] = {worker.name: set() for worker in hearing}
        turn = rng.randrange(len(hearing))
        topics = (*INPUTS, str(Topic.PERSON_EVENTS))
        for number, place in enumerate(self._log.places(topics)):
            dealt[hearing[(number * 7 // 3 + turn) % len(hearing)].name].add(place)
        for worker in hearing:
            worker.assign(frozenset(dealt[worker.name]), self.committed, self.generation)
        if deaf is not None:
            deaf.deaf = True

    def commit(self, worker: Worker, place: Place, offset: int) -> None:
        """The broker takes it from who is in the group, and from nobody else."""
        if worker.generation == self.generation:
            self.committed[place] = offset
