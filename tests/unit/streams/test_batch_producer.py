"""A batch's output: what says that a record is dealt with is sent when the brokers have what it stands for."""

import asyncio
from collections.abc import Sequence
from typing import cast

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from config.topics import Topic
from streams import batch_producer
from streams.batch_producer import BatchProducer

WRITTEN = (
    Topic.PERSON_EVENTS,
    Topic.PEOPLE,
    Topic.DECISIONS,
    Topic.REJECTED,
    Topic.RECEIPTS,
    Topic.APPLIED,
    Topic.PROGRESS,
)
"""What the stream's steps write."""


class Batch:
    """What the project uses of aiokafka's batch builder."""

    is_closed = False

    def append(
        self, *, timestamp: int | None, key: bytes | None, value: bytes, headers: Sequence[tuple[str, bytes]]
    ) -> bool:
        """There is always room."""
        return not self.is_closed

    def close(self) -> None:
        """Nothing more comes."""
        self.is_closed = True


class Brokers:
    """Takes batches, and acknowledges them when it is told to."""

    def __init__(self) -> None:
        self.under_way: list[tuple[str, asyncio.Future[None]]] = []

    def create_batch(self) -> Batch:
        """An empty one."""
        return Batch()

    async def send_batch(self, batch: Batch, topic: str, *, partition: int) -> asyncio.Future[None]:
        """Under way from here on. An open batch would wait for more."""
        assert batch.is_closed
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.under_way.append((topic, future))
        return future

    async def topics(self) -> set[str]:
        """Of what is under way, when nothing moves any more."""
        for _ in range(20):
            await asyncio.sleep(0)
        return {topic for topic, _ in self.under_way}

    def acknowledge(self, error: Exception | None = None) -> None:
        """Answer everything that is under way."""
        for _, future in self.under_way:
            if error is None:
                future.set_result(None)
            else:
                future.set_exception(error)
        self.under_way.clear()


def output(brokers: Brokers) -> BatchProducer:
    """One batch's output on every topic, the answers first."""
    made = BatchProducer(cast(AIOKafkaProducer, brokers))
    for topic in reversed(WRITTEN):
        made.add(topic, 0, b"key", b"value")
    return made


async def test_answers_wait_for_what_they_stand_for_and_progress_for_the_answers() -> None:
    """Seed 13433: a record was in the applied entries, its worker died, and the person's record never had it."""
    brokers = Brokers()
    sending = asyncio.create_task(output(brokers).flush())
    assert await brokers.topics() == {Topic.PEOPLE, Topic.DECISIONS, Topic.REJECTED}
    brokers.acknowledge()
    # What is forwarded to another number stands behind the mark that says so.
    assert await brokers.topics() == {Topic.PERSON_EVENTS}
    brokers.acknowledge()
    assert await brokers.topics() == {Topic.RECEIPTS, Topic.APPLIED}
    brokers.acknowledge()
    assert await brokers.topics() == {Topic.PROGRESS}
    brokers.acknowledge()
    await sending


async def test_nothing_is_said_of_what_the_brokers_have_not_taken() -> None:
    """The failure is the batch's, and no answer follows it."""
    brokers = Brokers()
    sending = asyncio.create_task(output(brokers).flush())
    await brokers.topics()
    brokers.acknowledge(KafkaError())
    with pytest.raises(KafkaError):
        await sending
    assert await brokers.topics() == set()


async def test_what_is_sent_beside_the_step_waits_for_what_was_sent_before() -> None:
    """Of two deliveries the second begins when the brokers have all of the first: its checkpoint says so."""
    brokers = Brokers()
    made = output(brokers)
    await made.send()
    made.add(Topic.PEOPLE, 1, b"key", b"value")
    second = asyncio.create_task(made.flush())
    for expected in (3, 1, 2, 1):
        assert len(await brokers.topics()) == len(brokers.under_way) == expected
        assert made.waiting_bytes == len(b"value")
        brokers.acknowledge()
    assert await brokers.topics() == {Topic.PEOPLE}
    assert made.waiting_bytes == 0
    assert not second.done()
    brokers.acknowledge()
    await second


async def test_a_failure_beside_the_step_is_raised_by_whoever_sends_next() -> None:
    """And what waits is not sent behind it."""
    brokers = Brokers()
    for send_next in (BatchProducer.send, BatchProducer.flush):
        made = output(brokers)
        await made.send()
        await brokers.topics()
        brokers.acknowledge(KafkaError())
        made.add(Topic.PEOPLE, 1, b"key", b"value")
        with pytest.raises(KafkaError):
            await send_next(made)
        assert await brokers.topics() == set()


async def test_nothing_is_sent_behind_what_has_failed() -> None:
    """A checkpoint would stand there without what it stands for."""
    brokers = Brokers()
    made = output(brokers)
    await made.send()
    await brokers.topics()
    brokers.acknowledge(KafkaError())
    made.add(Topic.PROGRESS, 0, b"key", b"value")
    for _ in range(2):
        with pytest.raises(KafkaError):
            await made.flush()
    assert await brokers.topics() == set()


async def test_who_is_cancelled_while_waiting_leaves_the_delivery_be() -> None:
    """A refresh is cancelled when a worker stops; the batch that comes after it sends behind all of its output."""
    brokers = Brokers()
    made = output(brokers)
    refreshing = asyncio.create_task(made.flush())
    await brokers.topics()
    refreshing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await refreshing
    made.add(Topic.PROGRESS, 0, b"key", b"value")
    going_on = asyncio.create_task(made.flush())
    for expected in ({Topic.PEOPLE, Topic.DECISIONS, Topic.REJECTED}, {Topic.PERSON_EVENTS}):
        assert await brokers.topics() == expected
        brokers.acknowledge()
    assert await brokers.topics() == {Topic.RECEIPTS, Topic.APPLIED}
    for _ in range(3):
        brokers.acknowledge()
        assert await brokers.topics() <= {Topic.PROGRESS}
    await going_on


async def test_what_is_computed_meanwhile_is_no_time_of_the_delivery(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside events that cost 0.2 s each it gets on so slowly that it would never be through in time."""
    monkeypatch.setattr(batch_producer, "_DELIVERY_SECONDS", 0.05)
    brokers = Brokers()
    made = output(brokers)
    await made.send()
    await brokers.topics()
    await asyncio.sleep(0.1)
    waiting = asyncio.create_task(made.flush())
    for _ in range(4):
        await brokers.topics()
        brokers.acknowledge()
    await waiting
    await made.send()
    made.add(Topic.PEOPLE, 0, b"key", b"value")
    await made.send()
    await brokers.topics()
    with pytest.raises(TimeoutError):
        await made.flush()


async def test_others_have_their_turn_between_two_partitions() -> None:
    """A producer that has room never waits: thousands of records would be sent in one turn."""
    brokers = Brokers()
    made = BatchProducer(cast(AIOKafkaProducer, brokers))
    for partition in range(8):
        made.add(Topic.PEOPLE, partition, b"key", b"value")
    sending = asyncio.create_task(made.flush())
    await asyncio.sleep(0)
    seen = []
    for _ in range(8):
        await asyncio.sleep(0)
        seen.append(len(brokers.under_way))
    assert seen == list(range(1, 9))
    for _ in range(20):
        await asyncio.sleep(0)
    brokers.acknowledge()
    await sending
