"""Reads figures from the database again and again, for the metrics. It changes nothing."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from typing import Final

import psycopg

from infra.metrics import Metric, Snapshot
from infra.postgres import Connection
from infra.postgres_timeouts import CONNECT_SECONDS, statement_timeouts

log = logging.getLogger(__name__)
_NAME: Final = "frafaldsvarsel-figures"
_SECONDS: Final = 30.0
Figure = tuple[Metric, Sequence[str], float]
"""Metric, labels, value."""


async def keep_reading(
    database_url: str,
    read: Callable[[Connection], Awaitable[Iterable[Figure]]],
    shown: Snapshot,
    stop: asyncio.Event,
) -> None:
    """Read until `stop`. While PostgreSQL is away nothing is shown: an old number would look like a quiet day."""
    while not stop.is_set():
        try:
            async with await psycopg.AsyncConnection.connect(
                database_url,
                options=statement_timeouts(_SECONDS),
                application_name=_NAME,
                connect_timeout=CONNECT_SECONDS,
                autocommit=True,
            ) as connection:
                while not stop.is_set():
                    shown.show(await read(connection))
                    await _rest(stop)
        except (psycopg.OperationalError, psycopg.InterfaceError, TimeoutError) as error:
            log.warning("figures: waiting; cannot go on: %s", type(error).__name__)
            shown.show(())
            await _rest(stop)


async def _rest(stop: asyncio.Event) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), _SECONDS)
