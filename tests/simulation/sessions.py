"""A connection that fails where a test says: the same wrapper for the database in memory and for PostgreSQL."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random
from typing import Any, Final

import psycopg

from tests.simulation.faults import Fault

DATABASE_FAULTS: Final = (
    Fault.DATABASE_BEFORE,
    Fault.DATABASE_AFTER,
    Fault.COMMIT_FAILED,
    Fault.COMMIT_ANSWER_LOST,
)


@dataclass
class Strike:
    """A fault, at the `after`-th statement or COMMIT from now."""

    fault: Fault
    after: int = 0


class Session:
    """One process's connection. `raw` is a psycopg connection, or one of `tests.simulation.memory`."""

    closed = False

    def __init__(self, raw: Any, struck: Callable[[Fault], None]) -> None:
        self._raw = raw
        self._struck = struck
        self.strike: Strike | None = None

    def may_fail(self, rng: Random, chance: float) -> None:
        """With this chance, at one of the next statements."""
        if rng.random() < chance:
            fault = rng.choice(DATABASE_FAULTS)
            statements = fault in (Fault.DATABASE_BEFORE, Fault.DATABASE_AFTER)
            self.strike = Strike(fault, rng.randint(0, 8) if statements else 0)

    async def execute(self, query: Any, parameters: Any = None) -> Any:
        """One statement."""
        self._reach(Fault.DATABASE_BEFORE)
        cursor = await self._raw.execute(query, parameters)
        self._reach(Fault.DATABASE_AFTER)
        return cursor

    def cursor(self, **factory: Any) -> "_Cursor":
        """A cursor, to be entered."""
        return _Cursor(self, self._raw.cursor(**factory))

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        """All of it or none; or all of it and no word of it."""
        async with self._raw.transaction():
            yield
            self._reach(Fault.COMMIT_FAILED)
        self._reach(Fault.COMMIT_ANSWER_LOST)

    def pipeline(self) -> Any:
        """Psycopg's."""
        return self._raw.pipeline()

    def connection(self) -> Any:
        """As a pool of one."""
        return self._lent()

    @asynccontextmanager
    async def _lent(self) -> AsyncIterator["Session"]:
        yield self

    def _reach(self, fault: Fault) -> None:
        strike = self.strike
        if strike is None or strike.fault is not fault:
            return
        if strike.after > 0:
            strike.after -= 1
            return
        self.strike = None
        self._struck(fault)
        raise psycopg.OperationalError("the connection is gone")


class _Cursor:
    def __init__(self, session: Session, raw: Any) -> None:
        self._session = session
        self._raw = raw

    async def __aenter__(self) -> "_Cursor":
        await self._raw.__aenter__()
        return self

    async def __aexit__(self, *what: Any) -> None:
        await self._raw.__aexit__(*what)

    async def execute(self, query: Any, parameters: Any = None) -> Any:
        self._session._reach(Fault.DATABASE_BEFORE)
        await self._raw.execute(query, parameters)
        self._session._reach(Fault.DATABASE_AFTER)
        return self._raw

    async def executemany(self, query: Any, parameters: Any) -> None:
        self._session._reach(Fault.DATABASE_BEFORE)
        await self._raw.executemany(query, parameters)
        self._session._reach(Fault.DATABASE_AFTER)

    async def fetchall(self) -> Any:
        return await self._raw.fetchall()

    async def fetchone(self) -> Any:
        return await self._raw.fetchone()
