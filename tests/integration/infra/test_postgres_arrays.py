"""On a real server both ways of writing a list give the same array, whatever type it is given."""

from datetime import UTC, datetime
from typing import Any, Final, LiteralString
from uuid import UUID

import psycopg
import pytest

from infra.postgres_arrays import write_arrays_at_once

_MOMENT: Final = datetime(2026, 3, 29, 0, 59, 59, 123456, UTC)


@pytest.mark.parametrize(
    ("cast", "items"),
    [
        ("text[]", ["NULL", "", "{", '"', "\\", "a,b", " x ", "æ\n\t"]),
        ("text[]", ["a", None]),
        ("int[]", [1, -2]),
        ("bigint[]", [1, 2**40]),
        ("timestamptz[]", [_MOMENT, _MOMENT.replace(microsecond=0, year=9000)]),
        ("uuid[]", [UUID(int=1), UUID(int=2**128 - 1)]),
        ("bool[]", [True, False]),
        ("text[]", []),
        ("text[]", ["a", None, "NULL", '"\\']),
        ("date[]", [_MOMENT.date(), None]),
        ("timestamptz[]", [None, _MOMENT]),
        ("bool[]", [None, True]),
    ],
)
async def test_the_server_reads_the_same(database: str, cast: LiteralString, items: list[Any]) -> None:
    async with await psycopg.AsyncConnection.connect(database) as connection:
        ask = f"SELECT %s::{cast}"
        before = await (await connection.execute(ask, (items,))).fetchone()
        write_arrays_at_once(connection)
        after = await (await connection.execute(ask, (items,))).fetchone()
    assert before == after == (items,)
