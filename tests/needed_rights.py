"""Which rights a statement needs, as PostgreSQL itself finds when it analyses it: nothing is guessed from its words.

The server is asked to print the tree of the statement (`debug_print_parse`), where each relation stands with what the
executor is going to check of it: privileges and columns.
"""

import re
from collections.abc import Iterator
from itertools import product
from typing import Final, NamedTuple

import psycopg
from psycopg import pq

from infra.postgres import SyncConnection

_CHECKED: Final = re.compile(
    r"\{RTEPERMISSIONINFO\s+:relid (\d+)\s+:inh \w+\s+:requiredPerms (\d+)\s+:checkAsUser \d+"
    r"\s+:selectedCols \(b([\d ]*)\)\s+:insertedCols \(b([\d ]*)\)\s+:updatedCols \(b([\d ]*)\)"
)
_BITS: Final = {1: "INSERT", 2: "SELECT", 4: "UPDATE", 8: "DELETE"}
_BEFORE_FIRST: Final = 7
"""Bits of a set of columns are counted from `FirstLowInvalidHeapAttributeNumber`."""
_PLACEHOLDER: Final = re.compile(r"%(?:\((\w+)\))?([sbt%])")
_LOCK: Final = re.compile(r"\s*LOCK TABLE ([\w\s,]+?)\s+IN ((?:SHARE )?ROW EXCLUSIVE) MODE\s*$")
_UNTYPED, _INTERVAL, _MOMENT = 0, 1186, 1184
ANY_COLUMN: Final = "?"
"""Any column will do: `count(*)`, and a lock of a row."""


class Need(NamedTuple):
    """One right that a statement needs; a column is named for SELECT, INSERT and UPDATE."""

    table: str
    privilege: str
    column: str = ""


class CatalogueColumns:
    """The tables of a schema by their number, and their columns."""

    def __init__(self, connection: SyncConnection, schema: str = "public") -> None:
        rows = connection.execute(
            "SELECT c.oid, c.relname, a.attnum, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
            "WHERE c.relnamespace = %s::regnamespace AND c.relkind IN ('r', 'v') AND NOT a.attisdropped",
            (schema,),
        ).fetchall()
        self.tables: Final[dict[int, str]] = {oid: name for oid, name, _, _ in rows}
        self.columns: Final[dict[tuple[int, int], str]] = {
            (oid, number): column for oid, _, number, column in rows
        }

    def all_of(self, relation: int) -> list[str]:
        """Every column that can be read by name."""
        return [name for (oid, number), name in self.columns.items() if oid == relation and number > 0]


def needs(connection: SyncConnection, statement: str, known: CatalogueColumns) -> frozenset[Need]:
    """What `statement` needs of the tables of `known`; raises `psycopg.Error` where PostgreSQL does not take it."""
    locked = _LOCK.match(statement)
    if locked is not None:
        privilege = "INSERT" if locked[2] == "ROW EXCLUSIVE" else "MAINTAIN"
        return frozenset(Need(name.strip(), privilege) for name in locked[1].split(","))
    printed: list[str] = []

    def keep(told: psycopg.errors.Diagnostic) -> None:
        printed.append(told.message_detail or "")

    connection.add_notice_handler(keep)
    connection.execute("SET client_min_messages = log")
    connection.execute("SET debug_print_parse = on")
    try:
        _prepare(connection, statement, printed)
    finally:
        connection.execute("SET debug_print_parse = off")
        connection.remove_notice_handler(keep)
    return frozenset(need for tree in printed for need in _in_tree(tree, known))


def _prepare(connection: SyncConnection, statement: str, printed: list[str]) -> None:
    """Parameters have no type, as the driver sends them; an interval or a moment where that is not enough."""
    numbers: dict[str, int] = {}

    def numbered(found: re.Match[str]) -> str:
        if found[2] == "%":
            return "%"
        return f"${numbers.setdefault(found[1] or f'-{len(numbers)}', len(numbers) + 1)}"

    text = _PLACEHOLDER.sub(numbered, statement).encode()
    fault: psycopg.Error | None = None
    for kinds in (_UNTYPED, *product((_UNTYPED, _INTERVAL, _MOMENT), repeat=min(len(numbers), 4))):
        printed.clear()
        types = kinds if isinstance(kinds, tuple) else None
        result = connection.pgconn.prepare(b"", text, types)
        if result.status != pq.ExecStatus.FATAL_ERROR:
            return
        state = (result.error_field(pq.DiagnosticField.SQLSTATE) or b"").decode()
        fault = fault or psycopg.errors.lookup(state)(result.error_message.decode())
        if not isinstance(fault, psycopg.errors.UndefinedFunction | psycopg.errors.AmbiguousFunction):
            break
    if fault is not None:
        raise fault


def _in_tree(tree: str, known: CatalogueColumns) -> Iterator[Need]:
    for found in _CHECKED.finditer(" ".join(tree.split())):
        relation, asked = int(found[1]), int(found[2])
        table = known.tables.get(relation)
        if table is None:
            continue
        columns = dict(zip(("SELECT", "INSERT", "UPDATE"), found.groups()[2:], strict=True))
        for bit, privilege in _BITS.items():
            if not asked & bit:
                continue
            if privilege == "DELETE":
                yield Need(table, privilege)
                continue
            numbers = [int(number) - _BEFORE_FIRST for number in columns[privilege].split()]
            # 0 stands for the whole row; what is below it are columns of the system's own, which ask for any right.
            names = known.all_of(relation) if 0 in numbers else []
            names += [known.columns[relation, number] for number in numbers if number > 0]
            yield from (Need(table, privilege, name) for name in names or [ANY_COLUMN])
