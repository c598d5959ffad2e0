"""Drives again what the audit misses: the record is handed to the same pure step once more.

Always safe: every step is idempotent and the order of arrival does not matter. Each redrive is an alarm to explain.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping

from aiokafka import AIOKafkaProducer

from config.kafka import KafkaSettings
from config.topics import Topic
from infra.kafka_record import KafkaRecord
from infra.partition_reader import PartitionReader
from infra.stream_mac import NO_MAC, StreamMac
from models.events.event_types import InputTopic
from models.events.person_event import PersonEvent
from models.events.receipt import ReceiptStatus
from ops.audit.report import GapKind, Missing
from streams.batch_producer import BatchProducer
from streams.intake import Context, InputRecord, validate_record
from streams.processors import Intake, add_person_event

log = logging.getLogger(__name__)

REDRIVABLE = frozenset(GapKind)
"""A contradiction is none of these: driving its record again would only say one side once more."""
_RUN = 10_000
"""Offsets that lie further apart are read apart."""


async def redrive(
    kafka: KafkaSettings, context: Context, missing: Iterable[Missing], mac: StreamMac = NO_MAC
) -> list[Missing]:
    """Drive the missing records again; returns those that were driven. `context`: what intake judges by."""
    places: dict[tuple[str, int], dict[int, Missing]] = defaultdict(dict)
    for one in missing:
        if (
            one.what in REDRIVABLE
            and one.topic is not None
            and one.partition is not None
            and one.offset is not None
        ):
            places[one.topic, one.partition].setdefault(one.offset, one)
    if not places:
        return []
    reader, producer = PartitionReader(kafka), AIOKafkaProducer(**kafka.producer())
    driven: list[Missing] = []
    await reader.start()
    try:
        await producer.start()
        output = BatchProducer(producer, mac)
        await output.look_up_partitions()
        redriver = _Redriver(context, output)
        for (topic, partition), wanted in places.items():
            first, end = await reader.bounds(topic, partition)
            present = {offset: one for offset, one in wanted.items() if first <= offset < end}
            if len(present) < len(wanted):
                gone = len(wanted) - len(present)
                log.error(
                    "cannot be redriven: %d records of %s/%d are out of the log", gone, topic, partition
                )
            for run in _runs(sorted(present)):
                async for records in reader.read(topic, partition, run[0], run[-1] + 1):
                    found = {
                        record.offset: record for record in mac.split(records)[0] if record.offset in present
                    }
                    await redriver.drive(found, present)
                    await redriver.output.flush()
                    driven += [present[offset] for offset in found]
            log.warning("redriven: %s/%d, %d records", topic, partition, len(present))
    finally:
        await producer.stop()
        await reader.stop()
    return driven


class _Redriver:
    def __init__(self, context: Context, output: BatchProducer) -> None:
        self.output = output
        self._context = context
        self._intake = Intake(context)

    async def drive(self, found: Mapping[int, KafkaRecord], missing: Mapping[int, Missing]) -> None:
        """Put into the output what the record's step makes of it."""
        for offset, record in found.items():
            if record.topic == Topic.PERSON_EVENTS:
                if record.value is not None:
                    add_person_event(PersonEvent.model_validate_json(record.value), self.output)
            elif record.topic not in set(InputTopic):
                continue
            elif missing[offset].what == GapKind.NO_RECEIPT or self._still(record, missing[offset]):
                await self._intake.run(record.topic, record.partition, [record], self.output)

    def _still(self, record: KafkaRecord, missing: Missing) -> bool:
        """A record that was answered keeps its answer; judged otherwise today, another one would contradict it."""
        taken = validate_record(InputRecord(record.origin, record.value, record.headers), self._context)
        once = "refused" if missing.what == GapKind.REFUSAL_NOT_BOOKED else "accepted"
        today = "refused" if taken.receipt.status is ReceiptStatus.REJECTED else "accepted"
        if once != today:
            log.error(
                "cannot be redriven: %s/%d@%d was %s once and is %s now (%s)",
                record.topic,
                record.partition,
                record.offset,
                once,
                today,
                taken.receipt.reason,
            )
        return once == today


def _runs(offsets: list[int]) -> list[list[int]]:
    """Offsets in runs that are worth reading in one go."""
    runs: list[list[int]] = []
    for offset in offsets:
        if not runs or offset - runs[-1][-1] > _RUN:
            runs.append([])
        runs[-1].append(offset)
    return runs
