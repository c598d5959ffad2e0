"""A large unit's weeks are shown as they were counted last, with the time; a small one's as they are."""

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from psycopg_pool import AsyncConnectionPool

from crypto.visit_token import VisitKey
from inbox.statistics_cache import EVERY, FEW, Counted
from infra.postgres import Pool
from ledger.queries.visit import ServedConnections
from models.calendar import copenhagen_date
from tests.integration.ledger.task_rows import NOON, OTHER_UNIT, UNIT, add_task

LARGE, SMALL = frozenset({UNIT}), frozenset({OTHER_UNIT})


def served(pool: Pool) -> ServedConnections:
    """As a user whom nothing limits."""
    return ServedConnections(pool, VisitKey("k1", b"key"))


class Clock:
    """Shows what it is set to."""

    def __init__(self) -> None:
        self.now = NOON


@pytest.fixture
async def pool(ledger_url: str) -> AsyncIterator[Pool]:
    """To a ledger in which one unit has more than a few open tasks, another a single one."""
    async with AsyncConnectionPool(ledger_url, min_size=1, max_size=2, kwargs={"autocommit": True}) as pool:
        async with pool.connection() as connection:
            await connection.execute(
                "INSERT INTO tasks (id, reference, person_id, enrolment_id, unit_id, status, react_by, appended_at) "
                "SELECT md5(n::text)::uuid, 'FV-' || n, 'p' || n, 'e' || n, %s, 'open', %s, %s "
                "FROM generate_series(1, %s) n",
                (UNIT, copenhagen_date(NOON), NOON, FEW + 1),
            )
            await add_task(connection, unit_id=OTHER_UNIT)
        yield pool


@pytest.fixture
def clock() -> Clock:
    """At noon."""
    return Clock()


@pytest.fixture
def counted(pool: Pool, clock: Clock) -> Counted:
    """Nothing is counted yet."""
    return Counted(
        served(pool),
        LARGE | SMALL,
        clock=lambda: clock.now,
        day=copenhagen_date,
    )


async def more(pool: Pool, unit: str) -> None:
    async with pool.connection() as connection:
        await add_task(connection, unit_id=unit)


async def test_before_the_first_count_everybody_gets_the_number_of_now(counted: Counted) -> None:
    for units, number in ((LARGE, FEW + 1), (SMALL, 1), (LARGE | SMALL, FEW + 2)):
        found, at = await counted.of(units)
        assert (found.open, at) == (number, None)


async def test_a_large_units_numbers_are_the_last_counted_and_say_when_that_was(
    counted: Counted, pool: Pool, clock: Clock
) -> None:
    now, _ = await counted.of(LARGE | SMALL)
    await counted.count()
    await more(pool, UNIT)
    clock.now += timedelta(minutes=1)
    assert await counted.of(LARGE | SMALL) == (now, NOON)
    await counted.count()
    found, at = await counted.of(LARGE)
    assert (found.open, at) == (FEW + 2, clock.now)


async def test_a_small_units_numbers_are_those_of_now(counted: Counted, pool: Pool) -> None:
    await counted.count()
    await more(pool, OTHER_UNIT)
    found, at = await counted.of(SMALL)
    assert (found.open, at) == (2, None)


async def write(pool: Pool, unit: str, sender: str) -> None:
    """A message of `sender` about one of the unit's open tasks."""
    async with pool.connection() as connection:
        await connection.execute(
            "INSERT INTO messages (sender, message_id, person_id, revision, outcome, reason, unit_id, law_version, "
            "registered_at, appended_at, origin_topic, origin_partition, origin_offset, decision, task_id) "
            "SELECT %s, 'm', person_id, 1, 'obliged', 'obliged', unit_id, 'v', appended_at, appended_at, 't', 0, 0, "
            "'{}', id FROM tasks WHERE unit_id = %s ORDER BY id LIMIT 1",
            (sender, unit),
        )


async def test_who_wrote_to_a_large_unit_is_as_of_the_last_count_and_to_a_small_one_as_of_now(
    counted: Counted, pool: Pool, clock: Clock
) -> None:
    for unit in (UNIT, OTHER_UNIT):
        await write(pool, unit, "280051")
    assert await counted.institutions(LARGE) == {"280051"}
    await counted.count()
    for unit in (UNIT, OTHER_UNIT):
        await write(pool, unit, "281082")
    assert await counted.institutions(LARGE) == {"280051"}
    assert await counted.institutions(SMALL) == {"280051", "281082"}
    clock.now += 3 * EVERY + timedelta(seconds=1)
    assert await counted.institutions(LARGE | SMALL) == {"280051", "281082"}


async def test_that_more_wait_than_a_number_says_is_known_of_the_last_count(
    counted: Counted, pool: Pool, clock: Clock
) -> None:
    async with pool.connection() as connection:
        await connection.execute(
            "INSERT INTO deliveries (id, task_id, occasion, cause, channel, unit_id, recipient, deadline) "
            "SELECT gen_random_uuid(), id, 'new', '0:1', 'email', unit_id, 'one@unit.example', now() "
            "FROM tasks CROSS JOIN generate_series(1, 2) WHERE unit_id = %s",
            (UNIT,),
        )
    assert not counted.many_wait(LARGE)
    await counted.count()
    assert (counted.many_wait(LARGE), counted.many_wait(SMALL)) == (True, False)
    async with pool.connection() as connection:
        await connection.execute(
            "UPDATE tasks SET status = 'closed' WHERE reference = 'FV-1' AND unit_id = %s", (UNIT,)
        )
    await counted.count()
    assert not counted.many_wait(LARGE)
    clock.now += 3 * EVERY + timedelta(seconds=1)
    assert not counted.many_wait(LARGE)


async def test_what_is_old_is_counted_anew(counted: Counted, clock: Clock) -> None:
    await counted.count()
    clock.now += 3 * EVERY + timedelta(seconds=1)
    _, at = await counted.of(LARGE)
    assert at is None


async def test_after_midnight_yesterdays_numbers_are_nobodys(counted: Counted, clock: Clock) -> None:
    """What is overdue changes with the date, however fresh the count is."""
    clock.now = NOON.replace(hour=21, minute=59)
    await counted.count()
    clock.now += timedelta(minutes=2)
    found, at = await counted.of(LARGE)
    assert (found.overdue, at) == (FEW + 1, None)


async def test_a_database_that_is_away_does_not_end_the_counting(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    pool = Pool("postgresql://nobody@127.0.0.1:1/nothing", open=False, min_size=1, timeout=0.1)
    caplog.set_level(logging.WARNING)
    counting = asyncio.create_task(
        Counted(
            served(pool),
            LARGE,
            clock=lambda: clock.now,
            day=copenhagen_date,
        ).keep()
    )
    while "could not be counted" not in caplog.text:
        await asyncio.sleep(0.01)
        assert not counting.done()
    counting.cancel()
