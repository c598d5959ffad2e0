"""How long a unit waits for its lists, its numbers and one task, with a million tasks in the ledger.

``python -m bench.worklist [TASKS]``. Rows are made by SQL as the ledger would have written them, without the service.
A tenth of all tasks is one unit's; a fifth is open. Times are the statements', with the reading of their rows:
by the clock, and as the processor's time of both sides, which is the same on a machine that is busy with other things.
"""

import asyncio
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

from frafaldsvarsel.embedded.postgres import Database
from ledger.migrate import migrate
from ledger.statistics import statistics
from ledger.task_view import task
from ledger.worklist import Connection, Filter, counts, listing

TASKS: Final = 1_000_000
_CALLS: Final = 200
_BIG: Final = "unit-00"
_SMALL: Final = "unit-42"
_WHO: Final = "worker-490"
_ALL: Final = frozenset(f"unit-{number:02d}" for number in range(98))
_FILL: Final = (
    # Every tenth is the big unit's; the others go round.
    """
    INSERT INTO tasks (id, reference, person_id, enrolment_id, unit_id, status, react_by, appended_at, opened_at,
                       changed_at, closed_at, ending, owner_id, owner_name, attempts, reached_at, acknowledged_at)
    SELECT md5('task ' || n)::uuid,
           'FV-' || upper(translate(substr(md5('r' || n), 1, 4) || '-' || substr(md5('r' || n), 5, 4) || '-'
                                    || substr(md5('r' || n), 9, 4), 'ilou', 'abcd')),
           'person-' || lpad((n / 2)::text, 19, '0'), 'enrolment-' || n,
           'unit-' || lpad(CASE WHEN n %% 10 = 0 THEN 0 ELSE (n / 10 * 9 + n %% 10) %% 97 + 1 END::text, 2, '0'),
           status, (at + interval '7 days')::date, at, at, at + interval '3 days',
           CASE WHEN status = 'closed' THEN at + interval '3 days' END,
           CASE WHEN status = 'closed' THEN 'contact_made' WHEN status = 'withdrawn' THEN 'lapsed' END,
           CASE WHEN n %% 7 = 0 THEN 'worker-' || n %% 1000 END, CASE WHEN n %% 7 = 0 THEN 'Anna' END,
           n %% 3, CASE WHEN n %% 2 = 0 THEN at + (n %% 90) * interval '1 hour' END,
           CASE WHEN n %% 2 = 0 THEN at + interval '1 hour' END
    FROM generate_series(1, %(tasks)s) n
    CROSS JOIN LATERAL (SELECT CASE WHEN n / 10 %% 5 = 0 THEN 'open' WHEN n / 10 %% 5 = 1 THEN 'withdrawn'
                                    ELSE 'closed' END AS status) s
    CROSS JOIN LATERAL (SELECT timestamptz '2026-10-14T12:00Z'
                               - CASE WHEN status = 'open' THEN (n %% 14) ELSE (n %% 700) END * interval '1 day'
                               - (n %% 86400) * interval '1 second' AS at) w
    """,
    """
    INSERT INTO messages (sender, message_id, person_id, revision, outcome, reason, unit_id, enrolment_id, law_version,
                          registered_at, appended_at, origin_topic, origin_partition, origin_offset, decision, sealed,
                          task_id)
    SELECT '900101', md5(t.id::text || part), t.person_id, 1, 'obliged', 'obliged', t.unit_id, t.enrolment_id,
           '2026-02-01', t.appended_at, t.appended_at, 'dropout-risks', 0, row_number() OVER (),
           jsonb_build_object(
               'message', jsonb_build_object(
                   'sender', '900101', 'message_id', md5(t.id::text || part), 'person_id', t.person_id,
                   'registered_at', t.appended_at, 'origin', jsonb_build_object('topic', 'dropout-risks', 'partition',
                   0, 'offset', 0, 'appended_at', t.appended_at), 'signals', '["absence"]'::jsonb, 'severity',
                   'medium', 'seen_at', t.appended_at),
               'revision', 1, 'cause', '{"partition": 0, "offset": 0}'::jsonb,
               'verdict', jsonb_build_object(
                   'outcome', 'obliged', 'reason', 'obliged', 'law_version', '2026-02-01', 'unit_id', t.unit_id,
                   'evidence', '{"message_date": "2026-10-02", "study_start": "2026-08-10"}'::jsonb)),
           'v1.' || repeat('s', 300), t.id
    FROM tasks t CROSS JOIN LATERAL generate_series(1, CASE WHEN t.attempts = 1 THEN 2 ELSE 1 END) part
    """,
    """
    INSERT INTO deliveries (id, task_id, occasion, cause, channel, unit_id, recipient, status, deadline, attempts)
    SELECT md5('delivery' || id)::uuid, id, 'new', '0:1', 'email', unit_id, 'opgaver@' || unit_id || '.example',
           CASE WHEN status = 'open' AND attempts = 0 AND owner_id IS NOT NULL THEN 'due' ELSE 'delivered' END,
           appended_at + interval '5 days', 1
    FROM tasks
    """,
    "INSERT INTO attempts SELECT id, 1, created_at, 'delivered', 250, '' FROM deliveries WHERE status = 'delivered'",
    """
    INSERT INTO audit (kind, task_id, sender, message_id, detail, at)
    SELECT 'task_opened', id, '900101', md5(id::text || 1), jsonb_build_object('unit', unit_id), opened_at FROM tasks
    """,
    """
    INSERT INTO acts (id, task_id, number, kind, detail, by_id, by_name, via, at, person_id, partition, after_offset)
    SELECT md5('act' || id)::uuid, id, 1, 'acknowledge', '{}', 'worker-1', 'Anna', 'page', acknowledged_at, person_id,
           0, 0 FROM tasks WHERE acknowledged_at IS NOT NULL
    """,
    """
    INSERT INTO steps (id, task_id, kind, due_at)
    SELECT md5('step' || id)::uuid, id, 'reminder', appended_at + interval '3 days' FROM tasks WHERE status = 'open'
    """,
)


async def fill(url: str, tasks: int) -> float:
    """Make the rows; returns the seconds."""
    began = time.monotonic()
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        for statement in _FILL:
            await connection.execute(statement.encode(), {"tasks": tasks})
        await connection.execute("VACUUM ANALYZE")
    return time.monotonic() - began


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


async def measure(connection: Connection) -> None:
    """Every list from its beginning and from its middle, the numbers, single tasks and the manager's weeks."""
    watch = Watch(connection)
    today = datetime(2026, 10, 14, tzinfo=UTC).date()
    for name, units in (("big", {_BIG}), ("small", {_SMALL}), ("all 98", _ALL)):
        ask = partial(listing, connection, units=frozenset(units), today=today, who=_WHO)
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
        number = partial(counts, connection, units=frozenset(units), who=_WHO, today=today)
        await watch.say(f"counts, {name}", number)
    cursor = await connection.execute(
        "SELECT id FROM tasks WHERE unit_id = %s ORDER BY id LIMIT 2000", (_BIG,)
    )
    ids: list[UUID] = [row[0] for row in await cursor.fetchall()]
    chance = random.Random(1)

    async def one() -> None:
        await task(connection, units=frozenset({_BIG}), key=chance.choice(ids))

    await watch.say("one task", one)
    weeks = partial(statistics, connection, units=frozenset({_BIG}), today=today)
    await watch.say("the manager's 12 weeks, big", weeks, 30)


async def run(tasks: int) -> None:
    """Fill, measure."""
    with tempfile.TemporaryDirectory(prefix="frafaldsvarsel-bench-") as folder:
        database = Database(Path(folder) / "postgres")
        database.start()
        try:
            await migrate(database.url)
            sys.stdout.write(f"{tasks} tasks made in {await fill(database.url, tasks):.0f} s\n")
            async with await psycopg.AsyncConnection.connect(database.url, autocommit=True) as connection:
                await measure(connection)
        finally:
            database.stop()


if __name__ == "__main__":
    asyncio.run(run(int(sys.argv[1]) if len(sys.argv) > 1 else TASKS))
