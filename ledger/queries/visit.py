"""Tells the database whom this process serves on a connection, so that it shows their rows and no other."""

import time
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, LiteralString

import psycopg

from crypto.visit_token import VisitKey
from infra.postgres import Connection, Pool

DRAW: Final[LiteralString] = "SELECT visit_number()"
TELL: Final[LiteralString] = "SELECT set_config('frafaldsvarsel.visit', %s, false), visit_holds()"
FORGET: Final[LiteralString] = "SELECT set_config('frafaldsvarsel.visit', '', false)"
_GOOD_FOR_SECONDS: Final = 600
"""Longer than a request waits for locks."""


class VisitNotKnownError(psycopg.OperationalError):
    """The database takes none of our tokens: `migrate` has not been told the key, or a clock is wrong.

    Without it pages would be empty, as if there were nothing to do.
    """


@dataclass(frozen=True, slots=True)
class ServedConnections:
    """Connections that show what those who are served may see."""

    pool: Pool
    key: VisitKey

    @asynccontextmanager
    async def of(
        self, units: Collection[str], *, municipalities: Collection[str] = (), reader: str = ""
    ) -> AsyncIterator[Connection]:
        """One for these units, for the undecided messages of these municipalities, and for what `reader` keeps.

        Raises `VisitNotKnownError`.
        """
        async with self.pool.connection() as connection:
            await serve(connection, self.key, units, municipalities=municipalities, reader=reader)
            yield connection


async def serve(
    connection: Connection,
    key: VisitKey,
    units: Collection[str],
    *,
    municipalities: Collection[str] = (),
    reader: str = "",
) -> None:
    """From now on the connection shows what is theirs. With the number that is drawn every earlier token has ended."""
    ((number,),) = await (await connection.execute(DRAW)).fetchall()
    token = key.token(
        units=units,
        municipalities=municipalities,
        reader=reader,
        until=int(time.time()) + _GOOD_FOR_SECONDS,
        number=number,
    )
    ((_, holds),) = await (await connection.execute(TELL, (token,))).fetchall()
    if not holds:
        raise VisitNotKnownError(f"the database does not take what the key visit-{key.kid} has signed")


async def forget(connection: Connection) -> None:
    """Before a connection goes back to the pool: the next visit begins with nothing."""
    await connection.execute(FORGET)
