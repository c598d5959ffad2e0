"""Lists as PostgreSQL's array literals, a whole list at once: psycopg looks at each element by itself, in Python.

What the literal says is the same, and which type it is given. Lists of other things are left to psycopg.
"""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from psycopg.errors import DataError
from psycopg.types.array import ListDumper

from infra.postgres import Connection

_BETWEEN: Final = "\0"
"""In no text that PostgreSQL can hold."""


def write_arrays_at_once(connection: Connection) -> None:
    """From here on, on this connection."""
    connection.adapters.register_dumper(list, _WholeList)


class _WholeList(ListDumper):
    def dump(self, obj: list[Any]) -> Any:
        """The literal; raises `psycopg.DataError` for a text with a zero character in it."""
        literal = array_literal(obj)
        return super().dump(obj) if literal is None else literal


def array_literal(items: list[Any]) -> bytes | None:
    """Of texts, whole numbers, moments or UUIDs, one kind in a list; None for any other list."""
    kinds = set(map(type, items))
    if not kinds or any(issubclass(kind, (list, bool)) for kind in kinds):
        return None
    if all(issubclass(kind, str) for kind in kinds):
        return _of_texts(items)
    if kinds == {int}:
        return b"{%b}" % ",".join(map(str, items)).encode()
    if kinds == {datetime}:
        return b'{"%b"}' % '","'.join(map(datetime.isoformat, items)).encode()
    if kinds == {UUID}:
        return b"{%b}" % ",".join(map(str, items)).encode()
    return None


def _of_texts(items: list[str]) -> bytes:
    joined = _BETWEEN.join(items)
    if joined.count(_BETWEEN) != len(items) - 1:
        raise DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
    if "\\" in joined or '"' in joined:
        joined = joined.replace("\\", "\\\\").replace('"', '\\"')
    return b'{"%b"}' % joined.replace(_BETWEEN, '","').encode()
