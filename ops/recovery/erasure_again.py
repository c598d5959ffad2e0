"""What is still erased according to ``erasures`` and stands in the log again, as after a backup was restored.

The topic holds hashes alone: who is meant is found by hashing every pseudonym that match knows.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import orjson

from config.kafka import KafkaSettings
from config.topics import Topic
from infra.partition_reader import PartitionReader
from infra.stream_mac import StreamMac
from ledger.store.erasures import hashed
from models.eligibility.person_record import PersonRecord
from models.events.person_event import Origin
from ops.recovery.erasure_log import origin_of
from streams.checkpoint import people_now
from streams.packed_record import unpack


@dataclass(frozen=True, slots=True)
class SaidErasure:
    """A record on ``erasures``."""

    request: str
    hashes: frozenset[str]
    origin: Origin
    """Its place, and its cut-off."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """An erasure that is to be said again, to those of its people whose gravestone is missing."""

    request: str
    people: tuple[str, ...]
    origin: Origin


_EARLIEST: Final = datetime.min.replace(tzinfo=UTC)


def lacking(said: Iterable[SaidErasure], known: Mapping[str, datetime | None]) -> list[Forgotten]:
    """Which of `known` (each number's cut-off; None: none) were erased later than their record says. Pure."""
    ordered = sorted(said, key=lambda each: each.origin.appended_at)
    return [
        Forgotten(one.request, people, one.origin) for one, people in _meant(ordered, known, buried=False)
    ]


def to_bury(
    said: Iterable[SaidErasure], known: Mapping[str, datetime | None]
) -> Iterator[tuple[tuple[str, ...], datetime]]:
    """Who has a gravestone, by cut-off: records of before may have come back with the backup. Pure."""
    for one, people in _meant(said, known, buried=True):
        yield people, one.origin.appended_at


def _meant(
    said: Iterable[SaidErasure], known: Mapping[str, datetime | None], *, buried: bool
) -> Iterator[tuple[SaidErasure, tuple[str, ...]]]:
    """Of each erasure those of `known` whose gravestone reaches as far as it (`buried`), or does not."""
    names = {hashed(person): person for person in known}
    for one in said:
        meant = [names[name] for name in one.hashes if name in names]
        at = one.origin.appended_at
        people = tuple(sorted(name for name in meant if ((known[name] or _EARLIEST) >= at) is buried))
        if people:
            yield one, people


async def said_erasures(kafka: KafkaSettings, mac: StreamMac) -> list[SaidErasure]:
    """Every record of ours on ``erasures``."""
    found = []
    async with PartitionReader(kafka) as reader:
        first, end = await reader.bounds(Topic.ERASURES, 0)
        async for records in reader.read(Topic.ERASURES, 0, first, end):
            for record in mac.split(records)[0]:
                said = orjson.loads(record.value or b"{}")
                before = said.get("before")
                moment = None if before is None else datetime.fromisoformat(before)
                origin = origin_of(record.offset, record.timestamp_ms, moment)
                found.append(SaidErasure(said["request"], frozenset(said["people"]), origin))
    return found


async def cut_offs(kafka: KafkaSettings, mac: StreamMac) -> dict[str, datetime | None]:
    """Everybody in match's own topic, with the cut-off of their gravestone."""
    known: dict[str, tuple[int, datetime | None]] = {}
    async with PartitionReader(kafka) as reader:
        for partition in (await people_now(reader, mac)).all:
            first, end = await reader.bounds(Topic.PEOPLE, partition)
            async for records in reader.read(Topic.PEOPLE, partition, first, end):
                for record in mac.split(records)[0]:
                    if record.value is not None:
                        person = PersonRecord.model_validate_json(unpack(record.value))
                        if person.applied >= known.get(person.person_id, (-1, None))[0]:
                            known[person.person_id] = (person.applied, person.erased_before)
    return {person: cut_off for person, (_, cut_off) in known.items()}
