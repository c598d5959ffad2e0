"""Drives again what the audit misses: the record is handed to the same pure step once more.

Always safe: every step is idempotent and the order of arrival does not matter. Each healing is an alarm to explain.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable

from aiokafka import AIOKafkaProducer

from config.settings import Settings
from config.topics import Topic
from frafaldsvarsel import compose
from models.events import InputTopic
from models.person_event import PersonEvent
from ops.accounts import Hop, Missing
from streams.output import Output
from streams.reader import Reader
from streams.steps import Intake, add_person_event

log = logging.getLogger(__name__)

HEALABLE = frozenset({Hop.RECEIPTS, Hop.PERSON_EVENTS, Hop.APPLIED, Hop.DECISIONS})


async def heal(settings: Settings, missing: Iterable[Missing]) -> int:
    """Drive the missing records again; returns how many."""
    places: dict[tuple[str, int], set[int]] = defaultdict(set)
    for one in missing:
        if (
            one.hop in HEALABLE
            and one.topic is not None
            and one.partition is not None
            and one.offset is not None
        ):
            places[one.topic, one.partition].add(one.offset)
    if not places:
        return 0
    reader = Reader(settings.kafka)
    producer = AIOKafkaProducer(**settings.kafka.producer())
    driven = 0
    await reader.start()
    await producer.start()
    try:
        output = Output(producer)
        intake = Intake(compose.intake_context(settings))
        for (topic, partition), offsets in places.items():
            async for records in reader.read(topic, partition, min(offsets), max(offsets) + 1):
                wanted = [record for record in records if record.offset in offsets]
                if topic in set(InputTopic):
                    intake.run(topic, partition, wanted, output)
                elif topic == Topic.PERSON_EVENTS:
                    for record in wanted:
                        add_person_event(PersonEvent.model_validate_json(record.value or b""), output)
                driven += len(wanted)
            await output.flush()
            log.warning("healed: %s/%d, %d records driven again", topic, partition, len(offsets))
    finally:
        await producer.stop()
        await reader.stop()
    return driven
