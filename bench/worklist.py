"""How long a unit waits for its lists, its numbers and one task, with a million tasks in the ledger.

``python -m bench.worklist [TASKS]``. First the statements alone, with the reading of their rows; then the pages, as a
browser asks the real process for them. By the clock, and as the processor's time of both sides, which is the same on
a machine that is busy with other things.
"""

import asyncio
import os
import random
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import quantiles
from typing import Final
from uuid import UUID

import psycopg

from bench.many_tasks import WHO, fill, units
from bench.pages import ask_for_pages
from infra.postgres import Connection
from ledger.queries.statistics import statistics
from ledger.queries.task_counts import counts
from ledger.queries.task_detail import task
from ledger.queries.task_list import Filter, listing
from ledger.schema.migrate import migrate
from local.servers.postgres import Database
from models.calendar import copenhagen_date

TASKS: Final = 1_000_000
_CALLS: Final = 200


class Watch:
    """Takes the time of calls on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._server = Path(f"/proc/{connection.info.backend_pid}/schedstat")

    def _processor(self) -> float:
        """Seconds that the two sides have had so far."""
        return int(self._server.read_text().split()[0]) / 1e9 + time.process_time()

    async def say(self, name: str, what: Callable[[], Awaitable[object]], calls: int = _CALLS) -> None:
        """One line about `calls` calls."""
        clock, processor = [], []
        for _ in range(calls):
            began, had = time.perf_counter(), self._processor()
            await what()
            clock.append((time.perf_counter() - began) * 1000)
            processor.append((self._processor() - had) * 1000)
        sys.stdout.write(f"{name:44} clock {_spread(clock)}   processor {_spread(processor)}\n")
        sys.stdout.flush()


def _spread(taken: list[float]) -> str:
    cuts = quantiles(taken, n=100)
    return f"p50 {cuts[49]:6.1f} p95 {cuts[94]:6.1f} p99 {cuts[98]:6.1f} ms"


async def measure(connection: Connection, now: datetime) -> None:
    """Every list from its beginning and from its middle, the numbers, single tasks and the manager's weeks."""
    watch = Watch(connection)
    today = copenhagen_date(now)
    everybody = units()
    big = everybody[0]
    readers = {"big": {big}, "small": {everybody[42]}, "all": set(everybody)}
    for name, theirs in readers.items():
        ask = partial(listing, connection, units=frozenset(theirs), today=today, who=WHO)
        for each in Filter:
            await watch.say(f"list {each}, {name}", partial(ask, filter=each))
            page = await ask(filter=each, limit=200)
            for _ in range(20):
                if page.next is not None:
                    page = await ask(filter=each, limit=200, after=page.next)
            if page.next is not None:
                await watch.say(
                    f"list {each}, {name}, 4,000 further", partial(ask, filter=each, after=page.next)
                )
        await watch.say(
            f"counts, {name}",
            partial(counts, connection, units=frozenset(theirs), who=WHO, today=today),
        )
        weeks = partial(statistics, connection, units=frozenset(theirs), today=today)
        await watch.say(f"the manager's 12 weeks, counted, {name}", weeks, 20)
    cursor = await connection.execute(
        "SELECT id FROM tasks WHERE unit_id = %s ORDER BY id LIMIT 2000", (big,)
    )
    ids: list[UUID] = [row[0] for row in await cursor.fetchall()]
    chance = random.Random(1)

    async def one() -> None:
        await task(connection, units=frozenset({big}), key=chance.choice(ids))

    await watch.say("one task", one)


async def run(tasks: int) -> None:
    """Fill, measure the statements, measure the pages."""
    with tempfile.TemporaryDirectory(prefix="frafaldsvarsel-bench-") as folder:
        database = Database(Path(folder) / "postgres")
        database.start()
        try:
            now = datetime.now(UTC)
            await migrate(database.url)
            sys.stdout.write(f"{tasks} tasks made in {await fill(database.url, tasks, now=now):.0f} s\n")
            sys.stdout.write(f"statements; load {os.getloadavg()[0]:.1f}\n")
            async with await psycopg.AsyncConnection.connect(database.url, autocommit=True) as connection:
                await measure(connection, now)
            sys.stdout.write(f"pages; load {os.getloadavg()[0]:.1f}\n")
            await ask_for_pages(Path(folder), database.url)
        finally:
            database.stop()


if __name__ == "__main__":
    asyncio.run(run(int(sys.argv[1]) if len(sys.argv) > 1 else TASKS))
