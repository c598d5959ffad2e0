"""People get more partitions in the middle of everything: the command dies anywhere, and is run again.

The real `ops.growth.grow.Growth`. Whether, and when, is drawn from a generator of its own: a world in which nothing
grows is the same as before.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from random import Random
from typing import Any, Final, cast

from aiokafka import AIOKafkaProducer

from config.topics import GROWING, Topic
from infra.partition_reader import PartitionReader
from infra.partitioner import PersonPartitions
from ops.growth.grow import CannotGrow, Growth
from tests.simulation.faults import Fault
from tests.simulation.kafka_in_memory import Log
from tests.simulation.macs import MAC
from tests.simulation.units import LAW
from tests.simulation.workers import KilledError, SimulatedProducer, Worker

_SHARE: Final = 0.2
"""Of the worlds."""
_KILLED: Final = 0.4
_DIES_AT_STEP: Final = 0.15
_STAY_AWAY: Final = 0.3
"""How often the workers are not started again between two runs of the command."""
_RESTORED: Final = 0.5
"""Of these worlds: a backup of the database from before the growth is put back after it."""


class Grower:
    """The command, and whoever runs it."""

    def __init__(self, seed: int | str, log: Log) -> None:
        self.rng = Random(f"growth {seed}")
        self.is_on = self.rng.random() < _SHARE
        self.log = log
        self.begun = self.done = False
        self.restores = Random(f"restored across a growth {seed}").random() < _RESTORED
        self.backup: Any = None
        """The first of before, as long as no other was put back."""

    async def run(self, workers: Sequence[Worker], positions: list[dict[str, Any]], *, gently: bool) -> Fault:
        """All workers are stopped, and it is run once."""
        for worker in workers:
            worker.start()
        self.begun = True
        producer = SimulatedProducer(self.log)
        if not gently and self.rng.random() < _KILLED:
            producer.ending, producer.share = Fault.KILLED_IN_OUTPUT, self.rng
        known = {(row["topic"], row["partition"]): row["next_offset"] for row in positions}
        growth = Growth(
            brokers=LogBrokers(self.log),
            producer=cast(AIOKafkaProducer, producer),
            mac=MAC,
            law=LAW,
            projected=lambda: known,
            ledger_seconds=0,
            say=lambda _: None if gently else self._may_die(),
        )
        try:
            await growth.run(PersonPartitions(1).end)
        except KilledError:
            return Fault.GROWTH_KILLED
        except CannotGrow:
            return Fault.GROWTH_WAITS
        self.done = True
        return Fault.GREW

    def _may_die(self) -> None:
        if self.rng.random() < _DIES_AT_STEP:
            raise KilledError

    @property
    def workers_stay_away(self) -> bool:
        """Whether nobody starts them before the next run."""
        if self.log.partitions(Topic.PERSON_EVENTS) < self.log.partitions(Topic.PEOPLE) and self._is_marked:
            return True  # what they write finds no partition
        return not self.done and self.rng.random() < _STAY_AWAY

    @property
    def _is_marked(self) -> bool:
        return any((record.key or b"").startswith(b"carried/") for record in self.log.all_of(Topic.PROGRESS))


class LogBrokers:
    """What `ops.growth.brokers.Brokers` says, of the log in memory."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self.members = 0
        """Of the workers' group. They were stopped; what one of them has under way comes all the same."""

    @asynccontextmanager
    async def reader(self) -> AsyncIterator[PartitionReader]:
        """One that sees all."""
        yield self._log.reader

    async def workers(self) -> int:
        """As told."""
        return self.members

    def add_partitions(self, topics: Sequence[str], total: int) -> None:
        """As a broker does."""
        for topic in topics:
            assert topic in GROWING
            self._log.people_partitions[Topic(topic)] = total
