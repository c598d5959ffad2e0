"""A connection whose answers are lost on the way ends after our own patience; nobody else would end it."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from infra.postgres_timeouts import TimeoutConnection, shut_down_after
from local.servers.postgres import SOCKET, Database
from tests.faults.proxy import Proxy, Route, Way


@pytest.fixture
def route(database_server: Database) -> Iterator[tuple[Proxy, str]]:
    """The database behind a proxy, and its address there."""
    folder = database_server.url.rpartition("host=")[2].replace("%2F", "/")
    with Proxy() as proxy:
        route = proxy.add(Route("database", Path(folder) / SOCKET))
        yield proxy, f"postgresql://postgres@127.0.0.1:{route.port}/postgres"


async def test_who_waits_for_a_lost_answer_is_told_and_does_not_wait_for_ever(
    route: tuple[Proxy, str],
) -> None:
    proxy, url = route
    async with asyncio.timeout(60):
        connection = await psycopg.AsyncConnection.connect(url)
        await connection.execute("SELECT 1")
        proxy.set("database", Way.DEAF)
        began = time.monotonic()
        with pytest.raises(psycopg.OperationalError), shut_down_after(connection, 0.3):
            await connection.execute("SELECT 2")
        assert time.monotonic() - began >= 0.3
        assert connection.closed


async def test_a_connection_that_answers_in_time_is_left_alone(route: tuple[Proxy, str]) -> None:
    _, url = route
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        with shut_down_after(connection, 1):
            await connection.execute("SELECT 1")
        await asyncio.sleep(1.2)
        assert (await connection.execute("SELECT 3")).rowcount == 1


class Hasty(TimeoutConnection):
    patience_seconds = 1


@pytest.mark.timeout(60)
def test_a_thread_that_waits_for_a_lost_answer_is_told_too(route: tuple[Proxy, str]) -> None:
    """In a transaction, which is not asked to roll back by a connection that does not answer."""
    proxy, url = route

    def ask() -> None:
        with Hasty.connect(url) as connection, connection.transaction():
            connection.execute("SELECT 1")
            proxy.set("database", Way.DEAF)
            connection.execute("SELECT 2")

    began = time.monotonic()
    with pytest.raises(psycopg.OperationalError):
        ask()
    assert time.monotonic() - began >= 1


def test_a_thread_that_is_answered_in_time_goes_on_though_a_statement_fails(route: tuple[Proxy, str]) -> None:
    _, url = route
    with Hasty.connect(url, autocommit=True) as connection:
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SET statement_timeout = 50; SELECT pg_sleep(0.2)")
        assert connection.execute("SELECT 3").fetchall() == [(3,)]
