"""The stand-in for PostgreSQL is proven: the same traces on the real server end with the same rows."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, Final
from uuid import uuid5

import psycopg
import pytest

from ledger.store import action_log, deliveries
from tests.simulation.come_to_rest import play
from tests.simulation.judge import judge
from tests.simulation.postgres_in_memory import Memory
from tests.simulation.postgres_with_clock import Postgres, prepare
from tests.simulation.statements.all_statements import HANDLERS
from tests.simulation.statements.server import NAMES, Row
from tests.simulation.world import World

SEEDS: Final = 40
WITH_ERASED_TASKS: Final = (90, 189, 249, 432, 1334, 1535, 1560)
"""Worlds in which somebody is erased who has a task, notices and acts."""
GROUPS: Final = (*(tuple(range(first, first + 10)) for first in range(0, SEEDS, 10)), WITH_ERASED_TASKS)


@pytest.fixture
async def postgres(database: str) -> AsyncIterator[Postgres]:
    """The real server, with the ledger's tables and the world's clock."""
    await prepare(database)
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
        yield Postgres(connection)


_DRAWN: Final = frozenset({"id", "salt", "erased_by"})
"""Of a line of the audit trail: its number, its salt, and what no world does."""


async def left_behind(world: World) -> dict[str, list[Any]]:
    """Every row of every table. What is drawn by the service itself is left out: a lease's token, a line's number."""
    found = {}
    for name in NAMES:
        rows = await world.database.rows(name)
        if name == "acts":
            rows = [{key: value for key, value in row.items() if key != "serial"} for row in rows]
        if name == "audit":
            # One statement may write several lines, and PostgreSQL says nothing of their order.
            rows = [{key: value for key, value in row.items() if key not in _DRAWN} for row in rows]
            rows = [row | {"detail": _lines_counted(row["detail"])} for row in rows]
            rows.sort(
                key=lambda row: (
                    row["at"],
                    row["kind"],
                    json.dumps(row["detail"], sort_keys=True),
                    str(row["message_id"]),
                )
            )
        elif name in ("tasks", "person_facts", "verdicts"):
            rows = sorted(map(_of_nobody, rows), key=_by_name)
        else:
            rows = sorted(
                map(_without_token, rows), key=lambda row: (_identity(row), str(list(row.values())[3:4]))
            )
        found[name] = rows
    return found


def _lines_counted(detail: Any) -> Any:
    """Which lines of the trail an erasure has emptied: their numbers are drawn."""
    return detail | {"emptied": len(detail["emptied"])} if "emptied" in detail else detail


def _of_nobody(row: Row) -> Row:
    """What is left of an erased person's tasks and figures is under random names."""
    if not str(row.get("person_id", "")).startswith("erased:"):
        return row
    drawn = dict.fromkeys(
        {"id", "reference", "person_id", "name", "enrolment_id", "message_id", "sent_as"} & row.keys()
    )
    return row | drawn


def _by_name(row: Row) -> tuple[str, list[str]]:
    """The stand-in's columns have an order of their own, and what names nobody has no key."""
    return _identity(row), [str(row[column]) for column in sorted(row)]


def _without_token(row: Row) -> Row:
    owner = row.get("lease_owner")
    return row if owner is None else {**row, "lease_owner": owner.partition("/")[0]}


def _identity(row: Row) -> str:
    """The leading columns of every table are its key."""
    return str(list(row.values())[:3])


@pytest.mark.slow
@pytest.mark.parametrize("seeds", GROUPS, ids=["0", "10", "20", "30", "erased"])
async def test_the_same_trace_leaves_the_same_rows(postgres: Postgres, seeds: tuple[int, ...]) -> None:
    """Step by step the same happens, and row by row the same stands there; the real server keeps the promises too."""
    for seed in seeds:
        await postgres.empty()
        on_real: list[str] = []
        in_memory: list[str] = []
        real = World(seed, database=lambda _: postgres, tell=on_real.append)
        stand_in = World(seed, tell=in_memory.append)
        for world in (real, stand_in):
            await play(world)
        assert on_real == in_memory, f"seed {seed}"
        await assert_same_rows(real, stand_in)
        assert await judge(real) == [], f"seed {seed}"


async def assert_same_rows(real: World, stand_in: World) -> None:
    """Table by table."""
    there, here = await left_behind(real), await left_behind(stand_in)
    for name in NAMES:
        assert there[name] == here[name], f"seed {real.seed}, table {name}"


async def test_what_no_trace_reaches_is_the_same_too(postgres: Postgres) -> None:
    """A unit whose address changes, or that has none, does not come up in the world."""
    real, stand_in = World(6, database=lambda _: postgres), World(6)
    for world in (real, stand_in):
        await play(world)
        (one, *_) = sorted(row["id"] for row in await world.database.rows("deliveries"))
        new, later = uuid5(one, "new"), world.clock.now + timedelta(minutes=5)
        for statement, values in (
            (deliveries.READDRESS, {"new": new, "old": one, "recipient": "ny@unit.example"}),
            (deliveries.READDRESS, {"new": new, "old": one, "recipient": "igen@unit.example"}),
            (action_log.PEOPLE_OF, ([one],)),
            (deliveries.PUT_OFF, {"id": one, "due_at": later, "attempts": 7}),
        ):
            await world.sessions[0].execute(statement, values)
    await assert_same_rows(real, stand_in)


async def test_every_statement_of_the_stand_in_is_proven() -> None:
    """The traces above, and the test of what they do not reach, run all of them."""
    used = {"_readdress", "_put_off", "_people_of"}
    for seed in (seed for group in GROUPS for seed in group):
        world = World(seed)
        await play(world)
        assert isinstance(world.database, Memory)
        used |= world.database.used
    assert HANDLERS.names - used == set()
