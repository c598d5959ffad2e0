"""The real interface on a real PostgreSQL of the test's own."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg_pool import AsyncConnectionPool

from config.database_roles import DatabaseRole
from tests.fixtures.databases import Databases
from tests.integration.api.callers import Service
from tests.integration.ledger.ledger_fixture import Books
from tests.keys import ServiceKeys, made_keys


@pytest.fixture
def keys() -> ServiceKeys:
    """The inbox's keys."""
    return made_keys()


@pytest.fixture
def database(databases: Databases, keys: ServiceKeys) -> Iterator[str]:
    """The URL of a database that knows these keys, as its superuser."""
    with databases.brought_up(keys.visits) as url:
        yield url


@pytest.fixture
async def service(database: str, keys: ServiceKeys, tmp_path: Path) -> AsyncIterator[Service]:
    """The application with three clients and no task."""
    theirs = database.replace("//postgres@", f"//{DatabaseRole.INBOX}@")
    async with (
        AsyncConnectionPool(
            theirs, min_size=1, max_size=4, timeout=5, kwargs={"autocommit": True}, open=False
        ) as pool,
        await psycopg.AsyncConnection.connect(database, autocommit=True) as connection,
    ):
        yield Service(database, tmp_path / "clients.json", pool, Books(connection), keys)
