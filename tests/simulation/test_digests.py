"""A unit gets one mail on each of its mornings: none twice after an outage, none for a morning that is long past."""

from collections.abc import AsyncIterator

import psycopg
import pytest

from infra.postgres import Connection
from tests.simulation.digests import Mornings, Planted
from tests.simulation.postgres_with_clock import Postgres, prepare

pytestmark = pytest.mark.slow
SEEDS = 12
WITHIN = 12


@pytest.fixture
async def connection(database: str) -> AsyncIterator[Connection]:
    """The real server, with the ledger's tables and the world's clock."""
    await prepare(database)
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
        yield connection


async def played(connection: Connection, seed: int, planted: Planted | None = None) -> Mornings:
    """A world at its end."""
    await connection.execute("TRUNCATE tasks, deliveries, digests, audit CASCADE")
    world = Mornings(seed, Postgres(connection), connection, planted)
    await world.play()
    return world


async def test_each_morning_has_its_mail_and_none_has_two(connection: Connection) -> None:
    mornings, faults = 0, 0
    for seed in range(SEEDS):
        world = await played(connection, seed)
        assert await world.judge() == [], f"seed {seed}"
        mornings += len(world.due())
        faults += world.struck.total()
    assert mornings > 5 * SEEDS
    assert faults > 5 * SEEDS


@pytest.mark.parametrize("planted", list(Planted))
async def test_a_planted_bug_is_found(connection: Connection, planted: Planted) -> None:
    """None of these seeds fails without it."""
    for seed in range(WITHIN):
        if await (await played(connection, seed, planted)).judge():
            return
    pytest.fail(f"{WITHIN} seeds did not see that {planted}")
