"""Makes every person's record again from ``person-events`` by match's own rule, and compares it with ``people``.

Each person is compared as of the applied offset in the stored record, so a worker may run meanwhile.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from aiokafka import AIOKafkaProducer

from config.kafka import KafkaSettings
from config.topics import PERSON_PARTITIONS, Topic
from infra.partition_reader import PartitionReader
from infra.stream_mac import NO_MAC, StreamMac
from models.eligibility.apply_event import apply
from models.eligibility.compare_record import Finding, compare
from models.eligibility.decision import Cause
from models.eligibility.law import Law
from models.eligibility.person_record import PersonRecord
from models.events.person_event import PersonEvent
from streams.batch_producer import BatchProducer
from streams.checkpoint import Checkpoint
from streams.person_store import PersonStore
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
            for partition in range(PERSON_PARTITIONS):
                say(f"{Topic.PERSON_EVENTS}/{partition}")
                first, _ = await reader.bounds(Topic.PERSON_EVENTS, partition)
                if first > 0:
                    result.removed.append(partition)
                    continue
                store = PersonStore(reader, mac)
                await store.load(partition)
                held = store.records(partition)
                processed = checkpoint.next_offset(Topic.PERSON_EVENTS, partition)
                rebuilt = await _rebuilt(reader, mac, partition, held, processed, law, result)
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


async def _rebuilt(
    reader: PartitionReader,
    mac: StreamMac,
    partition: int,
    held: Mapping[str, PersonRecord],
    processed: int,
    law: Law,
    result: PersonStoreRebuild,
) -> dict[str, PersonRecord]:
    people: dict[str, PersonRecord] = {}
    first, end = await reader.bounds(Topic.PERSON_EVENTS, partition)
    async for records in reader.read(Topic.PERSON_EVENTS, partition, first, end):
        for record in mac.split(records)[0]:
            if record.value is None:
                continue  # a tombstone
            event = PersonEvent.model_validate_json(record.value or b"")
            known = held.get(event.person_id)
            if record.offset >= processed and (known is None or record.offset > known.applied):
                continue  # match has not come to it
            person = people.get(event.person_id) or PersonRecord(person_id=event.person_id)
            cause = Cause(partition=partition, offset=record.offset)
            people[event.person_id] = apply(person, event, cause, law).record
            result.events += 1
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
