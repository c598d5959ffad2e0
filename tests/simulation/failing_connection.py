"""A connection that fails where a test says: the same wrapper for the database in memory and for PostgreSQL."""

from collections.abc import Callable
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
    """One process's connection. `raw` is a psycopg connection, or one of `tests.simulation.postgres_in_memory`."""

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
        self.reach(Fault.DATABASE_BEFORE)
        cursor = await self._raw.execute(query, parameters)
        self.reach(Fault.DATABASE_AFTER)
        return cursor

    def cursor(self, **factory: Any) -> "_Cursor":
        """A cursor, to be entered."""
        return _Cursor(self, self._raw.cursor(**factory))

    def transaction(self) -> "_Transaction":
        """All of it or none; or all of it and no word of it."""
        return _Transaction(self, self._raw.transaction())

    def pipeline(self) -> Any:
        """Psycopg's."""
        return self._raw.pipeline()

    def connection(self) -> "_Lent":
        """As a pool of one."""
        return _Lent(self)

    def reach(self, fault: Fault) -> None:
        """Here `fault` may strike."""
        strike = self.strike
        if strike is None or strike.fault is not fault:
            return
        if strike.after > 0:
            strike.after -= 1
            return
        self.strike = None
        self._struck(fault)
        raise psycopg.OperationalError("the connection is gone")


class _Transaction:
    def __init__(self, session: Session, raw: Any) -> None:
        self._session = session
        self._raw = raw

    async def __aenter__(self) -> None:
        await self._raw.__aenter__()

    async def __aexit__(self, *what: Any) -> None:
        if what[0] is not None:
            await self._raw.__aexit__(*what)
            return
        try:
            self._session.reach(Fault.COMMIT_FAILED)
        except psycopg.OperationalError as fault:
            await self._raw.__aexit__(type(fault), fault, fault.__traceback__)
            raise
        await self._raw.__aexit__(None, None, None)
        self._session.reach(Fault.COMMIT_ANSWER_LOST)


class _Lent:
    def __init__(self, session: Session) -> None:
        self._session = session

    async def __aenter__(self) -> Session:
        return self._session

    async def __aexit__(self, *_: Any) -> None:
        return None


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
        self._session.reach(Fault.DATABASE_BEFORE)
        await self._raw.execute(query, parameters)
        self._session.reach(Fault.DATABASE_AFTER)
        return self._raw

    async def executemany(self, query: Any, parameters: Any) -> None:
        self._session.reach(Fault.DATABASE_BEFORE)
        await self._raw.executemany(query, parameters)
        self._session.reach(Fault.DATABASE_AFTER)

    async def fetchall(self) -> Any:
        return await self._raw.fetchall()

    async def fetchone(self) -> Any:
        return await self._raw.fetchone()
