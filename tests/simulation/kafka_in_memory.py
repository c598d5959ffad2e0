"""Kafka in memory: partitions with offsets, holes and append times, and compaction.

It must not be kinder than a broker: it keeps what Kafka keeps, and compacts as early as Kafka may.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Final, cast

from config.topics import BY_NAME, GROWING, OWN_KEYS, PERSON_PARTITIONS, Topic
from infra.kafka_record import KafkaRecord
from infra.partition_reader import PartitionReader
from infra.stream_mac import APPLIED_HEADER
from models.eligibility.person_record import PersonRecord
from models.events.event_types import InputTopic
from models.events.person_event import PersonEvent
from streams.packed_record import unpack
from tests.simulation.clock import Clock
from tests.simulation.macs import MAC

Place = tuple[str, int]
_APPEND_TIME: Final = frozenset(str(topic) for topic in InputTopic)
_BROKERS: Final = 3
_TOO_FAR: Final = 3


COMPACTION_LAG: Final = timedelta(milliseconds=BY_NAME[Topic.PEOPLE].compaction_lag_ms)
_PROGRESS_LAG: Final = timedelta(milliseconds=BY_NAME[Topic.PROGRESS].compaction_lag_ms)


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
        self.people_partitions = {Topic(name): PERSON_PARTITIONS for name in GROWING}
        """Of the topics that grow."""
        self.skews = [timedelta(0)] * _BROKERS
        """How far each broker's clock is off."""
        self.last_write_wins = False
        """Planted: `people` is stamped so that the last record of a person wins."""
        self.forgets_carried = False
        """Planted: workers do not see who was carried over."""
        self.carries_too_far = False
        """Planted: the checkpoints say that people were carried over further on."""
        self.forgets_cut_offs = False
        """Planted: a gravestone is written to `people` without its cut-off."""

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
        if self.forgets_cut_offs and topic == Topic.PEOPLE and value is not None:
            said = PersonRecord.model_validate_json(unpack(value))
            value = (
                said.model_copy(update={"erased_before": None}).model_dump_json(exclude_none=True).encode()
            )
            headers = MAC.headers(topic, partition, key, value, [("applied", b"%d" % said.applied)])
        if self.carries_too_far and topic == Topic.PROGRESS and (key or b"").startswith(b"carried/"):
            value = b"%d" % (int(value or b"0") + _TOO_FAR)
            headers = MAC.headers(topic, partition, key, value)
        record = KafkaRecord(topic, partition, offset, round(at.timestamp() * 1000), key, value, headers)
        self._ends[place] = offset + 1
        self._records[place].append(record)
        return record

    def partitions(self, topic: str) -> int:
        """How many it has."""
        return self.people_partitions.get(cast(Topic, topic), BY_NAME[topic].partitions)

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

    def compact(self) -> tuple[int, int]:
        """Drop each record of a compacted topic that has a newer one, both past the lag; returns how many.

        Of `people`, and of the two topics with a key for each record. Of `progress` too, as soon as Kafka may.

        Of a tombstone past it nothing stays either.
        """
        self._drop_older((str(Topic.PROGRESS), 0), _PROGRESS_LAG)
        dropped = [0, 0]
        for place in self.places((Topic.PEOPLE, *OWN_KEYS)):
            dropped[place[0] != Topic.PEOPLE] += self._drop_older(place, self._lag)
        return dropped[0], dropped[1]

    def _drop_older(self, place: Place, lag: timedelta) -> int:
        limit = (self._clock.now - lag).timestamp() * 1000
        stretch = self._records[place]
        last = {record.key: record.offset for record in stretch if record.timestamp_ms < limit}
        kept = [
            record
            for record in stretch
            if record.timestamp_ms >= limit
            or (last[record.key] == record.offset and record.value is not None)
        ]
        self._records[place] = kept
        return len(stretch) - len(kept)

    def places(self, topics: Sequence[str]) -> list[Place]:
        """All partitions of the topics."""
        return [(topic, partition) for topic in topics for partition in range(self.partitions(topic))]

    @property
    def reader(self) -> PartitionReader:
        """Reads this log beside the stream."""
        return cast(PartitionReader, _Reader(self, blind=False))

    @property
    def workers_reader(self) -> PartitionReader:
        """The same, as a worker has it."""
        return cast(PartitionReader, _Reader(self, blind=self.forgets_carried))


class _Reader:
    def __init__(self, log: Log, *, blind: bool) -> None:
        self._log, self._blind = log, blind

    async def partitions(self, topic: str) -> list[int]:
        return list(range(self._log.partitions(topic)))

    async def bounds(self, topic: str, partition: int) -> tuple[int, int]:
        return 0, self._log.end((topic, partition))

    async def read(
        self, topic: str, partition: int, start: int, end: int
    ) -> AsyncIterator[list[KafkaRecord]]:
        records = self._log.read((topic, partition), start, end)
        if self._blind and topic == Topic.PEOPLE and partition >= PERSON_PARTITIONS:
            records = [record for record in records if (APPLIED_HEADER, b"-1") not in record.headers]
        if records:
            yield records


def _offset(record: KafkaRecord) -> int:
    return record.offset
