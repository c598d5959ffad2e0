"""Of one person, what stands in a partition of a later generation is read later (docs/decisions/0069).

A growth waits until the ledger has projected what was decided before it, so that a partition waits only where a backup
of the database from before the growth was put back.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from aiokafka import TopicPartition

from config.topics import Topic
from infra.partitioner import generations
from ledger.consume.batch import Place

ORDERED: Final = (str(Topic.APPLIED), str(Topic.DECISIONS))
"""Of ``person-events`` a row is noted for each record, whatever was read before it."""


def earlier(topic: str, partitions: int) -> list[Place]:
    """The partitions of a topic with so many that are of a generation before its last one.

    >>> earlier("decisions", 8)
    []
    >>> len(earlier("decisions", 24))
    8
    """
    return [(topic, partition) for partition in range(generations(partitions)[-1].first)]


def waiting(places: Iterable[Place], positions: Mapping[Place, int], ends: Mapping[Place, int]) -> set[Place]:
    """Those of `places` that must not be read yet.

    `positions`: of every partition that was ever projected; `ends`: of the partitions of earlier generations.
    """
    allowed: dict[str, int] = {}
    for (topic, partition), end in ends.items():
        if positions.get((topic, partition), 0) < end:
            own = generations(partition + 1)[-1].end
            allowed[topic] = min(own, allowed.get(topic, own))
    return {place for place in places if place[0] in allowed and place[1] >= allowed[place[0]]}


class EarlierFirst:
    """What the consumer of a ledger must not read yet."""

    def __init__(self) -> None:
        self._ends: dict[Place, int] = {}
        """As they were seen: what comes there afterwards, a worker has written late."""
        self.is_waiting = False

    async def look(self, consumer: Any, positions: Mapping[Place, int]) -> None:
        """It has sought where `positions` say."""
        places = [TopicPartition(*place) for place in _earlier(consumer)]
        ends = await consumer.end_offsets(places) if places else {}
        self._ends = {(place.topic, place.partition): end for place, end in ends.items()}
        self.hold(consumer, positions)

    def hold(self, consumer: Any, positions: Mapping[Place, int]) -> None:
        """Pause what waits, and go on with what waits no more."""
        assigned = consumer.assignment()
        held = waiting([(one.topic, one.partition) for one in assigned], positions, self._ends)
        self.is_waiting = bool(held)
        consumer.resume(*assigned)
        consumer.pause(*(TopicPartition(*place) for place in held))

    def must_ask(self, read: Iterable[Place], known: Mapping[Place, int]) -> list[Place]:
        """Of the partitions that were `read` those that might wait: a backup that is put back under a running ledger
        is noticed by the position that stands elsewhere then, and here none was known."""
        return [place for place in read if place not in known] if self._ends else []

    def may_read(self, places: Iterable[Place], positions: Mapping[Place, int]) -> bool:
        """Whether none of them waits."""
        return not waiting(places, positions, self._ends)


async def passed(consumer: Any, polled: Mapping[Any, Any], known: Mapping[Place, int]) -> dict[Place, int]:
    """Where the consumer has gone past offsets that hold no record, in partitions for which others wait.

    Nothing comes of them, and without this a position would never be at the end.
    """
    found = {}
    for place in _earlier(consumer):
        one = TopicPartition(*place)
        if one in consumer.assignment() and not polled.get(one):
            position: int = await consumer.position(one)
            if position > known.get(place, 0):
                found[place] = position
    return found


def _earlier(consumer: Any) -> list[Place]:
    """Also those that other ledgers read. What the group has dealt may be newer than what this client has heard."""
    found: list[Place] = []
    for topic in ORDERED:
        known = set(consumer.partitions_for_topic(topic) or ())
        known |= {one.partition for one in consumer.assignment() if one.topic == topic}
        found += earlier(topic, max(known, default=0) + 1)
    return found
