"""What a connection to PostgreSQL is called here, and constants of ours as SQL writes them. Opens nothing."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any, LiteralString

import msgspec
import psycopg
from psycopg.types.json import Json
from psycopg_pool import AsyncConnectionPool

Connection = psycopg.AsyncConnection[Any]
"""Of a process that serves many at once; the rows are what the cursor is asked for."""
SyncConnection = psycopg.Connection[tuple[Any, ...]]
"""Of a command, and of the auditor."""
Pool = AsyncConnectionPool[Connection]


def literals(members: Iterable[StrEnum]) -> LiteralString:
    """Members of an enum for `IN (…)` or `ARRAY[…]`, in their order. For constants alone: a value is a parameter."""
    return ", ".join(f"'{member.value}'" for member in members)


def column_names(columns: LiteralString) -> LiteralString:
    """The names in a list of columns with their types, which `json_to_recordset` asks for.

    >>> column_names('topic text, "offset" bigint')
    'topic, "offset"'
    """
    return ", ".join(column.split()[0] for column in columns.split(", "))


def by_column(rows: Iterable[Sequence[Any]]) -> tuple[list[Any], ...]:
    """The parameters of a statement that reads `unnest`: an array for each column, of rows that are alike."""
    return tuple(list(column) for column in zip(*rows, strict=True))


def json_rows(rows: Sequence[object]) -> Json:
    """The one parameter of a statement that reads `json_to_recordset`: dicts or dataclasses, named by column.

    PostgreSQL parses all of them at once; a statement or an array element for each costs several times as much.
    `json_populate_recordset`, which needs no types, takes longer for each row; jsonb is read as text, and cast.
    """
    return Json(rows, dumps=msgspec.json.encode)


def encoded_rows(rows: Sequence[object]) -> Json:
    """As `json_rows`, and encoded already: for whoever has the time now, and not when it is sent."""
    encoded = msgspec.json.encode(rows)
    return Json(rows, dumps=lambda _: encoded)
