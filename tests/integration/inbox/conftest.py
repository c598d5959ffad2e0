"""The real pages on a real PostgreSQL of the test's own."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import psycopg
import pytest

from config.database_roles import DatabaseRole
from config.environments import InboxEnvironment
from config.settings import load
from frafaldsvarsel.wiring.inbox import inbox_parts
from inbox.app import build
from inbox.rights import Right, Rights, Role
from ledger.schema.apply_rights import bring_up
from local.environment import visits_of
from tests.integration.inbox.environment import environment
from tests.integration.inbox.staff import ADDRESS, COPENHAGEN, Desk
from tests.reference import SHIPPED


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the keys of all of these tests."""
    return tmp_path_factory.mktemp("inbox")


@pytest.fixture
async def desk(database: str, keys: Path) -> AsyncIterator[Desk]:
    """Anna has logged in."""
    theirs = database.replace("//postgres@", f"//{DatabaseRole.INBOX}@")
    parts = inbox_parts(load(InboxEnvironment, environment(keys, address=ADDRESS, database=theirs)), SHIPPED)
    await asyncio.to_thread(bring_up, database, visit_keys=visits_of(keys))
    async with parts.pool, await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
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
