"""A batch in the real PostgreSQL: all of it or nothing, once or never."""

import asyncio
import dataclasses
from dataclasses import dataclass
from typing import Any, cast

import psycopg
import pytest

from config.topics import Topic
from infra.postgres import Connection
from ledger.consume.project import project
from ledger.queries.listings import DECISIONS, RECEIPTS, TASKS, Query, rows
from ledger.schema.migrate import migrate
from ledger.store import repository
from ledger.store.repository import Fenced
from models.eligibility.simple_decision import as_decision
from models.events.receipt import Receipt, ReceiptStatus
from models.reasons import DecisionReason, Rejection
from tests.factories import INSTITUTION, risk, uuid
from tests.integration.ledger.ledger_fixture import Books, accepted, applied, at, batch, counts
from tests.unit.ledger.decisions import ARRIVED, OTHER_UNIT, POLICY, UNIT, decided, later

PLACE = (str(Topic.DECISIONS), 3)


async def test_migrations_are_applied_once(ledger_url: str) -> None:
    """A second start finds nothing to do; two at once do not meet."""
    assert [*await asyncio.gather(migrate(ledger_url), migrate(ledger_url))] == [[], []]


async def test_a_batch_at_a_stale_position_is_fenced_and_writes_nothing(connection: Connection) -> None:
    """The second of two processes with the same records loses, whole, whether it knew a position or none."""
    first = batch(decisions=[decided()], to={PLACE: 1})
    async with connection.transaction():
        await project(connection, first, {}, POLICY)
    before = await counts(connection)
    receipt = accepted(risk(origin=at(1, ARRIVED)))
    for known in ({}, {PLACE: 0}, {PLACE: 7}):
        stale = batch(
            receipts=[receipt],
            decisions=[decided("other", person="other")],
            to={(str(Topic.APPLIED), 0): 5, PLACE: 2},
        )
        with pytest.raises(Fenced):
            async with connection.transaction():
                await project(connection, stale, known, POLICY)
        assert await counts(connection) == before


async def test_two_ledgers_at_once_are_one(connection: Connection, ledger_url: str) -> None:
    """The same batch in two transactions side by side: one is projected, one is fenced."""

    async def run() -> bool:
        async with await psycopg.AsyncConnection.connect(ledger_url) as own:
            try:
                async with own.transaction():
                    await project(own, batch(decisions=[decided()], to={PLACE: 1}), {}, POLICY)
            except Fenced:
                return False
            return True

    assert sorted(await asyncio.gather(run(), run(), run())) == [False, False, True]
    assert (await counts(connection))["deliveries"] == 1


async def test_receipts_and_applied_entries_that_come_again_change_nothing(connection: Connection) -> None:
    """At least once on Kafka is exactly once here; of two receipts for a record the first stands."""
    books = Books(connection)
    event = risk(origin=at(1, ARRIVED))
    await books.project(receipts=[accepted(event)], applied=[applied((4, event))])
    before = await counts(connection)
    other = Receipt(origin=event.origin, status=ReceiptStatus.REJECTED, reason=Rejection.UNKNOWN_KEY)
    await books.project(receipts=[accepted(event), other], applied=[applied((4, event), (4, event))])
    assert await counts(connection) == before
    assert await books.rows("SELECT status FROM receipts") == [("accepted",)]


async def test_a_replay_of_everything_changes_nothing(connection: Connection) -> None:
    """All decisions once more, under positions that were lost: rows, notices and audit stay as they are."""
    books = Books(connection)
    history = [
        decided("one", cause=1),
        decided("two", cause=2),
        decided("one", revision=2, unit=OTHER_UNIT, cause=3),
        decided("two", revision=2, unit=None, cause=4),
        decided("two", revision=3, cause=5),
    ]
    for decision in history:
        await books.project(decisions=[decision])
    before = await counts(connection)
    await books.project(decisions=history)
    assert await counts(connection) == before
    assert await books.rows("SELECT unit_id FROM tasks WHERE status = 'open' ORDER BY 1") == [
        (UNIT,),
        (OTHER_UNIT,),
    ]


async def test_one_cause_in_two_batches_is_one_notice(connection: Connection) -> None:
    """A poll may end between the decisions of one event; the unit is told once all the same."""
    books = Books(connection)
    await books.project(decisions=[decided("one", cause=1)])
    await books.project(decisions=[decided("two", cause=1)])
    assert await books.rows("SELECT occasion FROM deliveries") == [("new",)]
    await books.project(decisions=[decided("three", cause=2)])
    assert len(await books.rows("SELECT occasion FROM deliveries")) == 2


@dataclass
class _Dying:
    """A connection that is lost at its n-th statement."""

    inner: Connection
    left: int

    def _use(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise psycopg.OperationalError("lost")

    async def execute(self, *arguments: Any) -> Any:
        self._use()
        return await self.inner.execute(*arguments)

    def cursor(self, **arguments: Any) -> Any:
        self._use()
        return self.inner.cursor(**arguments)

    def pipeline(self) -> Any:
        return self.inner.pipeline()


async def test_a_crash_between_any_two_statements_leaves_nothing(connection: Connection) -> None:
    """Receipts, applied entries, tasks, notices, outbox and position appear together or not at all."""
    event = risk(origin=at(1, ARRIVED))
    again = event.model_copy(update={"origin": at(2, later(1))})
    full = batch(
        receipts=[accepted(event), accepted(again)],
        applied=[applied((1, event), (2, again))],
        decisions=[decided(), decided("two")],
        to={PLACE: 2},
    )
    nothing = dict.fromkeys(await counts(connection), 0)
    statements = 0
    while True:
        try:
            async with connection.transaction():
                await project(cast(Connection, _Dying(connection, statements)), full, {}, POLICY)
            break
        except psycopg.OperationalError:
            statements += 1
            assert await counts(connection) == nothing
    assert statements > 8
    assert (await counts(connection)) == nothing | {
        "position": 1,
        "receipts": 2,
        "applied": 2,
        "messages": 2,
        "tasks": 1,
        "deliveries": 1,
        "audit": 4,
        "outbox": 3,
        "repeats": 1,
    }


async def test_what_is_sealed_stands_in_its_own_column_and_comes_back(connection: Connection) -> None:
    """The published decision is readable by people who may not open the seal."""
    books = Books(connection)
    await books.project(decisions=[decided()])
    ((decision, sealed),) = await books.rows("SELECT decision, sealed FROM messages")
    assert sealed == "v1.sealed"
    assert "sealed" not in decision
    async with connection.transaction():
        messages, tasks = await repository.rows_of(connection, [decided().message.person_id])
    assert [as_decision(row.decision) for row in messages] == [decided()]
    assert [task.id for task in tasks] == [messages[0].task_id]


async def test_messages_that_are_too_many_are_read_when_they_are_named_and_stand_as_they_came_first(
    connection: Connection,
) -> None:
    """A sender in a loop makes any number of them: who has one more must not read them all."""
    books = Books(connection)
    many = [
        decided(f"too many {number}", unit=None, reason=DecisionReason.TOO_MANY_EVENTS) for number in range(9)
    ]
    await books.project(decisions=[decided(), *many])
    before = await counts(connection)
    again = many[3].model_copy(update={"sealed": "another"})
    await books.project(decisions=[again])
    assert await counts(connection) == before
    person, named = decided().message.person_id, (again.message.sender, again.message.message_id)
    async with connection.transaction():
        alone, _ = await repository.rows_of(connection, [person])
        beside, _ = await repository.rows_of(connection, [person], [named])
    assert [as_decision(row.decision) for row in alone] == [decided()]
    assert {row.decision.message.message_id for row in beside} == {decided().message.message_id, named[1]}
    assert many[3] in [as_decision(row.decision) for row in beside]


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        (
            RECEIPTS,
            {"message_id", "institution", "status", "reason", "repeat", "topic", "partition", "offset"},
        ),
        (
            DECISIONS,
            {
                "message_id",
                "institution",
                "decision",
                "reason",
                "unit",
                "task_id",
                "react_by",
                "topic",
                "partition",
                "offset",
                "law_version",
            },
        ),
        (TASKS, {"task_id", "reference", "unit", "status", "react_by", "message_ids"}),
    ],
)
async def test_the_lists_have_the_fields_that_are_documented(
    connection: Connection, ledger_url: str, query: Query[Any], fields: set[str]
) -> None:
    """One row for what there is one of, and nothing sealed in it."""
    books = Books(connection)
    event = risk(origin=at(1, ARRIVED), event_id=uuid("message"))
    await books.project(receipts=[accepted(event)], decisions=[decided()])
    (row,) = await asyncio.to_thread(lambda: list(rows(ledger_url, query, {}, limit=None)))
    assert fields <= {field.name for field in dataclasses.fields(row)}
    assert "sealed" not in str(row)
    told = {"institution": INSTITUTION, "decision": "obliged", "unit": UNIT, "law_version": "2025-07-01"}
    assert {name: getattr(row, name) for name in told if hasattr(row, name)} == {
        name: content for name, content in told.items() if hasattr(row, name)
    }
    nobody = dict.fromkeys(query.filters, "nobody")
    assert await asyncio.to_thread(lambda: list(rows(ledger_url, query, nobody, limit=5))) == []
