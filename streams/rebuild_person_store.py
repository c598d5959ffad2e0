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
    async with PartitionReader(kafka) as reader:
        if not write:
            return await rebuild_from(reader, law, None, say, mac)
        producer = AIOKafkaProducer(**kafka.producer())
        await producer.start()
        try:
            return await rebuild_from(reader, law, BatchProducer(producer, mac), say, mac)
        finally:
            await producer.stop()


async def rebuild_from(
    reader: PartitionReader,
    law: Law,
    output: BatchProducer | None,
    say: Callable[[str], None],
    mac: StreamMac,
) -> PersonStoreRebuild:
    """The same by a client that is there; `output` None: nothing is written."""
    result = PersonStoreRebuild()
    hashes = sha256(), sha256()
    # Checkpoint before people before events: each is then at least as far as the one read before it.
    checkpoint = Checkpoint(Match.name, reader, mac)
    await checkpoint.load()
    add = hashes[0].update, hashes[1].update
    rebuild = _Rebuild(reader, mac, law, checkpoint, result, add, output, say)
    for partition in PersonPartitions().all:
        await rebuild.people_of(PersonPartitions(), partition, {})
    result.held_hash, result.rebuilt_hash = hashes[0].hexdigest(), hashes[1].hexdigest()
    return result


@dataclass(frozen=True, slots=True)
class _Rebuild:
    reader: PartitionReader
    mac: StreamMac
    law: Law
    checkpoint: Checkpoint
    result: PersonStoreRebuild
    add: tuple[Callable[[bytes], None], Callable[[bytes], None]]
    """To the hash of what is held, and of what was rebuilt."""
    output: BatchProducer | None
    say: Callable[[str], None]

    async def people_of(self, generation: PersonPartitions, partition: int, left: dict[str, bytes]) -> None:
        """The people of a partition, and then of the two in which they go on (docs/decisions/0069).

        `left`: what was known of them before, encoded. So of people who were carried over, only those of one partition
        of the first generation are held in memory.
        """
        self.say(f"{Topic.PERSON_EVENTS}/{partition}")
        first, _ = await self.reader.bounds(Topic.PERSON_EVENTS, partition)
        if first > 0:
            # Who came from it cannot be rebuilt, wherever they are now.
            self.result.removed.append(partition)
        elif generation == self.checkpoint.people:
            await self._compare(partition, left)
        else:
            store, upto = PersonStore(self.reader, self.mac), self.checkpoint.carried[partition]
            went_on = _carried(generation, await self._changed(partition, store, upto, left), left)
            for one in generation.after(partition):
                await self.people_of(generation.next, one, went_on.pop(one, {}))

    async def _compare(self, partition: int, left: Mapping[str, bytes]) -> None:
        store = PersonStore(self.reader, self.mac)
        await store.load(partition)
        held, processed = (
            set(store.names(partition)),
            self.checkpoint.next_offset(Topic.PERSON_EVENTS, partition),
        )
        changed = await self._changed(partition, store, processed, left)
        found = []
        for person in sorted(held | changed.keys() | left.keys()):
            stored = store.get(partition, person) if person in held else None
            made = changed.pop(person, None) or _known(left, person)
            _add(self.add[0], stored)
            _add(self.add[1], made)
            self.result.people += made is not None
            if (finding := compare(stored, made)) is not None:
                found.append(finding)
        self.result.findings += found
        if self.output is not None:
            self.result.written += await _write(store, self.output, partition, found)

    async def _changed(
        self, partition: int, store: PersonStore, processed: int, left: Mapping[str, bytes]
    ) -> dict[str, PersonRecord]:
        """Whom the partition's events say something of: by them up to where match has come, and by `left`."""
        people: dict[str, PersonRecord] = {}
        first, end = await self.reader.bounds(Topic.PERSON_EVENTS, partition)
        async for records in self.reader.read(Topic.PERSON_EVENTS, partition, first, end):
            for record in self.mac.split(records)[0]:
                if record.value is None:
                    continue  # a tombstone
                event = PersonEvent.model_validate_json(record.value)
                name = event.person_id
                if record.offset >= processed and record.offset > store.get(partition, name).applied:
                    continue  # match has not come to it
                person = people.get(name) or _known(left, name) or PersonRecord(person_id=name)
                cause = Cause(partition=partition, offset=record.offset)
                people[name] = apply(person, event, cause, self.law).record
                self.result.events += 1
        return people


def _carried(
    generation: PersonPartitions, changed: dict[str, PersonRecord], left: dict[str, bytes]
) -> dict[int, dict[str, bytes]]:
    """Everybody as they were carried over, by partition; nobody is held twice meanwhile."""
    went_on = defaultdict[int, dict[str, bytes]](dict)
    while changed:
        name, person = changed.popitem()
        left[name] = encoded(carried(person))
    while left:
        name, value = left.popitem()
        went_on[generation.next.of(name)][name] = value
    return went_on


def _known(left: Mapping[str, bytes], name: str) -> PersonRecord | None:
    value = left.get(name)
    return None if value is None else PersonRecord.model_validate_json(value)


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
