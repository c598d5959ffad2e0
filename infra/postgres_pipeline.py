"""Sends what a pipeline holds, so that PostgreSQL works on it while Python does something else.

psycopg gives the socket as much as it takes at once, and the rest with the next statement: of a long one PostgreSQL
would have a part alone, and wait.
"""

from psycopg import AsyncConnection
from psycopg.abc import PQGen
from psycopg.pq.abc import PGconn
from psycopg.waiting import Ready, Wait

from infra.postgres import Connection


async def send_now(connection: Connection) -> None:
    """Returns when the server has it all. A stand-in of the simulation's has sent everything already."""
    if isinstance(connection, AsyncConnection):
        async with connection.lock:
            await connection.wait(_flushed(connection.pgconn))


def _flushed(pgconn: PGconn) -> PQGen[None]:
    while pgconn.flush():
        ready = yield Wait.RW
        if ready & Ready.R:
            # Else each side could wait until the other one reads.
            pgconn.consume_input()
