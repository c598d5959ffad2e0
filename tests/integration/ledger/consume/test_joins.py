"""Two partitions and a person with a number in each: whichever is read first, the rows are the same, on PostgreSQL."""

from collections.abc import Sequence

import pytest

from config.topics import Topic
from infra.postgres import Connection
from ledger.consume.batch import Batch
from ledger.consume.joins import settle
from ledger.consume.project import project
from ledger.queries.numbers import numbers_of
from models.eligibility.decision import Decision, JoinMark
from models.ids import task_id
from tests.factories import uuid
from tests.unit.ledger.decisions import POLICY, UNIT, decided, later
from tests.unit.ledger.tasks.test_fold_numbers import joined

ROWS = "SELECT person_id, revision, task_id FROM messages ORDER BY 1, 2"
TASKS = "SELECT id, person_id, status, ordinal FROM tasks ORDER BY 1"


class TwoPartitions:
    """A ledger that polls what it is given of each, and goes on where it was held."""

    def __init__(self, connection: Connection, logs: dict[int, Sequence[Decision | JoinMark]]) -> None:
        self.connection = connection
        self.logs = logs
        self.at = dict.fromkeys(logs, 0)
        self.known: dict[tuple[str, int], int] = {}

    async def poll(self, *partitions: int, most: int = 10) -> bool:
        """Whether a partition was held."""
        batch = Batch()
        for partition in partitions:
            records = self.logs[partition][self.at[partition] :][:most]
            for offset, record in enumerate(records, start=self.at[partition]):
                value = record.model_dump_json(exclude_none=True).encode()
                batch.add(Topic.DECISIONS, value, partition, offset)
            if records:
                batch.next_offsets[Topic.DECISIONS, partition] = self.at[partition] + len(records)
        async with self.connection.transaction():
            await settle(self.connection, batch)
            await project(self.connection, batch, self.known, POLICY)
        self.known |= batch.next_offsets
        for (_, partition), upto in batch.next_offsets.items():
            self.at[partition] = upto
        return batch.is_held

    async def rows(self, query: str) -> list[tuple[object, ...]]:
        return await (await self.connection.execute(query.encode())).fetchall()


def story() -> dict[int, Sequence[Decision | JoinMark]]:
    """A task under each number; then the greater one is joined to the smaller, and one comes late from it."""
    old, young = decided("first", person="B"), decided("second", person="A", at=later(1))
    return {
        0: [young, joined(young.model_copy(update={"revision": 2}), "B"),
            joined(decided("first", person="A", revision=2, cause=7), "B", sent_as="B")],
        1: [old, JoinMark(person_id="B", joined_to="A"), old],
    }  # fmt: skip


async def test_a_decision_that_names_a_number_waits_for_its_last_word(connection: Connection) -> None:
    """With its partition, whose position stands before it."""
    ledger = TwoPartitions(connection, story())
    assert await ledger.poll(0)
    assert ledger.at == {0: 1, 1: 0}
    assert await ledger.poll(0)
    assert not await ledger.poll(1, most=2)
    assert not await ledger.poll(0)
    (task,) = [row for row in await ledger.rows(TASKS) if row[2] == "open"]
    assert task[1] == "A"
    assert [(person, revision) for person, revision, _ in await ledger.rows(ROWS)] == [("A", 2), ("A", 2)]
    assert {row[2] for row in await ledger.rows(ROWS)} == {task[0]}
    # What a worker says that had lost the partition makes no row.
    assert not await ledger.poll(1)
    assert len(await ledger.rows(ROWS)) == 2
    assert await numbers_of(connection, "A") == await numbers_of(connection, "B") == ["A", "B"]
    assert await numbers_of(connection, "C") == ["C"]


async def test_a_mark_that_was_skipped_is_waited_for_until_it_is_said_again(connection: Connection) -> None:
    """As `redecide --joined` has it said: behind whatever has come since."""
    logs = story()
    old, mark, _ = logs[1]
    ledger = TwoPartitions(connection, {0: logs[0], 1: [old]})
    assert not await ledger.poll(1)
    assert await ledger.poll(0)
    ledger.logs[1] = [old, decided("another", person="D", at=later(2)), mark, mark]
    assert not await ledger.poll(0, 1)
    assert ledger.at == {0: 3, 1: 4}
    (task,) = [row for row in await ledger.rows(TASKS) if row[1:3] == ("A", "open")]
    assert [row[2] for row in await ledger.rows(ROWS) if row[0] == "A"] == [task[0]] * 2


@pytest.mark.parametrize("order", [[(0, 1)], [(1, 0)], [(1,), (0,)], [(0,), (1,), (0,)]], ids=str)
async def test_in_any_order_of_the_partitions_the_rows_are_the_same(
    connection: Connection, order: list[tuple[int, ...]]
) -> None:
    """Both in one poll, either first, or one by one: the older task goes on, the other has ended."""
    ledger = TwoPartitions(connection, story())
    for partitions in order:
        await ledger.poll(*partitions)
    while any(ledger.at[partition] < len(log) for partition, log in ledger.logs.items()):
        await ledger.poll(0, 1, most=1)
    old, young = (task_id(person, uuid("enrolment"), UNIT, 1) for person in "BA")
    assert await ledger.rows(ROWS) == [("A", 2, old), ("A", 2, old)]
    assert sorted(await ledger.rows(TASKS)) == sorted([(old, "A", "open", 2), (young, "A", "withdrawn", 1)])
    assert {row[0] for row in await ledger.rows("SELECT DISTINCT occasion FROM deliveries")} == {"new"}
