"""Ends a connection whose answer never comes: a network that has lost it tells neither side.

The server's own limits cannot help there: what it says at their end is lost as well.
"""

import asyncio
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, ClassVar, Final, TypeVar

import psycopg
from psycopg.abc import PQGen

from infra.postgres import Connection

T = TypeVar("T")

CONNECT_SECONDS: Final = 10
"""To a server that takes the connection and says nothing."""


@contextmanager
def shut_down_after(connection: Connection, seconds: float) -> Iterator[None]:
    """Within the block, whoever still waits for the server after `seconds` gets `psycopg.OperationalError`."""
    timer = asyncio.get_running_loop().call_later(seconds, _shut_down, connection)
    try:
        yield
    finally:
        timer.cancel()


def _shut_down(connection: Connection) -> None:
    """The socket is shut and not closed: psycopg, which waits for it, must still find it."""
    with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(connection.fileno())) as wire:
        wire.shutdown(socket.SHUT_RDWR)


class TimeoutConnection(psycopg.Connection[tuple[Any, ...]]):
    """For whoever waits in a thread: each answer is waited for so long, and then comes `psycopg.OperationalError`."""

    patience_seconds: ClassVar[float] = 600

    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        """As the driver waits, but not for ever."""
        return super().wait(gen, interval, self.patience_seconds if timeout is None else timeout)


def patient_connection(url: str, process: str, *, autocommit: bool = False) -> TimeoutConnection:
    """A connection for `process` to wait on in a thread; the server has the same patience for a statement."""
    return TimeoutConnection.connect(
        url,
        autocommit=autocommit,
        options=statement_timeouts(TimeoutConnection.patience_seconds),
        application_name=f"frafaldsvarsel-{process}",
        connect_timeout=CONNECT_SECONDS,
    )


def statement_timeouts(seconds: float, *, idle: float = 0, transaction: float = 0) -> str:
    """The server's own limits, as a connection option. A process that is frozen in a transaction must not hold
    its locks for ever: the server ends it, and another goes on. `idle`: where twice `seconds` are too few for that.

    `transaction`: for whoever writes in a pipeline. Until it asks for an answer there the server takes it for active,
    and no other limit holds.
    """
    milliseconds = round(1000 * seconds)
    return (
        f"-c statement_timeout={milliseconds} -c lock_timeout={milliseconds // 2} "
        f"-c idle_in_transaction_session_timeout={max(2 * milliseconds, round(1000 * idle))} "
        f"-c transaction_timeout={round(1000 * transaction)}"
    )
