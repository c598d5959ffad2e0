"""Bugs of the ledger."""

import asyncio
import time
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

import psycopg
from aiokafka import AIOKafkaConsumer

from config.database_roles import DatabaseRole
from infra.postgres import Connection
from infra.stream_mac import StreamMac
from ledger.consume import consumer, words
from ledger.consume.duplicates import post
from ledger.consume.project import project as project_batch
from ledger.store import repository
from ledger.tasks import projection as project
from ledger.tasks.rows import MessageRow, OutboxRow
from models.eligibility.simple_decision import KnownDecision, as_decision
from tests.faults.planted_bugs.replace import replace_attribute

_GATHERED_SECONDS: Final = 1.0


async def _advance_unfenced(
    connection: Connection, moves: Iterable[tuple[str, int, int | None, int]]
) -> None:
    for topic, partition, _, new in moves:
        await connection.execute(
            "INSERT INTO position VALUES (%s, %s, %s) "
            "ON CONFLICT (topic, partition) DO UPDATE SET next_offset = excluded.next_offset",
            (topic, partition, new),
        )


def auto_commit_alone() -> None:
    """Kafka's client commits what was fetched, by itself."""

    def committing(**settings: Any) -> Any:
        return AIOKafkaConsumer(**{**settings, "enable_auto_commit": True, "auto_commit_interval_ms": 20})

    async def slow(*arguments: Any) -> None:
        await asyncio.sleep(0.1)
        await project_batch(*arguments)

    replace_attribute(consumer, "AIOKafkaConsumer", committing)
    replace_attribute(consumer, "project", slow)


def auto_commit() -> None:
    """And the ledger reads on from there: it does not ask PostgreSQL any more, and no fence holds the position."""

    async def trust_kafka(ledger: consumer.Ledger, connection: Connection) -> None:
        while not ledger._consumer.assignment():
            await ledger._consumer.getmany(timeout_ms=200)
        ledger._stale = False
        ledger._known = await repository.positions(connection)
        ledger._on_ready()

    auto_commit_alone()
    replace_attribute(consumer.Ledger, "_seek", trust_kafka)
    replace_attribute(repository, "advance", _advance_unfenced)


def no_unique_key_alone() -> None:
    """The database no longer says that a person's enrolment has one open task at a unit."""
    connect = consumer.Ledger._connect

    async def without_key(ledger: consumer.Ledger) -> Connection:
        # As the superuser: the ledger's own user may not.
        url = ledger._settings.database_url.replace(f"//{DatabaseRole.LEDGER}@", "//postgres@")
        async with await psycopg.AsyncConnection.connect(url) as connection:
            await connection.execute("DROP INDEX IF EXISTS one_open_task")
        return await connect(ledger)

    # A batch knows its own tasks: one record in each, so that every message comes in its own.
    replace_attribute(consumer, "_MAX_RECORDS", 1)
    replace_attribute(consumer.Ledger, "_connect", without_key)


def no_unique_key() -> None:
    """And ids do not follow from what they name, and an open task is not looked for first."""
    real = repository.rows_of

    async def no_tasks(
        connection: Connection,
        people: Collection[str],
        named: Collection[tuple[str, str]] = (),
        whole: Collection[str] = (),
    ) -> tuple[list[Any], list[Any]]:
        messages, _ = await real(connection, people, named, whole)
        return [MessageRow(row.decision) for row in messages], []

    no_unique_key_alone()
    replace_attribute(repository, "rows_of", no_tasks)
    replace_attribute(project, "task_id", lambda *_: uuid4())


def takes_anything() -> None:
    """Whoever may write to its topics is believed: what is no record of ours stops it, as it did before."""
    replace_attribute(StreamMac, "fault", lambda mac, record: None)


def deadline_from_processing() -> None:
    """The date is counted from when the ledger comes to it, and not from when the broker received the message."""
    real = project.Projection.take

    def late(projection: project.Projection, known: KnownDecision, **how: Any) -> None:
        decision = as_decision(known)
        origin = decision.message.origin.model_copy(update={"appended_at": datetime.now(UTC)})
        message = decision.message.model_copy(update={"origin": origin})
        real(projection, decision.model_copy(update={"message": message}), **how)

    replace_attribute(project.Projection, "take", late)


def told_after_commit() -> None:
    """Whose a subject is now is told when the books are sure of it, of many at once, by who remembers it."""
    real, remembered, told_at = consumer.Ledger._step, list[OutboxRow](), 0.0

    async def remember(connection: Connection, rows: Sequence[OutboxRow]) -> None:
        remembered.extend(rows)

    async def step(ledger: consumer.Ledger, connection: Connection) -> None:
        nonlocal told_at
        await real(ledger, connection)
        if time.monotonic() < told_at + _GATHERED_SECONDS:
            return
        told_at = time.monotonic()
        async with connection.transaction():
            gathered = [*remembered]
            remembered.clear()
            await post(connection, gathered)

    replace_attribute(words, "post", remember)
    replace_attribute(consumer.Ledger, "_step", step)
