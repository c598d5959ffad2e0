"""Ledger processes: the real `ledger.consume.consumer.Ledger`, step by step, with a consumer in memory."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from random import Random
from types import SimpleNamespace
from typing import Any, Final, cast

import psycopg
from aiokafka import TopicPartition

from config.kafka import KafkaSettings
from infra.kafka_record import KafkaRecord
from infra.postgres import Connection
from ledger import outbox
from ledger.consume.consumer import TOPICS, Ledger, LedgerSettings
from ledger.store.repository import Fenced
from ledger.tasks.projection import Policy
from tests.simulation.failing_connection import Session
from tests.simulation.faults import Fault
from tests.simulation.kafka_in_memory import Log, Place
from tests.simulation.macs import MAC


def places(log: Log) -> tuple[Place, ...]:
    """What the ledgers read."""
    return tuple(log.places([*map(str, TOPICS)]))


_SETTINGS: Final = LedgerSettings(kafka=cast(KafkaSettings, None), database_url="", mac=MAC)


class SimulatedConsumer:
    """What the ledger asks of aiokafka's consumer."""

    def __init__(self, log: Log, rng: Random) -> None:
        self._log = log
        self._rng = rng
        self.places: tuple[Place, ...] = places(log)
        self._positions: dict[Place, int] = {}
        self._paused: set[Place] = set()

    def partitions_for_topic(self, topic: str) -> set[int]:
        """As the brokers say."""
        return set(range(self._log.partitions(topic)))

    async def end_offsets(self, places: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """The same of any partition."""
        return {place: self._log.end((place.topic, place.partition)) for place in places}

    async def position(self, place: TopicPartition) -> int:
        """Where it reads on; it moves where offsets hold no record."""
        return self._positions.get((place.topic, place.partition), 0)

    def pause(self, *places: TopicPartition) -> None:
        """Nothing comes of these."""
        self._paused |= {(place.topic, place.partition) for place in places}

    def resume(self, *places: TopicPartition) -> None:
        """It comes again."""
        self._paused -= {(place.topic, place.partition) for place in places}

    def assignment(self) -> set[TopicPartition]:
        """What the group has given it."""
        return {TopicPartition(*place) for place in self.places}

    def seek(self, place: TopicPartition, offset: int) -> None:
        """Read on there."""
        self._positions[place.topic, place.partition] = offset

    async def seek_to_beginning(self, *places: TopicPartition) -> None:
        """Read from the start."""
        for place in places:
            self.seek(place, 0)

    async def getmany(self, *, timeout_ms: int) -> dict[TopicPartition, list[SimpleNamespace]]:
        """A few records of a few partitions."""
        polled: dict[TopicPartition, list[SimpleNamespace]] = {}
        some = [
            place
            for place in self.places
            if place not in self._paused and self._positions.get(place, 0) < self._log.end(place)
        ]
        for place in self._rng.sample(some, self._rng.randint(0, len(some))):
            start = self._positions.get(place, 0)
            records = self._log.read(place, start, self._log.end(place))[: self._rng.randint(1, 12)]
            self._positions[place] = records[-1].offset + 1 if records else self._log.end(place)
            if records:
                polled[TopicPartition(*place)] = [_as_delivered(record) for record in records]
        return polled

    async def commit(self, offsets: Any) -> None:
        """A hint, for lag displays."""


class LedgerProcess:
    """One of two that share the partitions, or both think that they have them."""

    def __init__(
        self, log: Log, policy: Policy, rng: Random, session: Session, count: Callable[[Fault], None]
    ) -> None:
        self._log, self._policy, self._rng, self._count = log, policy, rng, count
        self.session = session
        self.start()

    def start(self) -> None:
        """A new process."""
        self.consumer = SimulatedConsumer(self._log, self._rng)
        self._ledger = Ledger(_SETTINGS, self._policy, lambda: None)
        self._ledger._consumer = self.consumer

    def assign(self, places: Iterable[Place]) -> None:
        """The group has dealt anew."""
        self.consumer.places = tuple(places)
        self._ledger._stale = True

    async def step(self) -> None:
        """One poll and its transaction, with what `Ledger.run` does about a failure; then it reads ahead."""
        try:
            await self._ledger._step(cast(Connection, self.session))
        except Fenced:
            self._count(Fault.FENCED)
            self._ledger._stale = True
        except psycopg.OperationalError:
            self._ledger._stale = True
        # Whatever happens next, happens to a ledger that holds records which it has not projected.
        await asyncio.sleep(0)


def _as_delivered(record: KafkaRecord) -> SimpleNamespace:
    """By aiokafka's names."""
    return SimpleNamespace(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        timestamp=record.timestamp_ms,
        key=record.key,
        value=record.value,
        headers=record.headers,
    )


def deal(processes: Sequence[LedgerProcess], log: Log, *, apart: bool) -> None:
    """The group deals anew; or one does not hear that the other has them all now, and goes on."""
    one, other = processes
    every = places(log)
    if apart:
        one.assign(every[::2])
    other.assign(every[1::2] if apart else every)


class OutboxProducer:
    """What the outbox asks of aiokafka's producer."""

    def __init__(self, log: Log) -> None:
        self._log = log

    async def partitions_for(self, topic: str) -> set[int]:
        """The partitions of a topic."""
        return set(range(self._log.partitions(topic)))

    async def send(
        self,
        topic: str,
        *,
        key: bytes,
        value: bytes,
        partition: int,
        headers: Sequence[tuple[str, bytes | None]],
    ) -> Any:
        """Append; the acknowledgement can be awaited."""
        self._log.append(topic, partition, key, value, headers)
        return _acknowledged()


async def _acknowledged() -> None:
    return None


async def send_outbox(session: Session, log: Log) -> int:
    """What is due is said, at least once."""
    try:
        return await outbox.send_due(cast(Any, session), cast(Any, OutboxProducer(log)), 60, MAC)
    except psycopg.OperationalError:
        return 0
