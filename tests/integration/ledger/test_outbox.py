"""Changes of tasks on the real broker: written with the change, sent after it, and read by whoever subscribes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from aiokafka import AIOKafkaConsumer

from config.kafka import KafkaSettings
from config.topics import Topic
from infra.postgres import Connection
from ledger import outbox
from ledger.actions.perform import Rules, perform
from ledger.tasks.outbound_events import AnswerPolicy
from models.tasks.actions import (
    Acknowledge,
    Action,
    Actor,
    Close,
    ContactAttempt,
    ContactForm,
    Ending,
    Initiative,
    Via,
)
from models.tasks.published_events import ReactionEvent, TaskEvent
from tests.factories import INSTITUTION, uuid
from tests.integration.ledger.ledger_fixture import Books
from tests.unit.ledger.decisions import ARRIVED, POLICY, UNIT, decided

RULES = Rules(
    policy=replace(
        POLICY, answers=AnswerPolicy(contact_made=lambda unit, _: unit == UNIT, closed=lambda unit, _: True)
    ),
    not_reached_after=lambda _: 2,
    units=frozenset({UNIT}),
)
ANNA = Actor(id="anna", name="Anna", via=Via.PAGE)
REACHED = ContactAttempt(at=ARRIVED, form=ContactForm.PHONE, reached=True)
CONTACT = Close(ending=Ending.CONTACT_MADE, initiatives=(Initiative.MENTOR,))


@pytest.fixture
async def own(ledger_url: str) -> AsyncIterator[Connection]:
    async with await psycopg.AsyncConnection.connect(ledger_url, autocommit=True) as own:
        yield own


async def do(own: Connection, task: UUID, deed: Action, act_id: UUID | None = None) -> None:
    await perform(
        own,
        task_id=task,
        units=frozenset({UNIT}),
        act_id=act_id or uuid4(),
        by=ANNA,
        deed=deed,
        rules=RULES,
    )


async def read(kafka: KafkaSettings, topic: Topic, wanted: int) -> list[Any]:
    """What stands on the topic, once there is so much of it and a moment has brought no more."""
    consumer = AIOKafkaConsumer(topic, **kafka.aiokafka(), auto_offset_reset="earliest")
    await consumer.start()
    found: list[Any] = []
    try:
        async with asyncio.timeout(60):
            while True:
                polled = await consumer.getmany(timeout_ms=500)
                found += [record for records in polled.values() for record in records]
                if not polled and len(found) >= wanted:
                    return found
    finally:
        await consumer.stop()


async def posted(kafka: KafkaSettings, url: str, own: Connection) -> None:
    """Run the outbox until it is empty, and then tear it down."""
    task = asyncio.create_task(outbox.run(kafka, url, asyncio.Event()))
    async with asyncio.timeout(60):
        while (await (await own.execute("SELECT count(*) FROM outbox WHERE sent_at IS NULL")).fetchone()) != (
            0,
        ):
            assert not task.done()
            await asyncio.sleep(0.1)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_a_subscriber_reads_every_change_of_a_task_in_order_and_knows_a_repeat(
    kafka: KafkaSettings, ledger_url: str, connection: Connection, own: Connection
) -> None:
    await Books(connection).project(decisions=[decided()])
    ((task, reference),) = await (await own.execute("SELECT id, reference FROM tasks")).fetchall()
    await do(own, task, Acknowledge())
    await do(own, task, REACHED)
    closing = uuid4()
    await do(own, task, CONTACT, closing)
    await do(own, task, CONTACT, closing)  # sent twice by its page
    await posted(kafka, ledger_url, own)
    # The outbox died after sending and before its note of it: everything goes out again.
    await own.execute("UPDATE outbox SET sent_at = NULL")
    await posted(kafka, ledger_url, own)

    records = await read(kafka, Topic.TASK_EVENTS, 8)
    assert {record.key.decode() for record in records} == {reference}
    assert len({record.partition for record in records}) == 1
    events = [TaskEvent.model_validate_json(record.value) for record in records]
    seen = list({event.id: event for event in events}.values())
    assert len(events) == 8
    assert [event.type.split(".")[3] for event in seen] == [
        "opened",
        "acknowledged",
        "attempt-recorded",
        "closed",
    ]
    assert [event.data.version for event in seen] == [1, 2, 3, 4]

    answers = [ReactionEvent.model_validate_json(one.value) for one in await read(kafka, Topic.REACTIONS, 4)]
    assert {(one.data.sender, one.data.message_id) for one in answers} == {(INSTITUTION, uuid("message"))}
    assert sorted({one.type.split(".")[3] for one in answers}) == ["closed", "contact-made"]
    assert len({one.id for one in answers}) == 2


async def test_what_is_rolled_back_is_never_told(connection: Connection, own: Connection) -> None:
    books = Books(connection)
    with suppress(ZeroDivisionError):
        async with connection.transaction():
            await books.take(decided())
            raise ZeroDivisionError
    assert await (await own.execute("SELECT count(*) FROM outbox")).fetchone() == (0,)


async def test_what_was_told_long_ago_is_forgotten_and_refusals_are_not(own: Connection) -> None:
    for name, topic, days in (
        ("task/1/1", "task-events", 8),
        ("task/1/2", "task-events", 6),
        ("reaction/1", "reactions", 8),
        ("refusal/1", "person-events", 800),
        ("task/1/3", "task-events", None),
    ):
        await own.execute(
            "INSERT INTO outbox (id, topic, key, value, sent_at) "
            "VALUES (%s, %s, '', '', now() - %s * interval '1 day')",
            (name, topic, days),
        )
    assert await outbox.forget(own) == 2
    left = await (await own.execute("SELECT id FROM outbox ORDER BY id")).fetchall()
    assert [name for (name,) in left] == ["refusal/1", "task/1/2", "task/1/3"]
