"""A page costs what a page holds, however many tasks a unit has had: counted in rows read, not in time."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, ClassVar, Self
from uuid import UUID

import psycopg
import pytest

from config.database_roles import DatabaseRole
from infra.postgres import Connection
from ledger.queries.task_counts import COUNT_AT_MOST, counts
from ledger.queries.task_detail import task
from ledger.queries.task_list import DUE_AT_MOST, Filter, Search, listing
from ledger.queries.visit import serve
from ledger.schema.apply_rights import bring_up
from local.servers.postgres import Database
from tests.fixtures.databases import Databases
from tests.integration.ledger.schema.unit_rows import KEY, user
from tests.integration.ledger.task_rows import NOON, TODAY, UNIT, add_delivery, add_task

ONE = frozenset({UNIT})
TASKS = 20_000
_PAGE = 2 * 51 + 5
"""Rows that may be read for a page of 50 tasks and a look at the next: their places, then they themselves, and a few
that share the moment at which the page before ended."""


class Explaining(psycopg.AsyncCursor[Any]):
    """Notes, of every statement that asks for tasks, how many rows its scans read, and how many pages of 8 kB."""

    read: ClassVar[list[int]] = []
    pages: ClassVar[list[int]] = []

    async def execute(self, query: Any, params: Any = None, **more: Any) -> Self:
        """First explained, then done."""
        text: bytes = query.encode() if isinstance(query, str) else query
        if b"FROM tasks" in text and b"INSERT" not in text:
            async with psycopg.AsyncCursor(self.connection) as plain:
                await plain.execute(b"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + text, params)
                (((plan,),),) = await plain.fetchall()
            self.read.append(_rows(plan["Plan"]))
            self.pages.append(plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"])
        return await super().execute(query, params, **more)


def _rows(node: dict[str, Any]) -> int:
    """What the scans of a plan have read, whether they gave it on or not."""
    own = 0
    if node["Node Type"].endswith("Scan") and "Relation Name" in node:
        own = int(node["Actual Loops"] * (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)))
    return own + sum(_rows(inner) for inner in node.get("Plans", ()))


@pytest.fixture(scope="module")
def filled(databases: Databases) -> Iterator[str]:
    """A database with twenty thousand tasks of one unit, and as many of ten others; half of all are closed."""
    with databases.with_tables() as url:
        _fill(url)
        yield url


def _fill(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            """
            INSERT INTO tasks (id, reference, person_id, enrolment_id, unit_id, status, react_by, appended_at,
                               closed_at)
            SELECT md5(n::text)::uuid, 'FV-' || lpad(n::text, 14, '0'), 'person-' || n, 'enrolment-' || n,
                   CASE WHEN n %% 2 = 0 THEN %(unit)s ELSE 'unit-' || n %% 10 END,
                   CASE WHEN n / 2 %% 2 = 0 THEN 'open' ELSE 'closed' END, %(today)s::date + n %% 20 - 10, %(noon)s,
                   CASE WHEN n / 2 %% 2 = 1 THEN %(noon)s - n * interval '1 minute' END
            FROM generate_series(1, %(tasks)s) n
            """,
            {"unit": UNIT, "today": TODAY, "noon": NOON, "tasks": 2 * TASKS},
        )
        connection.execute("VACUUM ANALYZE tasks")


@pytest.fixture
async def crowd(databases: Databases, filled: str) -> AsyncIterator[Connection]:
    """A copy of it, which only this test has: filling it takes ten times as long."""
    with databases.copy_of(filled) as url:
        async with await psycopg.AsyncConnection.connect(
            url, autocommit=True, cursor_factory=Explaining
        ) as connection:
            yield connection


def last(connection: Connection) -> int:
    """Rows that the last statement read."""
    assert connection.cursor_factory is Explaining
    return Explaining.read.pop()


@pytest.mark.parametrize("filter", Filter)
async def test_a_page_is_a_short_walk_from_the_beginning_and_from_the_middle(
    crowd: Connection, filter: Filter
) -> None:
    after = None
    for _ in range(3):
        page = await listing(crowd, units=ONE, filter=filter, today=TODAY, who="anna", after=after, limit=50)
        if filter is not Filter.WAITING_FOR_DELIVERY:
            assert last(crowd) <= _PAGE
        if page.next is None:
            break
        after = page.next


@asynccontextmanager
async def as_inbox(crowd: Connection, database_server: Database) -> AsyncIterator[Connection]:
    """A connection of the inbox's role to the same database, to which it shows one unit."""
    url = database_server.url_of(crowd.info.dbname)
    await asyncio.to_thread(bring_up, url, visit_keys=[KEY])
    async with await psycopg.AsyncConnection.connect(
        user(url, DatabaseRole.INBOX), autocommit=True, cursor_factory=Explaining
    ) as inbox:
        await serve(inbox, KEY, ONE)
        yield inbox


async def test_what_waits_for_delivery_is_found_whether_few_notices_are_under_way_or_very_many(
    crowd: Connection,
) -> None:
    """Two ways lead to the same list; the one of the few reads them alone."""
    waiting = [await add_task(crowd, react_by=TODAY + timedelta(days=number % 3)) for number in range(7)]
    for each in waiting:
        await add_delivery(crowd, each)
        await add_delivery(crowd, each, recipient="two@unit-0101.example")
    for number in range(3):
        waiting.append(await add_task(crowd, react_by=TODAY + timedelta(days=number)))
        await add_delivery(crowd, waiting[-1], status="refused", ended_at=NOON)

    async def listed() -> list[UUID]:
        found: list[UUID] = []
        after = None
        while True:
            page = await listing(
                crowd, units=ONE, filter=Filter.WAITING_FOR_DELIVERY, today=TODAY, after=after, limit=3
            )
            found += [line.id for line in page.tasks]
            after = page.next
            if after is None:
                return found

    few = await listed()
    assert last(crowd) <= 3 * 2 * len(waiting) + 5
    assert sorted(few) == sorted(waiting)
    await crowd.execute(
        b"INSERT INTO deliveries (id, task_id, occasion, cause, channel, unit_id, recipient, deadline) "
        b"SELECT gen_random_uuid(), id, 'new', n::text, 'email', unit_id, 'one@unit-0101.example', now() "
        b"FROM tasks CROSS JOIN generate_series(1, 3) n WHERE unit_id = %s AND status = 'closed'",
        (UNIT,),
    )
    counted = await crowd.execute(b"SELECT count(*) FROM deliveries WHERE status = 'due'")
    ((number,),) = await counted.fetchall()
    assert number > DUE_AT_MOST
    assert await listed() == few


async def test_thousands_that_wait_are_listed_and_counted_without_the_rows_of_their_tasks(
    crowd: Connection, database_server: Database
) -> None:
    """Of each no more than two pages of an index are read, also where rows are kept apart: what sorts a list and what
    the database shows a visit by stand there. A third would be the row's."""
    inserted = await crowd.execute(
        b"INSERT INTO deliveries (id, task_id, occasion, cause, channel, unit_id, recipient, deadline) "
        b"SELECT gen_random_uuid(), id, 'new', '0:1', 'email', unit_id, 'one@unit-0101.example', now() "
        b"FROM tasks WHERE unit_id = %s AND status = 'open'",
        (UNIT,),
    )
    await crowd.execute(b"VACUUM ANALYZE deliveries")
    async with as_inbox(crowd, database_server) as inbox:
        page = await listing(inbox, units=ONE, filter=Filter.WAITING_FOR_DELIVERY, today=TODAY)
        assert len(page.tasks) == 50
        assert Explaining.pages.pop() < 2.3 * inserted.rowcount
        found = await counts(inbox, units=ONE, who="anna", today=TODAY)
        assert found[Filter.WAITING_FOR_DELIVERY].more
        assert Explaining.pages.pop() < 2.3 * COUNT_AT_MOST
        assert await counts(inbox, units=ONE, who="anna", today=TODAY, many_wait=True) == found
        assert Explaining.pages.pop() < COUNT_AT_MOST // 20


async def test_the_numbers_read_little_more_than_they_say(crowd: Connection) -> None:
    waiting = await add_task(crowd, react_by=TODAY)
    await add_delivery(crowd, waiting)
    found = await counts(crowd, units=ONE, who="anna", today=TODAY)
    assert found[Filter.OPEN].more
    assert found[Filter.CLOSED].number == COUNT_AT_MOST
    said = sum(count.number + count.more for count in found.values())
    assert found[Filter.WAITING_FOR_DELIVERY].number == 1
    assert last(crowd) <= said + 5
    await crowd.execute(
        b"INSERT INTO deliveries (id, task_id, occasion, cause, channel, unit_id, recipient, deadline) "
        b"SELECT gen_random_uuid(), id, 'new', n::text, 'email', unit_id, 'one@unit-0101.example', now() "
        b"FROM tasks CROSS JOIN generate_series(1, 5) n WHERE unit_id = %s AND status = 'open'",
        (UNIT,),
    )
    crowded = await counts(crowd, units=ONE, who="anna", today=TODAY)
    assert crowded[Filter.WAITING_FOR_DELIVERY].more
    assert {**crowded, Filter.WAITING_FOR_DELIVERY: None} == {**found, Filter.WAITING_FOR_DELIVERY: None}


async def test_a_search_and_a_single_looked_at_what_they_find(crowd: Connection) -> None:
    for search in (Search(reference="FV-00000000001234"), Search(people=("person-1234",))):
        page = await listing(crowd, units=ONE, filter=None, today=TODAY, search=search)
        assert len(page.tasks) == 1
        assert last(crowd) <= 5
    assert await task(crowd, units=ONE, key="FV-00000000001234") is not None
    assert last(crowd) <= 5


async def test_a_search_is_as_short_where_rows_are_kept_apart(
    crowd: Connection, database_server: Database
) -> None:
    """A condition that is not leakproof would be asked of every row that the visit sees."""
    async with as_inbox(crowd, database_server) as inbox:
        for written in ("FV-00000000001234", "FV-0000000000123"):
            page = await listing(inbox, units=ONE, filter=None, today=TODAY, search=Search(reference=written))
            assert [task.reference for task in page.tasks][:1] == [
                "FV-00000000001230" if len(written) == 16 else written
            ]
            assert last(inbox) <= 3 * 10


async def test_a_taken_task_among_many_is_found_at_once(crowd: Connection) -> None:
    mine = await add_task(crowd, owner_id="anna", react_by=TODAY + timedelta(days=9))
    page = await listing(crowd, units=ONE, filter=Filter.MINE, today=TODAY, who="anna")
    assert [line.id for line in page.tasks] == [mine]
    assert last(crowd) <= 5
