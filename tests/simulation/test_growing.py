"""More partitions for people, step by step: who is carried over, what is passed on, and what is refused."""

import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final, cast

import pytest
from aiokafka import AIOKafkaProducer

from config.topics import Topic
from crypto.stream_keys import StreamKeyring
from infra.partitioner import PersonPartitions
from infra.stream_mac import StreamMac
from models.eligibility.person_record import PersonRecord
from models.events.person_event import PersonEvent
from ops.growth.carry_people import NotCarried
from ops.growth.grow import CannotGrow, Grown, Growth
from ops.growth.match_rest import match_between, match_rest
from streams.batch_producer import BatchProducer
from streams.checkpoint import Checkpoint, GrowthUnfinishedError
from streams.person_store import PersonStore
from streams.processors import Match, add_person_event
from tests.factories import LAW, background, origin, residence, risk
from tests.simulation.clock import Clock
from tests.simulation.come_to_rest import play
from tests.simulation.faults import Fault
from tests.simulation.growing import LogBrokers
from tests.simulation.judge import judge
from tests.simulation.kafka_in_memory import Log
from tests.simulation.macs import MAC
from tests.simulation.workers import SimulatedProducer
from tests.simulation.world import World

BEFORE: Final = PersonPartitions()
AFTER: Final = PersonPartitions(1)
PEOPLE: Final = [f"person {number}" for number in range(20)]


class Kafka:
    """A log in memory, match that decides what stands there, and the command."""

    def __init__(self) -> None:
        self.log = Log(Clock(datetime(2026, 9, 1, 8, tzinfo=UTC)))
        self.brokers = LogBrokers(self.log)
        self.producer = cast(AIOKafkaProducer, SimulatedProducer(self.log))

    async def tell(self, event: PersonEvent, where: PersonPartitions) -> None:
        """As intake would, that knows these partitions."""
        output = BatchProducer(self.producer, MAC)
        output.people = where
        add_person_event(event, output)
        await output.flush()

    async def decide(self, where: PersonPartitions) -> int:
        """What stands in these partitions is applied; how many events."""
        return await match_rest(self.log.reader, self.producer, MAC, LAW, where)

    async def people(self, where: PersonPartitions) -> dict[str, PersonRecord]:
        """Everybody whose record stands in these partitions, but for the offset applied last."""
        store, found = PersonStore(self.log.reader, MAC), dict[str, PersonRecord]()
        for partition in where.all:
            await store.load(partition)
            for name, record in store.records(partition).items():
                assert where.of(name) == partition
                found[name] = record.model_copy(update={"applied": -1})
        return found

    def growth(self, projected: Mapping[tuple[str, int], int] | None = None) -> Growth:
        """The command; `projected` None: the ledger is through."""
        through = {
            (str(topic), part): self.log.end((topic, part))
            for topic in (Topic.APPLIED, Topic.DECISIONS)
            for part in BEFORE.all
        }
        return Growth(
            brokers=self.brokers,
            producer=self.producer,
            mac=MAC,
            law=LAW,
            projected=lambda: through if projected is None else projected,
            ledger_seconds=0,
            say=lambda _: None,
        )

    def said(self, topic: Topic, partition: int) -> list[Any]:
        """The records of a partition."""
        place = (str(topic), partition)
        return [json.loads(one.value or b"null") for one in self.log.read(place, 0, self.log.end(place))]


@pytest.fixture
async def kafka() -> Kafka:
    """Everybody is known, and something was decided of each."""
    made = Kafka()
    for name in PEOPLE:
        for event in (*background(), risk()):
            own = event.model_copy(update={"person_id": name, "origin": origin()})
            await made.tell(own, BEFORE)
    assert await made.decide(BEFORE) > len(PEOPLE)
    return made


async def test_everybody_goes_on_in_the_new_partitions_with_all_that_is_known(kafka: Kafka) -> None:
    known = await kafka.people(BEFORE)
    assert known.keys() == set(PEOPLE)
    assert all(record.decided for record in known.values())
    assert await kafka.growth().run(AFTER.end) == Grown(partitions=24, people=len(PEOPLE), buried=len(PEOPLE))
    assert await kafka.people(AFTER) == known
    assert await kafka.people(BEFORE) == {}
    checkpoint = Checkpoint(Match.name, kafka.log.reader, MAC)
    await checkpoint.load()
    assert checkpoint.people == AFTER
    assert await kafka.growth().run(AFTER.end) == Grown(partitions=24)


async def test_what_comes_to_a_partition_of_before_is_passed_on_and_counts(kafka: Kafka) -> None:
    await kafka.growth().run(AFTER.end)
    name = PEOPLE[0]
    late = residence("0147", name="late").model_copy(update={"person_id": name})
    await kafka.tell(late, BEFORE)
    assert await kafka.decide(BEFORE) == 1
    (entry,) = kafka.said(Topic.APPLIED, BEFORE.of(name))[-1]["entries"]
    assert (entry["changed"], datetime.fromisoformat(entry["passed_on"])) == (0, late.origin.appended_at)
    assert "subject" not in entry
    assert [one["event_id"] for one in kafka.said(Topic.PERSON_EVENTS, AFTER.of(name))] == [late.event_id]
    assert await kafka.decide(AFTER) == 1
    assert late.event_id in {event.event_id for event in (await kafka.people(AFTER))[name].events}


async def test_revisions_go_on_where_they_were(kafka: Kafka) -> None:
    """Another home, another unit: the ledger would pass by a decision that began to count anew."""
    name = PEOPLE[0]
    last = {one.revision for one in (await kafka.people(BEFORE))[name].decided.values()}
    await kafka.growth().run(AFTER.end)
    await kafka.tell(residence("0147", name="moved").model_copy(update={"person_id": name}), AFTER)
    await kafka.decide(AFTER)
    (decision,) = kafka.said(Topic.DECISIONS, AFTER.of(name))
    assert {decision["revision"]} == {one + 1 for one in last}


async def test_what_the_workers_have_left_is_decided_first_and_where_it_stands(kafka: Kafka) -> None:
    name = PEOPLE[0]
    await kafka.tell(residence("0147", name="left").model_copy(update={"person_id": name}), BEFORE)
    before = len(kafka.said(Topic.DECISIONS, BEFORE.of(name)))
    with pytest.raises(CannotGrow, match=f"decisions/{BEFORE.of(name)}"):
        await kafka.growth(kafka.growth().projected()).run(AFTER.end)
    assert len(kafka.said(Topic.DECISIONS, BEFORE.of(name))) == before + 1
    assert (await kafka.growth().run(AFTER.end)).people == len(PEOPLE)


async def test_it_refuses_while_a_worker_runs_and_another_number_of_partitions(kafka: Kafka) -> None:
    kafka.brokers.members = 2
    with pytest.raises(CannotGrow, match="Stop all workers first: 2"):
        await kafka.growth().run(AFTER.end)
    kafka.brokers.members = 0
    for wrong in (7, 16, 56):
        with pytest.raises(CannotGrow, match=f"to 24, not to {wrong}"):
            await kafka.growth().run(wrong)
    assert await kafka.people(AFTER) == {}


async def test_where_the_checkpoints_are_lost_workers_stop_and_it_is_said_again(kafka: Kafka) -> None:
    """A record without a MAC under their keys is believed by nobody, and compaction keeps it alone."""
    await kafka.growth().run(AFTER.end)
    known, progress = await kafka.people(AFTER), kafka.log._records[str(Topic.PROGRESS), 0]
    progress[:] = [one for one in progress if not (one.key or b"").startswith(b"carried/")]
    checkpoint = Checkpoint(Match.name, kafka.log.reader, MAC)
    await checkpoint.load()
    with pytest.raises(GrowthUnfinishedError, match="topics grow --to 24"):
        checkpoint.agree(kafka.log.partitions(Topic.PERSON_EVENTS))
    assert (await kafka.growth().run(AFTER.end)).people == 0
    await checkpoint.load()
    checkpoint.agree(kafka.log.partitions(Topic.PERSON_EVENTS))
    assert await kafka.people(AFTER) == known


async def test_of_two_runs_the_one_that_waited_takes_nothing_away(kafka: Kafka) -> None:
    waited = kafka.growth()
    assert (await kafka.growth().run(AFTER.end)).people == len(PEOPLE)
    with pytest.raises(CannotGrow, match="Another run"):
        await waited._carry(BEFORE)
    assert (await kafka.people(AFTER)).keys() == set(PEOPLE)


async def test_it_refuses_without_a_key_of_the_stream(kafka: Kafka) -> None:
    ring = StreamKeyring(keys={"another": b64encode(bytes(32)).decode()}, active="another")
    with pytest.raises(NotCarried, match="a MAC by a key"):
        await replace(kafka.growth(), mac=StreamMac(ring.tags())).run(AFTER.end)
    assert await kafka.people(AFTER) == {}


async def test_what_was_decided_before_is_not_passed_on_again(kafka: Kafka) -> None:
    """The engine may deliver it again: the command commits no offsets for the group."""
    await kafka.growth().run(AFTER.end)
    for partition in BEFORE.all:
        place = (str(Topic.PERSON_EVENTS), partition)
        await match_between(kafka.log.reader, kafka.producer, MAC, LAW, (partition, 0, kafka.log.end(place)))
    assert not any(kafka.said(Topic.PERSON_EVENTS, partition) for partition in AFTER.all)


@pytest.mark.parametrize("seed", [66, 254, 286, 311, 367, 391])
async def test_a_backup_from_before_that_is_put_back_afterwards_loses_nothing(seed: int) -> None:
    """The ledger had read the partitions of before and of after side by side: a task or a notice was missing."""
    world = World(seed)
    world.grower.is_on = world.grower.restores = True
    await play(world)
    assert world.faults[Fault.RESTORED_ACROSS_GROWTH] == 1
    assert await judge(world) == []
