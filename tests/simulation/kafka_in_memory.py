"""Kafka in memory: partitions with offsets, holes and append times, and compaction.

It must not be kinder than a broker: it keeps what Kafka keeps, and compacts as early as Kafka may.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from functools import lru_cache
from itertools import product
from typing import Final, cast

from config.topics import BY_NAME, OWN_KEYS, PERSON_PARTITIONS, Topic
from infra.kafka_record import KafkaRecord
from infra.partition_reader import PartitionReader
from models.events.event_types import InputTopic
from models.events.person_event import PersonEvent
from tests.simulation.clock import Clock
from tests.simulation.macs import MAC

Place = tuple[str, int]
_APPEND_TIME: Final = frozenset(str(topic) for topic in InputTopic)
_BROKERS: Final = 3


COMPACTION_LAG: Final = timedelta(milliseconds=BY_NAME[Topic.PEOPLE].compaction_lag_ms)


@lru_cache(maxsize=2048)
def person_event(value: bytes | None) -> PersonEvent:
    """As it was written; whoever looks at the log looks at the same ones again and again."""
    return PersonEvent.model_validate_json(value or b"")


class Log:
    """Every partition of the cluster. A partition's leader stamps its input records with its own clock."""

    def __init__(self, clock: Clock, *, compaction_lag: timedelta = COMPACTION_LAG) -> None:
        self._clock = clock
        self._lag = compaction_lag
        self._records: dict[Place, list[KafkaRecord]] = defaultdict(list)
        self._ends: dict[Place, int] = defaultdict(int)
        self.skews = [timedelta(0)] * _BROKERS
        """How far each broker's clock is off."""
        self.last_write_wins = False
        """Planted: `people` is stamped so that the last record of a person wins."""

    def append(
        self,
        topic: str,
        partition: int,
        key: bytes | None,
        value: bytes | None,
        headers: Sequence[tuple[str, bytes | None]] = (),
    ) -> KafkaRecord:
        """Write one record."""
        place = (topic, partition)
        offset = self._ends[place]
        at = self._clock.now
        if topic in _APPEND_TIME:
            at += self.skews[partition % _BROKERS]
        if self.last_write_wins and topic == Topic.PEOPLE:
            headers = MAC.headers(topic, partition, key, value, [("applied", b"%d" % offset)])
        record = KafkaRecord(topic, partition, offset, round(at.timestamp() * 1000), key, value, headers)
        self._ends[place] = offset + 1
        self._records[place].append(record)
        return record

    def leave_hole(self, topic: str, partition: int) -> None:
        """An offset without a record, as an aborted transaction leaves it."""
        self._ends[topic, partition] += 1

    def end(self, place: Place) -> int:
        """The offset after the last."""
        return self._ends[place]

    def read(self, place: Place, start: int, end: int) -> list[KafkaRecord]:
        """The records with offsets in [start, end) that exist."""
        stretch = self._records[place]
        return stretch[bisect_left(stretch, start, key=_offset) : bisect_left(stretch, end, key=_offset)]

    def all_of(self, topic: str) -> list[KafkaRecord]:
        """Everything on a topic, partition by partition."""
        return [
            record
            for (name, _), stretch in sorted(self._records.items())
            if name == topic
            for record in stretch
        ]

    def compact(self) -> int:
        """Drop each record of a compacted topic that has a newer one, both past the lag; returns how many of `people`.

        Of a tombstone past it nothing stays either. `progress` is left whole: what is lost of it is lost by age.
        """
        oldest = self._clock.now - self._lag
        limit = oldest.timestamp() * 1000
        dropped = 0
        for topic, partition in product((Topic.PEOPLE, *OWN_KEYS), range(PERSON_PARTITIONS)):
            stretch = self._records[topic, partition]
            last = {record.key: record.offset for record in stretch if record.timestamp_ms < limit}
            kept = [
                record
                for record in stretch
                if record.timestamp_ms >= limit
                or (last[record.key] == record.offset and record.value is not None)
            ]
            dropped += len(stretch) - len(kept) if topic == Topic.PEOPLE else 0
            self._records[topic, partition] = kept
        return dropped

    @property
    def reader(self) -> PartitionReader:
        """Reads this log beside the stream."""
        return cast(PartitionReader, _Reader(self))


class _Reader:
    def __init__(self, log: Log) -> None:
        self._log = log

    async def bounds(self, topic: str, partition: int) -> tuple[int, int]:
        return 0, self._log.end((topic, partition))

    async def read(
        self, topic: str, partition: int, start: int, end: int
    ) -> AsyncIterator[list[KafkaRecord]]:
        records = self._log.read((topic, partition), start, end)
        if records:
            yield records


def _offset(record: KafkaRecord) -> int:
    return record.offset
