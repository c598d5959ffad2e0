"""A case system whose answers are lost sends again, and each of its deeds is there exactly once."""

import asyncio
from collections import Counter
from itertools import count
from random import Random
from typing import Any

import psycopg

from tests.integration.api.callers import Caller, Service

TASKS = 6
DEEDS = 60
BREAKS = 40


async def until_done(caller: Caller, reference: str, key: str) -> int:
    """Send the attempt until it is answered as done; returns how often it was sent."""
    deed: dict[str, Any] = {
        "kind": "attempt",
        "at": "2025-10-20T08:00:00Z",
        "form": "phone",
        "reached": False,
    }
    for sent in count(1):
        # Each by a worker of its own: one person's attempts at one moment are one.
        response = await caller.do(reference, deed, key=key, worker={"id": key, "name": "Anna Berg"})
        if response.status_code == 200:
            return sent
        assert response.status_code == 503, response.text
        await asyncio.sleep(0.01)
    raise AssertionError("the database never came back")


_KILL = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
    "AND application_name = 'interface' AND state <> 'idle' ORDER BY random() LIMIT 1"
)


async def cut_off(service: Service, chance: Random, holding: asyncio.Event, enough: asyncio.Event) -> None:
    """Break connections of the application: one that surely is in the middle of a deed, then some at any moment."""
    async with (
        await psycopg.AsyncConnection.connect(service.url, autocommit=True) as connection,
        await psycopg.AsyncConnection.connect(service.url, autocommit=True) as locking,
    ):
        async with locking.transaction():
            await locking.execute("SELECT FROM messages FOR UPDATE")
            holding.set()
            while not (await connection.execute(_KILL)).rowcount:
                await asyncio.sleep(0.01)
        for _ in range(BREAKS):
            if enough.is_set():
                return
            await asyncio.sleep(chance.random() / 20)
            await connection.execute(_KILL)


async def test_deeds_sent_again_through_broken_connections_are_done_once_each(service: Service) -> None:
    service.pool.kwargs = {"autocommit": True, "application_name": "interface"}
    await service.pool.resize(1, 1)
    async with service.pool.connection() as connection:
        await connection.close()
    await service.pool.resize(4, 4)
    references = [await service.task() for _ in range(TASKS)]
    caller, holding, enough = await service.caller(), asyncio.Event(), asyncio.Event()
    breaking = asyncio.create_task(cut_off(service, Random(1), holding, enough))
    try:
        await holding.wait()
        sent = await asyncio.gather(
            *(until_done(caller, references[number % TASKS], f"key-{number}") for number in range(DEEDS))
        )
    finally:
        enough.set()
        await breaking
    rows = await service.books.rows("SELECT reference, a.number FROM acts a JOIN tasks t ON t.id = a.task_id")
    assert Counter(reference for reference, _ in rows) == dict.fromkeys(references, DEEDS // TASKS)
    assert len(set(rows)) == DEEDS
    counted = await service.books.rows("SELECT attempts FROM tasks")
    assert counted == [(DEEDS // TASKS,)] * TASKS
    assert sum(sent) > DEEDS, "nothing was broken, so nothing was shown"
