"""Partitions that another tool has added, growths that were cut off, checkpoints that are lost: who goes over."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import pytest
from aiokafka import AIOKafkaProducer

from config.topics import Topic
from infra.partitioner import PersonPartitions
from ops.growth.carry_people import NotCarried, bury_people, carry_people
from ops.growth.grow import CannotGrow, Growth
from streams.batch_producer import BatchProducer
from streams.checkpoint import Checkpoint, GrowthUnfinishedError
from streams.processors import Match
from tests.factories import residence
from tests.simulation.growing import LogBrokers
from tests.simulation.macs import MAC
from tests.simulation.test_growing import AFTER, BEFORE, PEOPLE, Kafka
from tests.simulation.test_growing import kafka as kafka

TWICE = PersonPartitions(2)


class Brokers(LogBrokers):
    """As real ones: there is no way back to fewer partitions."""

    def add_partitions(self, topics: Sequence[str], total: int) -> None:
        """But for topics that have so many."""
        for topic in topics:
            super().add_partitions([topic], max(total, self._log.partitions(topic)))


def growth(kafka: Kafka) -> Growth:
    """The command; the ledger is through whenever it is asked."""
    through = {
        (str(topic), part): 1 << 40 for topic in (Topic.APPLIED, Topic.DECISIONS) for part in range(TWICE.end)
    }
    return replace(kafka.growth(), brokers=Brokers(kafka.log), projected=lambda: through)


async def checkpoint(kafka: Kafka) -> Checkpoint:
    """What the checkpoints say."""
    found = Checkpoint(Match.name, kafka.log.reader, MAC)
    await found.load()
    return found


async def moves(kafka: Kafka, name: str, where: PersonPartitions) -> None:
    """A fact of a person is published there."""
    moved = residence("0147", name=f"{name} moved")
    await kafka.tell(moved.model_copy(update={"person_id": name}), where)


def by_another_tool(kafka: Kafka, partitions: int) -> None:
    """Kafka's own, for instance."""
    kafka.log.people_partitions[Topic.PERSON_EVENTS] = partitions


def lose_marks(kafka: Kafka) -> None:
    """A record without a MAC under their keys is believed by nobody, and compaction keeps it alone."""
    progress = kafka.log._records[str(Topic.PROGRESS), 0]
    progress[:] = [one for one in progress if not (one.key or b"").startswith(b"carried/")]


@pytest.mark.parametrize("number", [9, 12, 23])
async def test_workers_and_senders_go_on_in_the_partitions_that_are_known(
    kafka: Kafka, number: int, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        (await checkpoint(kafka)).agree(number)
    assert f"person-events has {number} partitions" in caplog.text
    assert "topics grow --to 24" in caplog.text
    output = BatchProducer(cast(AIOKafkaProducer, Numbered(number)), MAC)
    await output.look_up_partitions()
    assert output.people == BEFORE


class Numbered:
    """A producer that knows how many partitions there are."""

    def __init__(self, number: int) -> None:
        self._number = number

    async def partitions_for(self, _: str) -> set[int]:
        """As told."""
        return set(range(self._number))


@pytest.mark.parametrize("number", [24, 30, 56])
async def test_workers_refuse_where_a_whole_generation_was_added_and_name_the_remedy(
    kafka: Kafka, number: int
) -> None:
    with pytest.raises(GrowthUnfinishedError, match="topics grow --to 24"):
        (await checkpoint(kafka)).agree(number)


async def test_where_another_tool_has_added_them_everybody_is_carried_over(kafka: Kafka) -> None:
    """The outbox goes there at once: match decides upon it when it comes to it."""
    by_another_tool(kafka, AFTER.end)
    await moves(kafka, PEOPLE[0], AFTER)
    await moves(kafka, PEOPLE[1], BEFORE)
    assert (await growth(kafka).run(AFTER.end)).people == len(PEOPLE)
    assert await kafka.decide(AFTER) == 1
    people = await kafka.people(AFTER)
    assert len(people[PEOPLE[0]].events) == len(people[PEOPLE[1]].events) == len(people[PEOPLE[2]].events) + 1
    assert await kafka.people(BEFORE) == {}


async def test_copies_of_a_growth_that_was_cut_off_are_not_taken_for_the_present(kafka: Kafka) -> None:
    await carry_people(kafka.log.reader, kafka.producer, MAC, BEFORE)
    await moves(kafka, PEOPLE[0], BEFORE)
    assert await kafka.decide(BEFORE) == 1
    known = await kafka.people(BEFORE)
    by_another_tool(kafka, AFTER.end)
    assert (await growth(kafka).run(AFTER.end)).people == len(PEOPLE)
    assert await kafka.people(AFTER) == known


async def test_lost_checkpoints_are_said_again_where_somebody_was_decided_upon_since(kafka: Kafka) -> None:
    """Also while records of before still stand: the command was cut off when it took them away."""
    await carry_people(kafka.log.reader, kafka.producer, MAC, BEFORE)
    await growth(kafka)._write_marks(
        {part: kafka.log.end((Topic.PERSON_EVENTS, part)) for part in BEFORE.all}
    )
    by_another_tool(kafka, AFTER.end)
    await moves(kafka, PEOPLE[0], AFTER)
    assert await kafka.decide(AFTER) == 1
    known = await kafka.people(AFTER)
    lose_marks(kafka)
    assert (await growth(kafka).run(AFTER.end)).people == 0
    assert await kafka.people(AFTER) == known
    assert await kafka.people(BEFORE) == {}


async def test_lost_checkpoints_are_said_again_where_some_records_are_taken_away(kafka: Kafka) -> None:
    known = await kafka.people(BEFORE)
    await carry_people(kafka.log.reader, kafka.producer, MAC, BEFORE)
    await bury(kafka, BEFORE.of(PEOPLE[0]))
    by_another_tool(kafka, AFTER.end)
    assert (await growth(kafka).run(AFTER.end)).people == 0
    assert await kafka.people(AFTER) == known
    assert (await checkpoint(kafka)).people == AFTER


async def test_it_refuses_where_what_stands_in_both_says_different_things(kafka: Kafka) -> None:
    await carry_people(kafka.log.reader, kafka.producer, MAC, BEFORE)
    one, other = PEOPLE[0], next(name for name in PEOPLE if BEFORE.of(name) != BEFORE.of(PEOPLE[0]))
    await moves(kafka, other, BEFORE)
    assert await kafka.decide(BEFORE) == 1
    await bury(kafka, BEFORE.of(one))
    by_another_tool(kafka, AFTER.end)
    with pytest.raises(NotCarried, match="rebuild people"):
        await growth(kafka).run(AFTER.end)
    assert (await checkpoint(kafka)).people == BEFORE


async def bury(kafka: Kafka, partition: int) -> None:
    """The records of one partition are taken away."""

    class One(PersonPartitions):
        @property
        def all(self) -> range:
            return range(partition, partition + 1)

    assert await bury_people(kafka.log.reader, kafka.producer, MAC, [One()])


async def test_of_two_growths_the_checkpoints_are_said_again_one_by_one(kafka: Kafka) -> None:
    for to in (AFTER.end, TWICE.end):
        await growth(kafka).run(to)
    known = await kafka.people(TWICE)
    lose_marks(kafka)
    with pytest.raises(CannotGrow, match="to 24, not to 56"):
        await growth(kafka).run(TWICE.end)
    for to in (AFTER.end, TWICE.end):
        assert (await growth(kafka).run(to)).people == 0
    assert await kafka.people(TWICE) == known
    assert (await checkpoint(kafka)).people == TWICE


class CutOff(LogBrokers):
    """The command ends before it gives `person-events` its partitions."""

    def add_partitions(self, topics: Sequence[str], total: int) -> None:
        """But for those."""
        if Topic.PERSON_EVENTS in topics:
            raise KeyboardInterrupt
        super().add_partitions(topics, total)


async def test_the_next_growth_does_not_begin_before_the_last_one_is_finished(kafka: Kafka) -> None:
    with pytest.raises(KeyboardInterrupt):
        await replace(growth(kafka), brokers=CutOff(kafka.log)).run(AFTER.end)
    with pytest.raises(CannotGrow, match=r"to 24 is not finished: begin with --to 24\."):
        await growth(kafka).run(TWICE.end)
    for to in (AFTER.end, TWICE.end):
        await growth(kafka).run(to)
    assert (await kafka.people(TWICE)).keys() == {*PEOPLE}
