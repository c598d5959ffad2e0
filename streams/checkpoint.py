"""How far a processor has come in each partition, kept in Kafka and written after the processor's output.

If a stream engine skips records in a rebalance (faust.md, 3), there is a gap between the checkpoint and the next
record. The gap is then read from the broker first, so that each partition is processed completely and in order.
"""

import logging
from collections.abc import Sequence
from typing import Final

from config.topics import Topic
from infra.kafka_record import KafkaRecord
from infra.partition_reader import PartitionReader
from infra.partitioner import PersonPartitions, latest
from infra.stream_mac import NO_MAC, StreamMac
from models.events.receipt import ForeignRecord
from streams.batch_producer import BatchProducer

log = logging.getLogger(__name__)
CARRIED: Final = "carried"
"""In place of a step: up to where the people of a partition of ``person-events`` were carried over to the next
generation (docs/decisions/0069)."""
_PASSED_ON: Final = "passed-on"
"""In place of match: how far it has passed on what came to such a partition afterwards."""


class GrowthUnfinishedError(RuntimeError):
    """Brokers and checkpoints say different things of where people are decided upon: `topics grow` ends it."""


class Checkpoint:
    """The next offset of every partition that `processor` reads."""

    def __init__(self, processor: str, reader: PartitionReader, mac: StreamMac = NO_MAC) -> None:
        self._processor = processor
        self._reader = reader
        self._mac = mac
        self._next: dict[tuple[str, int], int] = {}
        self.carried: dict[int, int] = {}
        """By partition of ``person-events``: where match has stopped to decide there."""
        self.skipped = 0
        """Records that the engine had skipped and that were read from the broker."""

    async def load(self) -> list[ForeignRecord]:
        """Read the topic; returns what is foreign there, which says nothing of how far the processor has come.

        With several writers the highest offset is right: a checkpoint never goes back.
        """
        self._next.clear()
        found: dict[tuple[str, str, int], int] = {}
        foreign: list[ForeignRecord] = []
        first, end = await self._reader.bounds(Topic.PROGRESS, 0)
        async for records in self._reader.read(Topic.PROGRESS, 0, first, end):
            ours, others = self._mac.split(records)
            foreign += others
            for record in ours:
                processor, topic, partition = (record.key or b"").decode().split("/")
                key = (processor, topic, int(partition))
                found[key] = max(found.get(key, 0), int(record.value or b"0"))
        self.carried = {part: upto for (processor, _, part), upto in found.items() if processor == CARRIED}
        for (processor, topic, part), upto in found.items():
            if processor == self._step(topic, part):
                self._next[topic, part] = upto
        for part, upto in self.carried.items():
            if self._step(Topic.PERSON_EVENTS, part) == _PASSED_ON:
                self._next.setdefault((Topic.PERSON_EVENTS, part), upto)
        return foreign

    @property
    def people(self) -> PersonPartitions:
        """The partitions in which people are decided upon: those from which nobody was carried over."""
        present = PersonPartitions()
        while all(partition in self.carried for partition in present.all):
            present = present.next
        return present

    def agree(self, partitions: int) -> None:
        """``person-events`` has so many. Raises `GrowthUnfinishedError`: whoever went on would know nobody."""
        known, told = self.people, latest(partitions)
        if told != known:
            wanted = known.next if known.end < told.end else known
            raise GrowthUnfinishedError(
                f"person-events has {partitions} partitions, and by the checkpoints people are decided upon in "
                f"{known.end}: run frafaldsvarsel topics grow --to {wanted.end}."
            )
        if partitions != known.end:
            log.warning(
                "%s: person-events has %d partitions, and people are decided upon in %d: another tool has added some; "
                "run frafaldsvarsel topics grow --to %d",
                self._processor,
                partitions,
                known.end,
                known.next.end,
            )

    def _step(self, topic: str, partition: int) -> str:
        """Under which this processor's checkpoint of the partition stands."""
        is_past = topic == Topic.PERSON_EVENTS and partition in self.carried
        return _PASSED_ON if is_past and self._processor != CARRIED else self._processor

    def next_offset(self, topic: str, partition: int) -> int:
        """Everything before it is processed; 0 where nothing is known."""
        return self._next.get((topic, partition), 0)

    async def fill_gaps(
        self, topic: str, partition: int, records: Sequence[KafkaRecord]
    ) -> list[KafkaRecord]:
        """`records` of one partition, with those that are missing before and between them read from the broker."""
        expected = self._next.get((topic, partition))
        if expected is None:
            expected, _ = await self._reader.bounds(topic, partition)
        complete: list[KafkaRecord] = []
        for record in records:
            if record.offset > expected:
                complete += await self._read_skipped(topic, partition, expected, record.offset)
            complete.append(record)
            expected = max(expected, record.offset + 1)
        return complete

    async def rest(self, topic: str, partition: int) -> tuple[int, int]:
        """From where on the partition is not processed, and its end."""
        first, end = await self._reader.bounds(topic, partition)
        start = max(first, self.next_offset(topic, partition))
        return start, max(start, end)

    async def read_rest(self, topic: str, partition: int, start: int, end: int) -> list[KafkaRecord]:
        """Records that the engine has never delivered."""
        found: list[KafkaRecord] = []
        async for records in self._reader.read(topic, partition, start, end):
            found += records
        self.skipped += len(found)
        if found:
            log.warning(
                "%s: the stream skipped %d records at the end of %s/%d; read beside it",
                self._processor,
                len(found),
                topic,
                partition,
            )
        return found

    def advance(self, topic: str, partition: int, next_offset: int, output: BatchProducer) -> None:
        """Everything before `next_offset` is processed. Sent after the output that follows from it is acknowledged."""
        place = (topic, partition)
        self._next[place] = max(self._next.get(place, 0), next_offset)
        output.add(
            Topic.PROGRESS,
            0,
            f"{self._step(topic, partition)}/{topic}/{partition}".encode(),
            str(self._next[place]).encode(),
        )

    async def _read_skipped(self, topic: str, partition: int, start: int, end: int) -> list[KafkaRecord]:
        first, _ = await self._reader.bounds(topic, partition)
        if first > start:
            log.error(
                "%s: retention has removed offsets %d to %d of %s/%d before they were read",
                self._processor,
                start,
                min(first, end) - 1,
                topic,
                partition,
            )
        found: list[KafkaRecord] = []
        async for records in self._reader.read(topic, partition, max(start, first), end):
            found += records
        self.skipped += len(found)
        if found:
            log.warning(
                "%s: the stream skipped %d records of %s/%d from offset %d; read beside it",
                self._processor,
                len(found),
                topic,
                partition,
                start,
            )
        return found


async def people_now(reader: PartitionReader, mac: StreamMac) -> PersonPartitions:
    """Where people are decided upon, and their records stand that count."""
    checkpoint = Checkpoint("", reader, mac)
    await checkpoint.load()
    return checkpoint.people
