"""Records per second of a whole worker process: intake and match, each over a backlog that waits for it.

The rate is taken from the brokers' own timestamps of the first and the last output, so neither the start of the
process nor the polling of this one is in it.
"""

import asyncio
from collections.abc import Callable, Iterable

from aiokafka import AIOKafkaProducer
from confluent_kafka import Consumer, TopicPartition

from bench.place import Place
from config.topics import PERSON_PARTITIONS, Topic
from models.events.accepted_event import write_person_event
from models.events.person_event import PersonEvent
from streams.batch_producer import BatchProducer, partition_of
from streams.processors import key_of_event

_POLL_SECONDS = 120.0
_CHUNK = 5000


async def fill(
    place: Place, events: Iterable[PersonEvent], key_of: Callable[[PersonEvent], bytes] = key_of_event
) -> int:
    """Write a backlog of person events."""
    producer = AIOKafkaProducer(**place.kafka.producer())
    await producer.start()
    output, number = BatchProducer(producer, place.mac), 0
    try:
        for event in events:
            output.add(
                Topic.PERSON_EVENTS,
                partition_of(event.person_id, PERSON_PARTITIONS),
                key_of(event),
                write_person_event(event),
            )
            number += 1
            if number % _CHUNK == 0:
                await output.flush()
        await output.flush()
    finally:
        await producer.stop()
    return number


def match_rate(place: Place, number: int) -> float:
    """Events per second by which one worker applies the backlog of `number` person events."""
    with place.worker():
        return _rate(applied_stamps(place, number))


def applied_stamps(place: Place, number: int) -> list[tuple[int, int]]:
    """When the brokers had the entries of `number` applied events, in milliseconds, and how many at each time."""
    stamps: list[tuple[int, int]] = []
    for message in _outputs(place, Topic.APPLIED):
        # Counted, not read: whoever measures shares the processors.
        stamps.append((message.timestamp()[1], message.value().count(b'"origin_offset"')))
        if sum(count for _, count in stamps) >= number:
            break
    return stamps


def intake_rate(place: Place, number: int) -> float:
    """Records per second by which one worker gives `number` input records their receipts, match running beside it."""
    stamps: list[tuple[int, int]] = []
    with place.worker():
        for message in _outputs(place, Topic.RECEIPTS):
            stamps.append((message.timestamp()[1], 1))
            if len(stamps) >= number:
                break
    return _rate(stamps)


def _rate(stamps: list[tuple[int, int]]) -> float:
    stamps.sort()
    first = stamps[0][0]
    after = sum(count for stamp, count in stamps if stamp > first)
    return after / ((stamps[-1][0] - first) / 1000)


def _outputs(place: Place, topic: str):  # type: ignore[no-untyped-def]
    consumer = Consumer(place.kafka.librdkafka() | {"group.id": "bench", "auto.offset.reset": "earliest"})
    partitions = consumer.list_topics(topic, timeout=20).topics[topic].partitions
    consumer.assign([TopicPartition(topic, partition, 0) for partition in partitions])
    try:
        while (message := consumer.poll(_POLL_SECONDS)) is not None:
            yield message
    finally:
        consumer.close()


def run_fill(place: Place, events: Iterable[PersonEvent]) -> int:
    """`fill` from synchronous code."""
    return asyncio.run(fill(place, events))
