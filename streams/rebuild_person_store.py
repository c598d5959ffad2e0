"""Makes every person's record again from ``person-events`` by match's own rule, and compares it with ``people``.

Each person is compared as of the applied offset in the stored record, so a worker may run meanwhile.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from aiokafka import AIOKafkaProducer

from config.kafka import KafkaSettings
from config.topics import Topic
from infra.partition_reader import PartitionReader
from infra.partitioner import PersonPartitions
from infra.stream_mac import NO_MAC, StreamMac
from models.eligibility.apply_event import apply
from models.eligibility.compare_record import Finding, compare
from models.eligibility.decision import Cause
from models.eligibility.law import Law
from models.eligibility.person_record import PersonRecord
from models.events.person_event import PersonEvent
from streams.batch_producer import BatchProducer
from streams.checkpoint import Checkpoint
from streams.person_store import PersonStore, carried, encoded
from streams.processors import Match


@dataclass(slots=True)
class PersonStoreRebuild:
    """The result, over all partitions."""

    people: int = 0
    events: int = 0
    held_hash: str = ""
    rebuilt_hash: str = ""
    findings: list[Finding] = field(default_factory=list)
    removed: list[int] = field(default_factory=list)
    """Partitions of ``person-events`` whose beginning is gone: what is held there cannot be rebuilt."""
    written: int = 0


async def rebuild_person_store(
    kafka: KafkaSettings, law: Law, *, write: bool, say: Callable[[str], None], mac: StreamMac = NO_MAC
) -> PersonStoreRebuild:
    """Rebuild and compare every partition; `write` also writes what differs, with its applied offset."""
    result = PersonStoreRebuild()
    hashes = sha256(), sha256()
    producer = AIOKafkaProducer(**kafka.producer()) if write else None
    async with PartitionReader(kafka) as reader:
        if producer is not None:
            await producer.start()
        try:
            # Checkpoint before people before events: each is then at least as far as the one read before it.
            checkpoint = Checkpoint(Match.name, reader, mac)
            await checkpoint.load()
            rebuild = _Rebuild(reader, mac, law, result, say)
            left = await rebuild.people_of_before(checkpoint)
            # Who came from a partition whose beginning is gone cannot be rebuilt, wherever they are now.
            for partition in checkpoint.people.all if not result.removed else ():
                if not await rebuild.is_whole(partition):
                    continue
                store = PersonStore(reader, mac)
                await store.load(partition)
                held = store.records(partition)
                processed = checkpoint.next_offset(Topic.PERSON_EVENTS, partition)
                rebuilt = await rebuild.people_in(partition, held, processed, left[partition])
                found = []
                for person in sorted(held.keys() | rebuilt.keys()):
                    stored, made = held.get(person), rebuilt.get(person)
                    _add(hashes[0].update, stored)
                    _add(hashes[1].update, made)
                    if (finding := compare(stored, made)) is not None:
                        found.append(finding)
                result.people += len(rebuilt)
                result.findings += found
                if producer is not None:
                    result.written += await _write(store, BatchProducer(producer, mac), partition, found)
        finally:
            if producer is not None:
                await producer.stop()
    result.held_hash, result.rebuilt_hash = hashes[0].hexdigest(), hashes[1].hexdigest()
    return result


@dataclass(frozen=True, slots=True)
class _Rebuild:
    reader: PartitionReader
    mac: StreamMac
    law: Law
    result: PersonStoreRebuild
    say: Callable[[str], None]

    async def is_whole(self, partition: int) -> bool:
        """Whether the partition's events can still be read from the first one on."""
        self.say(f"{Topic.PERSON_EVENTS}/{partition}")
        first, _ = await self.reader.bounds(Topic.PERSON_EVENTS, partition)
        if first > 0:
            self.result.removed.append(partition)
        return first == 0

    async def people_of_before(self, checkpoint: Checkpoint) -> Mapping[int, Mapping[str, bytes]]:
        """Everybody as they were carried over, encoded, by partition of the present generation (0069)."""
        generation, left = PersonPartitions(), defaultdict[int, dict[str, bytes]](dict)
        while generation != checkpoint.people:
            found = defaultdict[int, dict[str, bytes]](dict)
            for partition in generation.all:
                if await self.is_whole(partition):
                    upto = checkpoint.carried[partition]
                    for name, person in (await self.people_in(partition, {}, upto, left[partition])).items():
                        found[generation.next.of(name)][name] = encoded(carried(person))
            generation, left = generation.next, found
        return left

    async def people_in(
        self, partition: int, held: Mapping[str, PersonRecord], processed: int, left: Mapping[str, bytes]
    ) -> dict[str, PersonRecord]:
        """By `left`, what was known before, and the partition's events up to where match has come."""
        people = {name: PersonRecord.model_validate_json(value) for name, value in left.items()}
        first, end = await self.reader.bounds(Topic.PERSON_EVENTS, partition)
        async for records in self.reader.read(Topic.PERSON_EVENTS, partition, first, end):
            for record in self.mac.split(records)[0]:
                if record.value is None:
                    continue  # a tombstone
                event = PersonEvent.model_validate_json(record.value)
                known = held.get(event.person_id)
                if record.offset >= processed and (known is None or record.offset > known.applied):
                    continue  # match has not come to it
                person = people.get(event.person_id) or PersonRecord(person_id=event.person_id)
                cause = Cause(partition=partition, offset=record.offset)
                people[event.person_id] = apply(person, event, cause, self.law).record
                self.result.events += 1
        return people


async def _write(store: PersonStore, output: BatchProducer, partition: int, found: list[Finding]) -> int:
    corrected = [finding.mended for finding in found if finding.mended is not None]
    for record in corrected:
        store.put(partition, record, output)
    await output.flush()
    return len(corrected)


def _add(update: Callable[[bytes], None], record: PersonRecord | None) -> None:
    if record is not None:
        # Without the applied offset: it may be higher in a record that was corrected.
        update(record.model_dump_json(exclude={"applied"}).encode() + b"\n")
