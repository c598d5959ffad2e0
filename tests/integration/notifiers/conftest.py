"""Real servers for the notifier's tests: PostgreSQL once for the run, a database of its own for each test."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import trustme
from psycopg_pool import AsyncConnectionPool

from infra.postgres import Pool
from infra.postgres_pool import LONGEST_WAIT_SECONDS
from local.servers.postgres import Database
from tests.fixtures.databases import Databases


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Not the shared one: a test kills it while the pool is at work."""
    database = Database(tmp_path_factory.mktemp("postgres"), durable=False)
    database.start()
    yield database
    database.stop()


@pytest.fixture(scope="session")
def notifiers_databases(postgres: Database) -> Databases:
    """Its databases."""
    return Databases(postgres)


@pytest.fixture
def ledger_url(notifiers_databases: Databases) -> Iterator[str]:
    """As the shared fixture, on this server."""
    with notifiers_databases.with_tables() as url:
        yield url


@pytest.fixture
async def pool(ledger_url: str) -> AsyncIterator[Pool]:
    async with AsyncConnectionPool(
        ledger_url,
        min_size=1,
        max_size=12,
        timeout=LONGEST_WAIT_SECONDS,
        reconnect_timeout=LONGEST_WAIT_SECONDS,
        kwargs={"autocommit": True},
        open=False,
    ) as opened:
        yield opened


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return path
