"""A ledger on a database from before people got more partitions: it reads what was decided before that first."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Final

import psycopg
from aiokafka import AIOKafkaProducer

from config.kafka import KafkaSettings
from config.topics import GROWING, Topic
from infra import topic_admin
from infra.consumer_health import ConsumerEnded
from infra.record_key import record_key
from ledger.consume.consumer import Ledger, LedgerSettings
from ledger.consume.projected import Projected
from models.eligibility.decision import Decision
from tests.unit.ledger.decisions import POLICY, decided

MESSAGES: Final = 3000


async def publish(kafka: KafkaSettings, decisions: Sequence[Decision], first: int) -> None:
    """In eight partitions from `first` on, in a transaction: its end takes an offset of each, and is no record."""
    producer = AIOKafkaProducer(**kafka.producer() | {"transactional_id": "match"})
    await producer.start()
    try:
        async with producer.transaction():
            for number, decision in enumerate(decisions):
                value = decision.model_dump_json(exclude_none=True).encode()
                await producer.send(Topic.DECISIONS, value, record_key(), partition=first + number % 8)
    finally:
        await producer.stop()


@asynccontextmanager
async def running(
    kafka: KafkaSettings, url: str, instance: str, said: list[Projected]
) -> AsyncIterator[None]:
    """One of two that share the partitions."""
    settings = LedgerSettings(kafka=kafka, database_url=url, instance=instance, session_timeout_ms=6000)
    ledger = Ledger(settings, POLICY, on_ready=lambda: None, on_projected=said.append)
    task = asyncio.create_task(ledger.run(asyncio.Event()))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError, ConsumerEnded):
            await task


async def test_what_was_decided_before_is_projected_first_whichever_ledger_reads_it(
    kafka: KafkaSettings, ledger_url: str
) -> None:
    topic_admin.add_partitions(kafka, sorted(GROWING), 24)
    names = [f"message {number}" for number in range(MESSAGES)]
    await publish(kafka, [decided(name, person=name) for name in names], 0)
    await publish(kafka, [decided(name, person=name, revision=2, unit=None) for name in names[:800]], 8)
    said: list[Projected] = []
    async with (
        running(kafka, ledger_url, "1", said),
        running(kafka, ledger_url, "2", said),
        await psycopg.AsyncConnection.connect(ledger_url, autocommit=True) as connection,
        asyncio.timeout(120),
    ):
        done = 0
        while done < MESSAGES + 800:
            done = sum(len(one.decisions) for one in said)
            await asyncio.sleep(0.05)
        row = await (await connection.execute("SELECT count(*) FROM messages")).fetchone()
        assert row == (MESSAGES,)
    revisions = [decision.revision for one in said for decision in one.decisions]
    assert revisions == sorted(revisions)
