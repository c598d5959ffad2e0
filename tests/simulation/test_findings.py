"""What the simulation has found and the service does not yet keep: each stands here until it does, and then fails."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from config.topics import PERSON_PARTITIONS, Topic
from models.person_event import PersonEvent
from streams.output import partition_of
from streams.people import People
from streams.records import Record
from tests import factories as make
from tests.simulation.clock import Clock
from tests.simulation.faults import Fault, Finding
from tests.simulation.log import Log
from tests.simulation.simulate import run
from tests.simulation.workers import KilledError, Worker, write


@pytest.mark.xfail(
    strict=True,
    reason="progress goes out together with the output that it stands for, and may be on the brokers alone "
    "when a worker dies; a record that the stream engine then skips is not read beside it",
)
async def test_progress_is_on_the_brokers_only_after_the_output_that_it_stands_for() -> None:
    """When this passes, take the finding out of the simulation."""
    findings = {Finding.PROGRESS_AHEAD}
    failed = [seed for seed in range(70) if (await run(seed, findings=findings)).violations]
    assert failed == []


def put(log: Log, event: PersonEvent) -> Record:
    """A person event, where its person's others are."""
    partition = partition_of(event.person_id, PERSON_PARTITIONS)
    value = event.model_dump_json(exclude_none=True).encode()
    return log.append(Topic.PERSON_EVENTS, partition, event.person_id.encode(), value)


def worker(name: str, log: Log, clock: Clock, places: Sequence[tuple[str, int]]) -> Worker:
    """One that has these partitions."""
    made = Worker(name, log, clock, make.LAW, (), blind=False, progress_ahead=False)
    made.assign(frozenset(places), {}, 1)
    return made


IDLE = pytest.mark.xfail(
    strict=True,
    reason="match looks after its state only when a batch comes: after an idle hour, the better record may be gone",
)


@pytest.mark.parametrize("idle", [timedelta(minutes=50), pytest.param(timedelta(hours=2), marks=IDLE)])
async def test_a_zombies_record_is_mended_though_nobody_sends_anything_for_an_hour(idle: timedelta) -> None:
    """The owner dies after that time, and the next one must not find the zombie's record alone."""
    clock = Clock()
    log = Log(clock)
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
    clock.forward(idle)
    log.compact(kindly=False)
    people = People(log.reader)
    await people.load(first.partition)
    assert people.get(first.partition, make.PERSON).applied == second.offset
