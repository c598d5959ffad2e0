"""Lists as PostgreSQL's array literals, a whole list at once: psycopg looks at each element by itself, in Python.

What the literal says is the same, and which type it is given. Lists of other things are left to psycopg.
"""

from collections.abc import Callable
from datetime import date, datetime
from types import NoneType
from typing import Any, Final
from uuid import UUID

from psycopg.errors import DataError
from psycopg.types.array import ListDumper

from infra.postgres import Connection

_BETWEEN: Final = "\0"
"""In no text that PostgreSQL can hold."""
_WRITTEN: Final[dict[type, Callable[[Any], str]]] = {
    int: str,
    UUID: str,
    date: date.isoformat,
    datetime: datetime.isoformat,
    bool: {True: "t", False: "f"}.__getitem__,
}
"""None of them has a character that means something in a literal."""


def write_arrays_at_once(connection: Connection) -> None:
    """From here on, on this connection."""
    connection.adapters.register_dumper(list, _WholeList)


class _WholeList(ListDumper):
    def dump(self, obj: list[Any]) -> Any:
        """The literal; raises `psycopg.DataError` for a text with a zero character in it."""
        literal = array_literal(obj)
        return super().dump(obj) if literal is None else literal


def array_literal(items: list[Any]) -> bytes | None:
    """Of texts, numbers, truths, days, moments or UUIDs, one kind in a list, and None; None for any other list."""
    kinds = set(map(type, items))
    has_nulls = NoneType in kinds
    kinds.discard(NoneType)
    if not kinds:
        return None
    if all(issubclass(kind, str) for kind in kinds):
        return _of_texts_and_nulls(items) if has_nulls else _of_texts(items)
    if len(kinds) > 1 or (write := _WRITTEN.get(kinds.pop())) is None:
        return None
    written = ["NULL" if item is None else write(item) for item in items] if has_nulls else map(write, items)
    return b"{%b}" % ",".join(written).encode()


def _of_texts(items: list[str]) -> bytes:
    joined = _BETWEEN.join(items)
    if joined.count(_BETWEEN) != len(items) - 1:
        raise DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
    return b'{"%b"}' % _escaped(joined).replace(_BETWEEN, '","').encode()


def _of_texts_and_nulls(items: list[str | None]) -> bytes:
    """A text that says NULL stands in quotes, and is none."""
    if any(item is not None and _BETWEEN in item for item in items):
        raise DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
    return b"{%b}" % ",".join(["NULL" if item is None else f'"{_escaped(item)}"' for item in items]).encode()


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"') if "\\" in text or '"' in text else text
