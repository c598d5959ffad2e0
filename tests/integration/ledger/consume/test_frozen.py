"""A ledger that is frozen in the middle of a batch: it must not hold its locks for ever."""

import asyncio
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from aiokafka import TopicPartition

from config.kafka import KafkaSettings
from config.topics import Topic
from infra.postgres import Connection
from ledger.consume.consumer import Ledger, LedgerSettings
from ledger.consume.project import project
from ledger.store import repository
from tests.integration.ledger.consume.test_consumer import count
from tests.integration.ledger.ledger_fixture import batch
from tests.unit.ledger.decisions import POLICY, decided

POSITION = "INSERT INTO position VALUES ('decisions', 0, 0)"
TRIES = 60


def ledger(kafka: KafkaSettings, database: str) -> Ledger:
    """With a second for a statement."""
    settings = LedgerSettings(kafka=kafka, database_url=database, database_seconds=1)
    return Ledger(settings, POLICY, lambda: None)


async def project_one(connection: Connection) -> None:
    """The first record of a partition."""
    words = batch(decisions=[decided("message")], to={("decisions", 0): 1})
    async with connection.transaction():
        await project(connection, words, {("decisions", 0): 0}, POLICY)


async def test_the_server_ends_a_ledger_that_says_no_more_in_its_pipeline_and_another_goes_on(
    kafka: KafkaSettings, ledger_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until an answer is asked for there, the server takes it for active: the limit of who is idle does not hold."""
    async with await psycopg.AsyncConnection.connect(ledger_url, autocommit=True) as live:
        await live.execute(POSITION)
    frozen, awake = asyncio.Event(), asyncio.Event()
    usual = repository.write_notices

    async def freeze(*arguments: Any) -> None:
        if not frozen.is_set():
            frozen.set()
            await awake.wait()
        await usual(*arguments)

    monkeypatch.setattr(repository, "write_notices", freeze)
    first = await ledger(kafka, ledger_url)._connect()
    held = asyncio.create_task(project_one(first))
    await frozen.wait()
    second = await ledger(kafka, ledger_url)._connect()
    for _ in range(TRIES):
        try:
            await project_one(second)
            break
        except psycopg.errors.LockNotAvailable:
            await asyncio.sleep(0.1)
    assert await count(ledger_url, "SELECT next_offset FROM position") == 1
    awake.set()
    with pytest.raises(psycopg.Error):
        await held
    await first.close()
    await second.close()
    assert await count(ledger_url, "SELECT count(*) FROM messages") == 1


async def test_what_was_polled_at_a_position_that_does_not_hold_is_not_decoded(
    kafka: KafkaSettings, database: str
) -> None:
    """It may be a record that `ledger skip` has let pass: the ledger would end over it once more."""
    standby = ledger(kafka, database)
    record = SimpleNamespace(
        topic=Topic.DECISIONS, partition=5, offset=0, timestamp=0, key=b"", value=b"{", headers=()
    )

    async def poll(**_: Any) -> dict[Any, list[Any]]:
        return {TopicPartition(Topic.DECISIONS, 5): [record]}

    standby._consumer = SimpleNamespace(getmany=poll)
    polled, words = await standby._read()
    assert (polled, len(words)) == ({}, 0)
