"""What the simulation has found, and what the service has kept since."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from config.topics import PERSON_PARTITIONS, Topic
from infra.kafka_record import KafkaRecord
from models.events.person_event import PersonEvent
from streams.batch_producer import partition_of
from streams.person_store import PersonStore
from tests import factories as make
from tests.simulation.clock import Clock
from tests.simulation.faults import Fault
from tests.simulation.kafka_in_memory import Log
from tests.simulation.macs import MAC
from tests.simulation.workers import KilledError, Worker, write


def put(log: Log, event: PersonEvent) -> KafkaRecord:
    """A person event, where its person's others are."""
    partition = partition_of(event.person_id, PERSON_PARTITIONS)
    value = event.model_dump_json(exclude_none=True).encode()
    key = event.person_id.encode()
    signed = MAC.headers(Topic.PERSON_EVENTS, partition, key, value)
    return log.append(Topic.PERSON_EVENTS, partition, key, value, signed)


def worker(name: str, log: Log, clock: Clock, places: Sequence[tuple[str, int]]) -> Worker:
    """One that has these partitions."""
    made = Worker(name, log, clock, make.LAW, (), blind=False)
    made.assign(frozenset(places), {}, 1)
    return made


@pytest.mark.parametrize("idle", [timedelta(minutes=50), timedelta(hours=2)])
async def test_a_zombies_record_is_mended_though_nobody_sends_anything_for_an_hour(idle: timedelta) -> None:
    """The owner dies after that time, and the next one must not find the zombie's record alone."""
    clock = Clock()
    log = Log(clock, compaction_lag=timedelta(hours=1))
    owner, second = await late_write(log, clock)
    clock.forward(idle)
    await owner.refresh()
    assert await applied_after_compaction(log, second) == second.offset


async def test_a_zombies_record_is_mended_though_no_worker_runs_for_days_after_it() -> None:
    """Seed 6105, when compaction waited an hour: the better record was gone when a worker ran again."""
    clock = Clock()
    log = Log(clock)
    _, second = await late_write(log, clock)
    clock.forward(timedelta(days=6))
    assert await applied_after_compaction(log, second) == second.offset


async def late_write(log: Log, clock: Clock) -> tuple[Worker, KafkaRecord]:
    """A zombie's record behind the better one; the owner of the partition, and the event that it has applied last."""
    first, second = put(log, make.enrolment()), put(log, make.risk())
    place = (first.topic, first.partition)
    zombie, owner = (worker(name, log, clock, [place]) for name in ("zombie", "owner"))
    producer = zombie.producers["match"]
    producer.ending = Fault.ZOMBIE
    with pytest.raises(KilledError):
        await zombie.batch("match", [first])
    await owner.batch("match", [first, second])
    assert producer.late is not None
    write(log, producer.late)
    return owner, second


async def applied_after_compaction(log: Log, event: KafkaRecord) -> int:
    """What the next owner of the partition finds."""
    log.compact()
    people = PersonStore(log.reader, MAC)
    await people.load(event.partition)
    return people.get(event.partition, make.PERSON).applied
