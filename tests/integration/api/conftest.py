"""The real interface on a real PostgreSQL of the test's own."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest
from psycopg_pool import AsyncConnectionPool

from config.database_roles import DatabaseRole
from ledger.schema.apply_rights import bring_up
from tests.integration.api.callers import Service
from tests.integration.ledger.ledger_fixture import Books
from tests.keys import made_keys


@pytest.fixture
async def service(database: str, tmp_path: Path) -> AsyncIterator[Service]:
    """The application with three clients and no task."""
    keys = made_keys()
    await asyncio.to_thread(bring_up, database, visit_keys=keys.visits)
    theirs = database.replace("//postgres@", f"//{DatabaseRole.INBOX}@")
    async with (
        AsyncConnectionPool(
            theirs, min_size=1, max_size=4, timeout=5, kwargs={"autocommit": True}, open=False
        ) as pool,
        await psycopg.AsyncConnection.connect(database, autocommit=True) as connection,
    ):
        yield Service(database, tmp_path / "clients.json", pool, Books(connection), keys)
