"""The interface behind a real web server on a port of its own, for callers that are no part of its loop."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import uvicorn
from psycopg_pool import AsyncConnectionPool

from api.problems import PREFIX
from ledger.schema.migrate import migrate
from models.calendar import copenhagen_date
from tests.integration.api.callers import Service
from tests.integration.ledger.ledger_fixture import Books
from tests.unit.ledger.decisions import waiting

_TASKS = 12
_SECONDS = 120


@dataclass(frozen=True)
class Served:
    """Where it is, a token with every right, and the references of its tasks."""

    url: str
    token: str
    references: tuple[str, ...]


@contextmanager
def served(database: str, folder: Path) -> Iterator[Served]:
    """Serve until the caller is done."""
    started, stop = threading.Event(), threading.Event()
    found: list[Served] = []
    faults: list[BaseException] = []

    async def serve() -> None:
        await migrate(database)
        async with (
            AsyncConnectionPool(
                database, min_size=1, max_size=4, timeout=5, kwargs={"autocommit": True}, open=False
            ) as pool,
            await psycopg.AsyncConnection.connect(database, autocommit=True) as connection,
        ):
            service = Service(database, folder / "clients.json", pool, Books(connection))
            references = tuple([await service.task() for _ in range(_TASKS)])
            late = copenhagen_date(datetime.now(UTC)) - timedelta(days=1)
            await service.books.project(
                decisions=[waiting(f"waits {number}", late, lives_in="0101") for number in range(_TASKS)]
            )
            caller = await service.caller()
            listener = socket.create_server(("127.0.0.1", 0))
            server = uvicorn.Server(
                uvicorn.Config(service.app, log_config=None, access_log=False, lifespan="off")
            )
            serving = asyncio.ensure_future(server.serve(sockets=[listener]))
            while not server.started and not serving.done():
                await asyncio.sleep(0.01)
            found.append(
                Served(
                    f"http://127.0.0.1:{listener.getsockname()[1]}{PREFIX}",
                    caller.http.headers["Authorization"],
                    references,
                )
            )
            started.set()
            while not stop.is_set() and not serving.done():
                await asyncio.sleep(0.02)
            server.should_exit = True
            await serving

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as fault:
            faults.append(fault)
        finally:
            started.set()

    thread = threading.Thread(target=run, name="interface")
    thread.start()
    try:
        assert started.wait(_SECONDS)
        assert not faults, faults
        yield found[0]
    finally:
        stop.set()
        thread.join(_SECONDS)
    assert not faults, faults
