"""What is unaccounted for is driven again, as `ops.audit.auditor` and `ops.recovery.redrive` do it.

In this world only a record that the stream engine has skipped, with nothing after it, may need that.
"""

from collections import defaultdict
from typing import cast

from aiokafka import AIOKafkaProducer

from config.topics import Topic
from infra.kafka_record import KafkaRecord
from models.events.event_types import InputTopic, Risk
from streams.batch_producer import BatchProducer
from streams.processors import add_person_event
from tests.simulation.kafka_in_memory import Place, person_event
from tests.simulation.workers import INPUTS, PlainIntake, SimulatedProducer
from tests.simulation.world import World

Origin = tuple[str, int, int]


async def heal(world: World) -> bool:
    """Drive again what is missing, hop by hop; whether anything was."""
    books = _Books(world)
    await books.read()
    missing = [record for record in books.missing() if _at(record) not in world.healed]
    if not missing:
        return False
    output = BatchProducer(cast(AIOKafkaProducer, SimulatedProducer(world.log)))
    intake = PlainIntake(world.story)
    for record in missing:
        if not any(books.skipped_at_the_end(one) for one in (record, *books.events[record.origin.place])):
            world.unexplained.append(_at(record))
        if record.topic == Topic.PERSON_EVENTS:
            add_person_event(person_event(record.value), output)
        else:
            intake.run(record.topic, record.partition, [record], output)
    world.healed += map(_at, missing)
    world.say(f"the audit heals {[_at(record) for record in missing]}")
    await output.flush()
    return True


def _at(record: KafkaRecord) -> tuple[Place, int]:
    return ((str(record.topic), record.partition), record.offset)


class _Books:
    """The log beside the ledger."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.events: dict[Origin, list[KafkaRecord]] = defaultdict(list)
        """The person events of each input record."""
        for record in world.log.all_of(Topic.PERSON_EVENTS):
            event = person_event(record.value)
            self.events[event.origin.place].append(record)
        self._progress: dict[bytes | None, int] = {}
        for record in world.log.all_of(Topic.PROGRESS):
            known = self._progress.get(record.key, 0)
            self._progress[record.key] = max(known, int(record.value or b"0"))

    async def read(self) -> None:
        """What stands in the ledger."""
        rows = self._world.database.rows
        receipts, applied = await rows("receipts"), await rows("applied")
        self._receipts = {(row["topic"], row["partition"], row["offset"]): row["status"] for row in receipts}
        self._applied = {(row["partition"], row["offset"]) for row in applied}
        self._origins = {
            (row["origin_topic"], row["origin_partition"], row["origin_offset"]) for row in applied
        }
        self._decided = {
            (row["sender"], row["message_id"], row["person_id"]) for row in await rows("messages")
        }
        self._repeats = {(row["topic"], row["partition"], row["offset"]) for row in await rows("repeats")}

    def missing(self) -> list[KafkaRecord]:
        """Records without receipt, without person event, without applied entry; messages without decision."""
        log = self._world.log
        found = [record for topic in INPUTS for record in log.all_of(topic) if self._lacks(record)]
        return found + [
            record
            for record in log.all_of(Topic.PERSON_EVENTS)
            if (record.partition, record.offset) not in self._applied
        ]

    def _lacks(self, record: KafkaRecord) -> bool:
        place = record.origin.place
        status = self._receipts.get(place)
        if status == "rejected":
            return False
        if status is None or place not in self.events:
            return True
        event = self._world.story[int(record.value or b"")].event
        return (
            record.topic == InputTopic.DROPOUT_RISKS
            and event is not None
            and isinstance(event.content, Risk)
            and place in self._origins - self._repeats
            and (event.sender, event.event_id, event.person_id) not in self._decided
        )

    def skipped_at_the_end(self, record: KafkaRecord) -> bool:
        """Whether the engine has skipped it, and its step has not got past it."""
        step = "match" if record.topic == Topic.PERSON_EVENTS else "intake"
        claimed = self._progress.get(f"{step}/{record.topic}/{record.partition}".encode(), 0)
        return _at(record) in self._world.skipped and record.offset >= claimed
