"""What a night of retention asks Kafka: until when each person's facts matter, and which input is still there."""

from collections.abc import Mapping
from dataclasses import dataclass

from config.kafka import KafkaSettings
from config.topics import INPUT_PARTITIONS, Topic
from infra.partition_reader import PartitionReader
from infra.stream_mac import StreamMac
from models.eligibility.last_fact import LastFact, last_fact
from models.eligibility.person_record import PersonRecord
from models.events.event_types import InputTopic
from streams.checkpoint import people_now
from streams.packed_record import unpack

InputPlace = tuple[str, int]
"""Topic and partition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogView:
    """At one moment; both may be older than the next one."""

    facts: Mapping[str, LastFact | None]
    """By number; None: nothing is known of it any more."""
    first_held: Mapping[InputPlace, int]
    """The first offset of the input that the brokers hold: what they hold, the audit counts."""


@dataclass(slots=True)
class _Known:
    """Of one number, by the highest offset that was applied."""

    applied: int
    last: LastFact | None


async def look(kafka: KafkaSettings, mac: StreamMac) -> LogView:
    """Reads match's whole state, a record at a time."""
    async with PartitionReader(kafka) as reader:
        held = {
            (str(topic), partition): (await reader.bounds(topic, partition))[0]
            for topic in InputTopic
            for partition in range(INPUT_PARTITIONS)
        }
        return LogView(facts=await _last_facts(reader, mac), first_held=held)


async def _last_facts(reader: PartitionReader, mac: StreamMac) -> dict[str, LastFact | None]:
    known: dict[str, _Known] = {}
    for partition in (await people_now(reader, mac)).all:
        first, end = await reader.bounds(Topic.PEOPLE, partition)
        async for records in reader.read(Topic.PEOPLE, partition, first, end):
            for record in mac.split(records)[0]:
                if record.value is None:
                    continue
                person = PersonRecord.model_validate_json(unpack(record.value))
                before = known.get(person.person_id)
                # A worker that has lost the partition may write an older record behind a newer one.
                if before is None or person.applied >= before.applied:
                    known[person.person_id] = _Known(person.applied, last_fact(person))
    return {person: one.last for person, one in known.items()}
