"""A migrated database of the test's own, and connections to it."""

from collections.abc import AsyncIterator

import psycopg
import pytest

from ledger.migrate import migrate
from ledger.store import Connection


@pytest.fixture
async def ledger_url(database: str) -> str:
    """The URL of a database with the ledger's tables, and nothing in them."""
    assert await migrate(database)
    return database


@pytest.fixture
async def connection(ledger_url: str) -> AsyncIterator[Connection]:
    """A connection as the ledger has it."""
    async with await psycopg.AsyncConnection.connect(ledger_url) as connection:
        yield connection
