"""The ledger made once more: the same whatever the order in which it was read, and replaced whole or not at all."""

import asyncio
import time
from datetime import timedelta
from typing import Final

import psycopg
import pytest
from aiokafka import AIOKafkaProducer

from config.kafka import KafkaSettings
from config.topics import Topic
from infra.record_key import record_key
from ledger.rebuild.compare import DELIVERIES, TABLES, Comparison
from ledger.rebuild.rebuild import SCHEMA, CannotRebuild, Rebuilt, rebuilding
from ledger.rebuild.replace import replace
from models.eligibility.decision import Decision, ErasureMark, JoinMark
from models.events.person_event import PersonEvent
from models.events.receipt import Applied, Receipt
from models.reasons import DecisionReason
from tests.factories import risk, uuid
from tests.integration.ledger.consume.test_consumer import count, running, until
from tests.integration.ledger.ledger_fixture import accepted, applied, at
from tests.unit.ledger.decisions import ARRIVED, OTHER_UNIT, POLICY, decided

PEOPLE = 1500
CLASH = uuid("clash")
TOPICS: Final = {
    Decision: Topic.DECISIONS,
    JoinMark: Topic.DECISIONS,
    ErasureMark: Topic.DECISIONS,
    Receipt: Topic.RECEIPTS,
    Applied: Topic.APPLIED,
    PersonEvent: Topic.PERSON_EVENTS,
}


async def say(
    kafka: KafkaSettings,
    *records: tuple[int, Decision | JoinMark | ErasureMark | Receipt | Applied | PersonEvent],
) -> None:
    """Records on the topic of their kind, each on its partition."""
    producer = AIOKafkaProducer(**kafka.producer())
    await producer.start()
    try:
        for partition, record in records:
            topic = TOPICS[type(record)]
            value = record.model_dump_json(exclude_none=True).encode()
            await producer.send(topic, value, record_key(), partition=partition)
    finally:
        await producer.stop()


def lives(number: int) -> list[Decision]:
    """A person's message: to a unit, corrected, to another unit, for every third withdrawn."""
    person, message = f"person {number}", f"message {number}"
    last = {"unit": None} if number % 3 == 0 else {"unit": OTHER_UNIT}
    return [
        decided(message, person=person, offset=10_000 + number),
        decided(message, person=person, offset=10_000 + number, revision=2, cause=number * 10 + 2),
        decided(message, person=person, offset=10_000 + number, revision=3, cause=number * 10 + 3, **last),
    ]


async def test_the_same_comes_out_in_another_order_and_nothing_is_half_replaced(
    kafka: KafkaSettings, ledger_url: str
) -> None:
    """Decisions first, receipts after them: a conflict opened a task, and took it back when it became known."""
    first = risk(event_id=CLASH, origin=at(1, ARRIVED), fingerprint="one")
    later = risk(
        event_id=CLASH, origin=at(2, ARRIVED + timedelta(minutes=1)), fingerprint="other"
    ).model_copy(update={"person_id": "anothermadeupanothermade22"})
    clash = decided("clash", person=later.person_id, at=later.origin.appended_at, offset=2)
    taken_back = decided(
        "clash",
        person=later.person_id,
        at=later.origin.appended_at,
        offset=2,
        revision=2,
        unit=None,
        reason=DecisionReason.ID_CONFLICT,
        cause=9,
    )
    story = [(number % 8, decision) for number in range(PEOPLE) for decision in lives(number)]
    sent = [
        risk(event_id=uuid(f"receipt {number % 900}"), origin=at(number + 10, ARRIVED), fingerprint="same")
        for number in range(1000)
    ]
    async with running(kafka, ledger_url):
        await say(kafka, *story, (7, clash))
        await until(ledger_url, "SELECT count(*) FROM messages", PEOPLE + 1)
        await say(
            kafka, *((number % 4, accepted(event)) for number, event in enumerate([first, later, *sent]))
        )
        await say(kafka, (0, applied((1, first), (2, later))), (7, taken_back))
        await until(ledger_url, "SELECT count(*) FROM receipts", 1002)
        await until(ledger_url, "SELECT count(*) FROM messages WHERE reason = 'id_conflict'", 1)
        await until(ledger_url, "SELECT count(*) FROM repeats WHERE resolved_at IS NOT NULL", 1)
        await until(ledger_url, "SELECT sum(next_offset) FROM position", PEOPLE * 3 + 2 + 1002 + 1)
    began = time.monotonic()
    async with rebuilding(kafka, ledger_url, POLICY, lambda _: None) as same:
        seconds = time.monotonic() - began
        print(f"{same.records} records rebuilt and compared in {seconds:.1f} s")
        with pytest.raises(CannotRebuild, match="Another rebuild"):
            async with rebuilding(kafka, ledger_url, POLICY, lambda _: None):
                pass
    found = by_table(same)
    assert {name: table.differing for name, table in found.items() if table.differing} == {}
    assert same.records == PEOPLE * 3 + 2 + 1002 + 1
    assert found["repeats"].live == 101
    assert (found["tasks"].live, found["tasks"].on_the_way) == (found["tasks"].rebuilt, 1)
    assert found["deliveries"].on_the_way == 2
    assert all(table.live_hash == table.rebuilt_hash for table in found.values())
    await _nothing_is_half_replaced(kafka, ledger_url)


async def _nothing_is_half_replaced(kafka: KafkaSettings, database: str) -> None:
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as live:
        await live.execute("UPDATE tasks SET unit_id = 'unit-0000' WHERE status = 'open'")
        await live.execute("UPDATE receipts SET fingerprint = 'made up' WHERE \"offset\" = 10")
        async with rebuilding(kafka, database, POLICY, lambda _: None) as differing:
            assert by_table(differing)["tasks"].different == PEOPLE - PEOPLE // 3
            await live.execute(
                "UPDATE position SET next_offset = next_offset + 1 WHERE topic = 'applied' AND partition = 0"
            )
            with pytest.raises(CannotRebuild, match="gone on"):
                await replace(database, differing, "a test")
            assert await count(database, "SELECT count(*) FROM tasks WHERE unit_id = 'unit-0000'") == 1000
            await live.execute(
                "UPDATE position SET next_offset = next_offset - 1 WHERE topic = 'applied' AND partition = 0"
            )
            due = await count(database, "SELECT count(*) FROM deliveries")
            await replace(database, differing, "a test")
    assert await count(database, "SELECT count(*) FROM tasks WHERE unit_id = 'unit-0000'") == 0
    assert await count(database, "SELECT count(*) FROM deliveries") == due
    assert await count(database, f"SELECT count(*) FROM pg_namespace WHERE nspname = '{SCHEMA}'") == 0  # noqa: S608 - our own name
    async with rebuilding(kafka, database, POLICY, lambda _: None) as again:
        assert again.differing == 0


async def test_a_ledger_that_is_further_than_kafka_cannot_be_rebuilt(
    kafka: KafkaSettings, ledger_url: str
) -> None:
    async with await psycopg.AsyncConnection.connect(ledger_url, autocommit=True) as live:
        await live.execute("INSERT INTO position VALUES ('receipts', 0, 1000000)")
    with pytest.raises(CannotRebuild, match="made anew"):
        async with asyncio.timeout(60), rebuilding(kafka, ledger_url, POLICY, lambda _: None):
            pass


async def test_every_column_that_follows_from_kafka_is_compared(ledger_url: str) -> None:
    """A column that a migration adds must be put into `ledger.rebuild.compare`, or be named here."""
    of_the_writing = {
        "recorded_at",
        "opened_at",
        "changed_at",
        "resolved_at",
        "told_at",
        "noted_at",
        "version",
    }
    async with await psycopg.AsyncConnection.connect(ledger_url) as connection:
        for table in set(TABLES) - {DELIVERIES}:
            cursor = await connection.execute(
                "SELECT column_name FROM information_schema.columns WHERE table_name = %s", (table.name,)
            )
            there = {name for (name,) in await cursor.fetchall()}
            assert there - of_the_writing == {*table.key, *table.columns}, table.name


def by_table(found: Rebuilt) -> dict[str, Comparison]:
    return {table.table: table for table in found.tables}
