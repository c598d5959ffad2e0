"""What befalls senders, brokers and the stream's workers."""

from datetime import timedelta
from typing import Final

from config.topics import Topic
from infra.kafka_record import KafkaRecord
from streams.checkpoint import GrowthUnfinishedError
from tests.simulation.faults import Fault
from tests.simulation.history import Sent
from tests.simulation.kafka_in_memory import Place
from tests.simulation.ledger_faults import back_up_before_growth, restore_across_growth
from tests.simulation.ledgers import deal
from tests.simulation.workers import INPUTS, KilledError, SimulatedProducer, Worker, write
from tests.simulation.world import World

_KILLS: Final = (
    Fault.KILLED_BEFORE_OUTPUT,
    Fault.KILLED_IN_OUTPUT,
    Fault.KILLED_IN_OUTPUT,
    Fault.KILLED_AFTER_OUTPUT,
    Fault.ZOMBIE,
    Fault.ZOMBIE,
)
_WAITS: Final = (
    *((timedelta(seconds=1),) * 6),
    *((timedelta(seconds=40),) * 4),
    *((timedelta(minutes=4),) * 3),
    timedelta(minutes=4),
    timedelta(minutes=50),
    timedelta(minutes=50),
    timedelta(hours=11),
    timedelta(hours=20),
    timedelta(hours=60),
    timedelta(days=4),
)


async def send(world: World) -> None:
    """The next few records are sent."""
    for _ in range(world.rng.randint(1, 4)):
        if world.unsent:
            send_one(world)


def send_one(world: World) -> None:
    number = world.unsent.pop(0)
    record = world.log.append(world.story[number].topic, world.rng.randrange(4), None, str(number).encode())
    world.say(f"sent {record.topic}/{record.partition}@{record.offset}: {_about(world.story[number])}")


async def wait(world: World) -> None:
    """Time passes."""
    world.clock.forward(world.rng.choice(_WAITS))


async def pause(world: World) -> None:
    """A little time passes."""
    world.clock.forward(world.rng.choice(_WAITS[:10]))


async def skew(world: World) -> None:
    """A broker's clock is set wrong, or right."""
    world.log.skews[world.rng.randrange(3)] = world.rng.choice(
        (timedelta(0), timedelta(hours=2), timedelta(hours=-2))
    )
    world.count(Fault.CLOCK_SKEW)


async def hole(world: World) -> None:
    """An offset that no record has."""
    topic = world.rng.choice((INPUTS[3], Topic.PERSON_EVENTS, Topic.DECISIONS, Topic.PEOPLE))
    world.log.leave_hole(topic, world.rng.randrange(world.log.partitions(topic)))
    world.count(Fault.OFFSET_GAP)


async def compact(world: World) -> None:
    """The brokers' cleaner runs. Within the lag each partition had a worker."""
    if any(not worker.places for worker in world.group.workers):
        _rebalance(world)
    world.clock.forward(timedelta(minutes=6))
    for worker in world.group.workers:
        if not worker.deaf:
            await worker.refresh()
    of_people, of_erased = world.log.compact()
    for _ in range(min(1, of_people)):
        world.count(Fault.COMPACTION)
    for _ in range(min(1, of_erased)):
        world.count(Fault.ERASED_COMPACTED)


async def erase(world: World) -> None:
    """Somebody asks that a person be erased, or the command runs, or what is erased comes once more."""
    world.say("erase")
    await world.eraser.step(await world.database.rows("erasures"))


async def grow(world: World, *, gently: bool = False) -> None:
    """All workers are stopped, and people get more partitions; later a backup from before it may be put back."""
    if world.grower.done:
        await restore_across_growth(world)
    else:
        await back_up_before_growth(world)
        positions = await world.database.rows("position")
        came_to = await world.grower.run(world.group.workers, positions, gently=gently)
        world.count(came_to)
        if came_to is Fault.GREW:
            deal(world.ledgers, world.log, apart=True)
        if gently or not world.grower.workers_stay_away:
            world.group.rebalance(world.rng)


async def intake(world: World) -> None:
    """A worker's intake gets a batch."""
    await deliver(world, world.rng.choice(world.group.workers), "intake")


async def match(world: World) -> None:
    """A worker's match gets a batch."""
    await deliver(world, world.rng.choice(world.group.workers), "match")


async def deliver(world: World, worker: Worker, step: str, *, gently: bool = False) -> bool:
    waiting = worker.waiting(step)
    if not waiting:
        return False
    places = waiting if gently else world.rng.sample(waiting, world.rng.randint(1, min(3, len(waiting))))
    records: list[KafkaRecord] = []
    for place in places:
        records += _fetch(world, worker, place, gently=gently)
    if not gently and world.rng.random() < 0.04:
        records += _stale(world, worker)
    producer = worker.producers[step]
    if not gently and records and world.rng.random() < 0.16:
        producer.ending, producer.share = world.rng.choice(_KILLS), world.rng
    world.say(f"{worker.name}.{step} {' '.join(_name(record) for record in records)}")
    try:
        if records:
            await worker.batch(step, records)
    except KilledError:
        _killed(world, worker, producer)
        return True
    except GrowthUnfinishedError:
        worker.start()  # it ends with a sentence, whenever it is started
        return False
    for place in places:
        if gently or world.rng.random() < 0.8:
            world.group.commit(worker, place, worker.positions[place])
        else:
            world.count(Fault.OFFSET_NOT_COMMITTED)
    return True


def _fetch(world: World, worker: Worker, place: Place, *, gently: bool) -> list[KafkaRecord]:
    start, end = worker.positions[place], world.log.end(place)
    drawn = 1.0 if gently else world.rng.random()
    if drawn < 0.06 and start > 0:
        start = max(0, start - world.rng.randint(1, 3))
        world.count(Fault.REDELIVERY)
    elif drawn < 0.13:
        skipped = world.log.read(place, start, min(end, start + world.rng.randint(1, 3)))
        start += len(skipped)
        world.count(Fault.SKIPPED)
    records = world.log.read(place, start, end)[: 500 if gently else world.rng.randint(1, 6)]
    worker.positions[place] = records[-1].offset + 1 if records else end
    return records


def _stale(world: World, worker: Worker) -> list[KafkaRecord]:
    foreign = [
        place
        for place in sorted(world.group.committed)
        if place not in worker.places and world.log.read(place, 0, 1)
    ]
    if not foreign:
        return []
    world.count(Fault.STALE_BUFFER)
    return world.log.read(world.rng.choice(foreign), 0, 1)


def _killed(world: World, worker: Worker, producer: SimulatedProducer) -> None:
    if producer.late is not None:
        world.late.append(producer.late)
    if producer.ending is not None:
        world.count(producer.ending)
    worker.start()
    if world.rng.random() < 0.7:
        _rebalance(world)


async def rebalance(world: World) -> None:
    """The group deals anew."""
    _rebalance(world, deaf=world.rng.choice(world.group.workers) if world.rng.random() < 0.4 else None)


def _rebalance(world: World, deaf: Worker | None = None) -> None:
    if deaf is not None and deaf.places:
        world.count(Fault.DEAF)
    world.count(Fault.REBALANCE)
    world.group.rebalance(world.rng, deaf)


async def hear(world: World) -> None:
    """A worker learns that it was left out, and joins again."""
    if any(worker.deaf or not worker.places for worker in world.group.workers):
        _rebalance(world)


async def late_write(world: World) -> None:
    """What a zombie had under way reaches the brokers."""
    if world.late:
        written = world.late.pop(world.rng.randrange(len(world.late)))
        world.say(f"a zombie writes {len(written)} records")
        write(world.log, written)


def _about(sent: Sent) -> str:
    if sent.event is None:
        return "a record that intake refuses"
    return f"{sent.event.person_id} {sent.event.content.kind} {sent.event.event_id[:8]}"


def _name(record: KafkaRecord) -> str:
    return f"{record.topic}/{record.partition}@{record.offset}"
