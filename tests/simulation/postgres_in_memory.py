"""PostgreSQL in memory, knowing exactly the project's own statements: anything else is an error.

The real `ledger.store.repository`, `ledger.consume.duplicates`, `ledger.outbox` and `notifiers.repository` run on it
unchanged; the same traces run on the real server too, and both must end with the same rows. Transactions run one after
the other.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import dict_row

from tests.simulation.clock import Clock
from tests.simulation.faults import Mutation
from tests.simulation.statements.all_statements import HANDLERS
from tests.simulation.statements.server import Row, Tables, new_tables


class Memory:
    """The tables. Rows are never changed in place, so a snapshot is a copy of the dicts."""

    def __init__(self, clock: Clock, mutation: Mutation | None = None) -> None:
        self._clock = clock
        self.mutation = mutation
        self.marked: set[UUID] = set()
        self.tables: Tables = new_tables()
        self.in_transaction = False
        self.used: set[str] = set()
        """The statements that were run, by their handlers' names."""

    @property
    def now(self) -> datetime:
        """`now()` and `clock_timestamp()`: a transaction takes no time here."""
        return self._clock.now

    async def connect(self) -> "MemoryConnection":
        """A connection."""
        return MemoryConnection(self)

    async def at(self, now: datetime) -> None:
        """Nothing to do: the clock is shared."""

    def snapshot(self) -> Tables:
        """The content, to go back to."""
        return {name: dict(table) for name, table in self.tables.items()}

    async def backup(self) -> Tables:
        """A backup: position and content together."""
        return self.snapshot()

    async def restore(self, backup: Tables) -> None:
        """Go back to it."""
        self.tables = {name: dict(table) for name, table in backup.items()}

    async def rows(self, table: str) -> list[Row]:
        """The content of a table."""
        return list(self.tables[table].values())

    def execute(self, query: str | bytes, parameters: Any) -> tuple[list[Row], int]:
        """One statement: its rows and its row count."""
        handler = HANDLERS.find(query)
        self.used.add(handler.__name__)
        return handler(self, parameters)

    def transaction(self) -> "_Transaction":
        """All or none."""
        return _Transaction(self)


class _Transaction:
    """Written out: a generator for each of these is a tenth of a run."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    async def __aenter__(self) -> None:
        if self._memory.in_transaction:
            raise AssertionError("the world runs one transaction at a time")
        self._before = self._memory.snapshot()
        self._memory.in_transaction = True

    async def __aexit__(self, kind: type[BaseException] | None, *_: Any) -> None:
        self._memory.in_transaction = False
        if kind is not None:
            self._memory.tables = self._before


class _Pipeline:
    """No round trips to save here."""

    async def __aenter__(self) -> None:
        return None

    async def __aexit__(self, *_: Any) -> None:
        return None


class MemoryConnection:
    """What the project uses of `psycopg.AsyncConnection`."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    async def execute(self, query: str | bytes, parameters: Any = None) -> "MemoryCursor":
        """One statement."""
        cursor = MemoryCursor(self._memory, as_dicts=False)
        await cursor.execute(query, parameters)
        return cursor

    def cursor(self, *, row_factory: Any = None) -> "MemoryCursor":
        """A cursor for rows as tuples, or as dicts."""
        return MemoryCursor(self._memory, as_dicts=row_factory is dict_row)

    def transaction(self) -> Any:
        """All or none."""
        return self._memory.transaction()

    def pipeline(self) -> _Pipeline:
        """Statements that do not wait for each other."""
        return _Pipeline()


class MemoryCursor:
    """What the project uses of `psycopg.AsyncCursor`."""

    def __init__(self, memory: Memory, *, as_dicts: bool) -> None:
        self._memory = memory
        self._as_dicts = as_dicts
        self._rows: list[Row] = []
        self.rowcount = -1

    async def __aenter__(self) -> "MemoryCursor":
        return self

    async def __aexit__(self, *what: Any) -> None:
        return None

    async def execute(self, query: str | bytes, parameters: Any = None) -> "MemoryCursor":
        """One statement."""
        self._rows, self.rowcount = self._memory.execute(query, parameters)
        return self

    async def executemany(
        self, query: str | bytes, parameters: Sequence[Sequence[Any] | Mapping[str, Any]]
    ) -> None:
        """One statement, many times."""
        for each in parameters:
            self._memory.execute(query, each)

    async def fetchall(self) -> list[Any]:
        """The rows that are left."""
        rows, self._rows = self._rows, []
        return rows if self._as_dicts else [tuple(row.values()) for row in rows]

    async def fetchone(self) -> Any:
        """The next row."""
        if not self._rows:
            return None
        row = self._rows.pop(0)
        return row if self._as_dicts else tuple(row.values())
