"""The real interface on a real PostgreSQL of the test's own."""

from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest
from psycopg_pool import AsyncConnectionPool

from ledger.schema.migrate import migrate
from tests.integration.api.callers import Service
from tests.integration.ledger.ledger_fixture import Books


@pytest.fixture
async def service(database: str, tmp_path: Path) -> AsyncIterator[Service]:
    """The application with three clients and no task."""
    await migrate(database)
    async with (
        AsyncConnectionPool(
            database, min_size=1, max_size=4, timeout=5, kwargs={"autocommit": True}, open=False
        ) as pool,
        await psycopg.AsyncConnection.connect(database, autocommit=True) as connection,
    ):
        yield Service(database, tmp_path / "clients.json", pool, Books(connection))
