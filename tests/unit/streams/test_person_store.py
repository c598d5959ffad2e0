"""Match's state: what stands in ``people`` is what is known, whoever wrote it in whatever order."""

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise
from typing import cast

from config.topics import Topic
from infra.kafka_record import KafkaRecord
from infra.partition_reader import PartitionReader
from models.eligibility.person_record import PersonRecord
from streams.person_store import PersonStore
from tests.factories import PERSON, residence, risk
from tests.unit.streams.doubles import Log


def record(applied: int, *, events: int = 0) -> PersonRecord:
    """A record that has applied so far."""
    return PersonRecord(person_id=PERSON, applied=applied, events=(residence(), risk())[:events])


class AtOnce(Log):
    """A log that a fetch reads whole, without waiting."""

    def __init__(self, log: Log) -> None:
        super().__init__()
        self.records = log.records

    @property
    def reader(self) -> PartitionReader:
        """As `Log.reader`."""
        return cast(PartitionReader, self)

    async def bounds(self, topic: str, partition: int) -> tuple[int, int]:
        """From its first to its last."""
        return 0, len(self.records[topic, partition])

    async def read(
        self, topic: str, partition: int, start: int, end: int
    ) -> AsyncIterator[list[KafkaRecord]]:
        """One fetch."""
        yield self.records[topic, partition][start:end]


async def written(log: Log, *records: PersonRecord, partition: int = 3) -> None:
    """Somebody's writes, in order."""
    people, output = PersonStore(log.reader), log.output()
    for one in records:
        people.put(partition, one, output)
    await output.flush()


async def test_a_record_is_read_back_as_it_was_written() -> None:
    """A restart knows exactly what was known."""
    log, kept = Log(), record(4, events=2)
    await written(log, kept)
    people = PersonStore(log.reader)
    assert await people.load(3) == []
    assert people.get(3, PERSON) == kept
    assert len(people) == 1


async def test_nobody_is_an_empty_record() -> None:
    """A person not met before has applied nothing."""
    people = PersonStore(Log().reader)
    assert await people.load(0) == []
    assert people.get(0, PERSON) == PersonRecord(person_id=PERSON)


async def test_a_zombies_late_write_does_not_win_and_is_written_over() -> None:
    """The lower applied offset stands last on the topic, and would be all that compaction leaves."""
    log = Log()
    await written(log, record(9, events=2), record(5, events=1))
    people, output = PersonStore(log.reader), log.output()
    for key in await people.load(3):
        people.write(3, key, output)
    assert people.get(3, PERSON).applied == 9
    await output.flush()
    last = log.written(Topic.PEOPLE)[-1]
    assert (last.key, dict(last.headers)["applied"]) == (PERSON.encode(), b"9")
    again = PersonStore(log.reader)
    assert await again.load(3) == []
    assert again.get(3, PERSON) == record(9).model_copy(update={"events": people.get(3, PERSON).events})


async def test_a_zombie_that_writes_between_two_looks_is_found_at_the_next() -> None:
    """A later look reads what is new only, and holds it against what is in memory."""
    log = Log()
    people, output = PersonStore(log.reader), log.output()
    assert await people.load(3) == []
    people.put(3, record(7, events=1), output)
    await output.flush()
    assert await people.load(3) == []
    await written(log, record(6))
    assert await people.load(3) == [PERSON.encode()]
    assert people.get(3, PERSON).applied == 7


async def test_what_another_owner_wrote_further_is_taken_over() -> None:
    """A partition that comes back is loaded anew: the other worker's record is the better one."""
    log = Log()
    await written(log, record(2))
    people = PersonStore(log.reader)
    await people.load(3)
    people.forget(set())
    assert len(people) == 0
    await written(log, record(8, events=2))
    await people.load(3)
    assert people.get(3, PERSON).applied == 8


async def test_forgetting_keeps_what_is_still_ours() -> None:
    """Only the partitions that are somebody else's go."""
    log = Log()
    await written(log, record(2), partition=1)
    await written(log, record(2), partition=2)
    people = PersonStore(log.reader)
    await people.load(1)
    await people.load(2)
    people.forget({2})
    assert (people.get(1, PERSON).applied, people.get(2, PERSON).applied) == (-1, 2)


async def test_a_record_that_does_not_say_what_it_has_applied_wins_over_none() -> None:
    log, best = Log(), record(4, events=2)
    log.append(Topic.PEOPLE, 3, PERSON.encode(), record(9).model_dump_json().encode())
    await written(log, best)
    log.append(Topic.PEOPLE, 3, PERSON.encode(), record(9).model_dump_json().encode())
    people = PersonStore(log.reader)
    assert await people.load(3) == [PERSON.encode()]
    assert people.records(3) == {PERSON: best}


async def test_others_have_their_turn_while_people_are_read() -> None:
    """A fetch holds thousands of records, and the clients' answers wait while they are read."""
    log = Log()
    many = [PersonRecord(person_id=f"{number:026d}", applied=number) for number in range(1000)]
    await written(log, *many)
    people = PersonStore(AtOnce(log).reader)
    seen: list[int] = []

    async def beat() -> None:
        while True:
            seen.append(len(people))
            await asyncio.sleep(0)

    beating = asyncio.create_task(beat())
    await people.load(3)
    beating.cancel()
    assert len(people) == 1000
    assert max(after - before for before, after in pairwise([*seen, 1000])) <= 100
