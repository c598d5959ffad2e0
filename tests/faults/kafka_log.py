"""The log as the judge reads it: its partitions, and every committed record within bounds."""

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from confluent_kafka import Consumer, TopicPartition

from config.topics import PERSON_PARTITIONS, TOPICS
from tests.faults.admin import At

QUIET: Final = {"log_level": 0}
"""librdkafka writes to the terminal by itself."""


class NotDrained(AssertionError):
    """Something is still under way after all patience; the message says what."""


def places(names: Iterable[str], people: int = PERSON_PARTITIONS) -> list[At]:
    """Every partition of the topics; `people`: how many those have that have grown."""
    partitions = {spec.name: people if spec.grows else spec.partitions for spec in TOPICS}
    return [(name, part) for name in names for part in range(partitions[name])]


def read(bootstrap: str, bounds: Mapping[tuple[str, int], tuple[int, int]]) -> Sequence[Any]:
    """Every committed record within the bounds (first, end), by another client than the service's."""
    wanted = {place: limits for place, limits in bounds.items() if limits[1] > limits[0]}
    found: list[Any] = []
    if not wanted:
        return found
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "faults-judge",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
            "auto.offset.reset": "earliest",
            **QUIET,
        }
    )
    consumer.assign([TopicPartition(topic, part, first) for (topic, part), (first, _) in wanted.items()])
    left = set(wanted)
    deadline = time.monotonic() + 60
    try:
        while left:
            if time.monotonic() > deadline:
                raise NotDrained(f"{len(left)} partitions could not be read")
            for message in consumer.consume(2000, timeout=0.2):
                place = (str(message.topic()), int(message.partition() or 0))
                if message.error() is not None:
                    left.discard(place)
                elif (message.offset() or 0) < wanted[place][1]:
                    found.append(message)
    finally:
        consumer.close()
    return found
