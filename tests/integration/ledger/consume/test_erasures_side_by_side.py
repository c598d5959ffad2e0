"""Two ledgers, one with a partition of ``applied``, one with that of ``decisions``: an erasure between them."""

import asyncio

import psycopg

from config.topics import Topic
from infra.postgres import Connection
from ledger.consume.batch import Batch
from ledger.consume.joins import settle
from ledger.consume.project import project
from ledger.store.erasures import ERASED
from tests.factories import risk, uuid
from tests.integration.ledger.consume.test_erasures import GONE, MARK, STAYS, of, told
from tests.integration.ledger.ledger_fixture import applied
from tests.unit.ledger.decisions import POLICY


async def test_who_erases_waits_for_who_applies(connection: Connection, ledger_url: str) -> None:
    ledger = await told(connection)
    late = risk(person_id=GONE, event_id=uuid("late"), origin=of(GONE, "late").message.origin)
    batch = Batch()
    batch.applied.append(applied((8, late)))
    async with await psycopg.AsyncConnection.connect(ledger_url) as beside:
        async with beside.transaction():
            await settle(beside, batch)
            erasing = asyncio.create_task(ledger.poll(MARK))
            await asyncio.wait({erasing}, timeout=0.2)
            await project(beside, batch, {}, POLICY)
        await erasing
    entries = await ledger.rows('SELECT "offset", person_id FROM applied ORDER BY 1')
    assert entries == [(3, ERASED), (4, STAYS), (8, ERASED)]
    assert await ledger.found(GONE) == set()


async def test_who_applies_waits_for_who_erases(connection: Connection, ledger_url: str) -> None:
    ledger = await told(connection)
    late = risk(person_id=GONE, event_id=uuid("late"), origin=of(GONE, "late").message.origin)
    erasing, applying = Batch(), Batch()
    erasing.add(Topic.DECISIONS, MARK.model_dump_json(exclude_none=True).encode(), 0, 2)
    applying.applied.append(applied((8, late)))
    async with await psycopg.AsyncConnection.connect(ledger_url) as beside:
        async with beside.transaction():
            await settle(beside, erasing)
            await project(beside, erasing, {}, POLICY)
            polled = asyncio.create_task(_project(connection, applying))
            await asyncio.wait({polled}, timeout=0.5)
        await polled
    assert await ledger.rows('SELECT person_id FROM applied WHERE "offset" = 8') == [(ERASED,)]
    assert await ledger.found(GONE) == set()


async def _project(connection: Connection, batch: Batch) -> None:
    async with connection.transaction():
        await settle(connection, batch)
        await project(connection, batch, {}, POLICY)
