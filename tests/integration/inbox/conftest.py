"""The real pages on a real PostgreSQL of the test's own."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx2
import psycopg
import pytest

from config.database_roles import DatabaseRole
from config.environments import InboxEnvironment
from config.senders import base_senders
from config.settings import load
from frafaldsvarsel.wiring.inbox import inbox_parts
from inbox.app import build
from inbox.rights import Right, Rights, Role
from local.environment import visits_of
from publisher.key_files import ensure_keys
from tests.fixtures.databases import Databases
from tests.integration.inbox.environment import environment
from tests.integration.inbox.staff import ADDRESS, COPENHAGEN, Desk
from tests.reference import SHIPPED


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the keys of all of these tests."""
    return tmp_path_factory.mktemp("inbox")


@pytest.fixture
def inbox_url(databases: Databases, keys: Path) -> Iterator[str]:
    """The URL of a database that knows these keys, as its superuser."""
    ensure_keys(keys, base_senders(SHIPPED))
    with databases.brought_up(visits_of(keys)) as url:
        yield url


@pytest.fixture
async def desk(inbox_url: str, keys: Path) -> AsyncIterator[Desk]:
    """Anna has logged in."""
    theirs = inbox_url.replace("//postgres@", f"//{DatabaseRole.INBOX}@")
    parts = inbox_parts(load(InboxEnvironment, environment(keys, address=ADDRESS, database=theirs)), SHIPPED)
    async with parts.pool, await psycopg.AsyncConnection.connect(inbox_url, autocommit=True) as connection:
        cookie = await parts.sessions.open(
            connection,
            user_id="anna",
            user_name="Anna Holm",
            rights=Rights(held=(Right(role=Role.CASE_WORKER, units=(COPENHAGEN,)),)),
        )
        rows = await connection.execute("SELECT form_token FROM inbox_sessions")
        ((token,),) = await rows.fetchall()
        async with httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=build(parts)),
            base_url=ADDRESS,
            cookies={"frafaldsvarsel": cookie},
        ) as person:
            yield Desk(person, connection, parts, str(token))
