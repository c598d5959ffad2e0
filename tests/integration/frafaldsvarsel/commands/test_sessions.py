"""An operator sees who is logged in, and ends it: as the operator's role of the database, and noted."""

import asyncio
import json
from datetime import timedelta

import psycopg
import pytest
from typer.testing import CliRunner

from config.database_roles import DatabaseRole
from config.settings import PREFIX
from crypto.key_purpose import KeyPurpose
from frafaldsvarsel.commands import commands
from inbox.rights import Rights
from inbox.sessions import Sessions
from ledger.schema.apply_rights import bring_up
from tests.keys import made_keys

SESSIONS = Sessions(
    tags=made_keys().tags(KeyPurpose.SESSION), idle=timedelta(minutes=30), longest=timedelta(hours=8)
)


@pytest.fixture
async def cookies(database: str) -> dict[str, str]:
    """Anna twice, Bo once."""
    await asyncio.to_thread(bring_up, database)
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
        return {
            name: await SESSIONS.open(connection, user_id=name[:-2], user_name=name.title(), rights=Rights())
            for name in ("anna-1", "anna-2", "bo-1")
        }


def run(database: str, *arguments: str, code: int = 0) -> str:
    environ = {PREFIX + "DATABASE_URL": database.replace("//postgres@", f"//{DatabaseRole.OPERATOR}@")}
    done = CliRunner().invoke(commands("sessions"), ["sessions", *arguments], env=environ)
    assert done.exit_code == code, done.output
    return done.output


async def standing(database: str, cookies: dict[str, str]) -> set[str]:
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
        return {name for name, cookie in cookies.items() if await SESSIONS.find(connection, cookie)}


async def test_a_users_sessions_end_at_once_and_nobody_elses(database: str, cookies: dict[str, str]) -> None:
    listed = [json.loads(line) for line in run(database, "list", "--json").splitlines()]
    assert sorted(row["user_id"] for row in listed) == ["anna", "anna", "bo"]
    assert "2 sessions ended" in run(database, "end", "anna", "--because", "left", "--as", "ops")
    assert await standing(database, cookies) == {"bo-1"}
    with psycopg.connect(database) as connection:
        ((detail,),) = connection.execute("SELECT detail FROM audit WHERE kind = 'log_in_ended'").fetchall()
    assert detail == {"user": "anna", "sessions": 2, "by": "ops", "because": "left"} | {
        "login": "shared:frafaldsvarsel_operator"
    }


async def test_everybodys_end_takes_the_word_everybody(database: str, cookies: dict[str, str]) -> None:
    run(database, "end", "--because", "breach", code=2)
    run(database, "end", "anna", "--everybody", "--because", "breach", code=2)
    assert len(await standing(database, cookies)) == 3
    run(database, "end", "--everybody", "--because", "breach")
    assert await standing(database, cookies) == set()
    assert "Nobody is logged in" in run(database, "list")
