"""Every person's record once more from ``person-events``, by match's own rule, held against ``people``.

Each person is compared as of the offset that the record says was applied last, so a worker may go on meanwhile.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from aiokafka import AIOKafkaProducer

from config.kafka import KafkaSettings
from config.topics import PERSON_PARTITIONS, Topic
from infra.partition_reader import PartitionReader
from models.eligibility.apply_event import apply
from models.eligibility.compare_record import Finding, compare
from models.eligibility.decision import Cause
from models.eligibility.law import Law
from models.eligibility.person_record import PersonRecord
from models.events.person_event import PersonEvent
from streams.batch_producer import BatchProducer

_APPLIED: Final = "applied"
_STRETCH: Final = 20_000
_MATCH: Final = f"match/{Topic.PERSON_EVENTS}/"


@dataclass(slots=True)
class PersonStoreRebuild:
    """What came of it, over all partitions."""

    people: int = 0
    events: int = 0
    held_hash: str = ""
    rebuilt_hash: str = ""
    findings: list[Finding] = field(default_factory=list)
    removed: list[int] = field(default_factory=list)
    """Partitions of ``person-events`` whose beginning is gone: what is held there cannot be rebuilt."""
    written: int = 0


@asynccontextmanager
async def _reading(kafka: KafkaSettings) -> AsyncIterator[PartitionReader]:
    reader = PartitionReader(kafka)
    try:
        await reader.start()
        yield reader
    finally:
        await reader.stop()


async def rebuild_person_store(
    kafka: KafkaSettings, law: Law, *, write: bool, say: Callable[[str], None]
) -> PersonStoreRebuild:
    """Rebuild and compare every partition; `write` also writes what differs, with its applied offset."""
    result = PersonStoreRebuild()
    hashes = sha256(), sha256()
    producer = AIOKafkaProducer(**kafka.producer()) if write else None
    async with _reading(kafka) as reader:
        if producer is not None:
            await producer.start()
        try:
            # Progress before people before events: each is then at least as far as the one read before it.
            progress = await _progress(reader)
            for partition in range(PERSON_PARTITIONS):
                say(f"{Topic.PERSON_EVENTS}/{partition}")
                first, _ = await reader.bounds(Topic.PERSON_EVENTS, partition)
                if first > 0:
                    result.removed.append(partition)
                    continue
                held = await _held(reader, partition)
                rebuilt = await _rebuilt(reader, partition, held, progress.get(partition, 0), law, result)
                found = []
                for person in sorted(held.keys() | rebuilt.keys()):
                    mine, theirs = held.get(person), rebuilt.get(person)
                    _add(hashes[0].update, mine)
                    _add(hashes[1].update, theirs)
                    if (finding := compare(mine, theirs)) is not None:
                        found.append(finding)
                result.people += len(rebuilt)
                result.findings += found
                if producer is not None:
                    result.written += await _write(BatchProducer(producer), partition, found)
        finally:
            if producer is not None:
                await producer.stop()
    result.held_hash, result.rebuilt_hash = hashes[0].hexdigest(), hashes[1].hexdigest()
    return result


async def _progress(reader: PartitionReader) -> dict[int, int]:
    """The next offset of match in each partition: what is before it stands in ``people``."""
    found: dict[int, int] = {}
    first, end = await reader.bounds(Topic.PROGRESS, 0)
    async for records in reader.read(Topic.PROGRESS, 0, first, end):
        for record in records:
            name = (record.key or b"").decode()
            if name.startswith(_MATCH):
                partition = int(name.removeprefix(_MATCH))
                found[partition] = max(found.get(partition, 0), int(record.value or b"0"))
    return found


async def _held(reader: PartitionReader, partition: int) -> dict[str, PersonRecord]:
    """The record of each person as match would load it: the higher applied offset wins, of equal ones the later."""
    best: dict[bytes, tuple[int, bytes]] = {}
    start, end = await reader.bounds(Topic.PEOPLE, partition)
    while start < end:
        async for records in reader.read(Topic.PEOPLE, partition, start, min(start + _STRETCH, end)):
            for record in records:
                if record.key is None or record.value is None:
                    continue
                applied = int(dict(record.headers).get(_APPLIED) or b"-1")
                if record.key not in best or applied >= best[record.key][0]:
                    best[record.key] = (applied, record.value)
        start += _STRETCH
    return {
        key.decode(): PersonRecord.model_validate_json(value).model_copy(update={"applied": applied})
        for key, (applied, value) in best.items()
    }


async def _rebuilt(
    reader: PartitionReader,
    partition: int,
    held: Mapping[str, PersonRecord],
    progressed: int,
    law: Law,
    result: PersonStoreRebuild,
) -> dict[str, PersonRecord]:
    people: dict[str, PersonRecord] = {}
    start, end = await reader.bounds(Topic.PERSON_EVENTS, partition)
    while start < end:
        async for records in reader.read(Topic.PERSON_EVENTS, partition, start, min(start + _STRETCH, end)):
            for record in records:
                event = PersonEvent.model_validate_json(record.value or b"")
                known = held.get(event.person_id)
                if record.offset >= progressed and (known is None or record.offset > known.applied):
                    continue  # match has not come to it
                person = people.get(event.person_id) or PersonRecord(person_id=event.person_id)
                cause = Cause(partition=partition, offset=record.offset)
                people[event.person_id] = apply(person, event, cause, law).record
                result.events += 1
        start += _STRETCH
    return people


async def _write(output: BatchProducer, partition: int, found: list[Finding]) -> int:
    written = 0
    for finding in found:
        if finding.mended is not None:
            output.add(
                Topic.PEOPLE,
                partition,
                finding.person_id.encode(),
                finding.mended.model_dump_json(exclude_defaults=True).encode(),
                [(_APPLIED, str(finding.mended.applied).encode())],
            )
            written += 1
    await output.flush()
    return written


def _add(update: Callable[[bytes], None], record: PersonRecord | None) -> None:
    if record is not None:
        # Without the applied offset, which may be ahead where a record was mended.
        update(record.model_dump_json(exclude={"applied"}).encode() + b"\n")
