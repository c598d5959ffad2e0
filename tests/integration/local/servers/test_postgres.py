"""The embedded PostgreSQL keeps its data through stops and kills, and leaves nothing outside its folder."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from local.servers.postgres import Database
from tests.paths import ROOT


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Database]:
    """A server that the test may kill."""
    server = Database(tmp_path / "postgres")
    yield server
    server.kill()


def setting(url: str, name: str) -> str:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
    assert row is not None
    return str(row[0])


def test_every_test_gets_an_empty_database(database: str) -> None:
    with psycopg.connect(database) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    assert tables == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("server_encoding", "UTF8"),
        ("TimeZone", "UTC"),
        ("max_connections", "100"),
        ("listen_addresses", ""),
    ],
)
def test_settings(database_url: str, name: str, value: str) -> None:
    assert setting(database_url, name) == value


def test_it_waits_for_the_disk_unless_nobody_would_miss_it(own_server: Database, database_url: str) -> None:
    assert setting(own_server.start(), "fsync") == "on"
    assert setting(database_url, "fsync") == "off"


def test_data_and_url_survive_a_stop_and_a_kill(own_server: Database) -> None:
    first = own_server.start()
    with psycopg.connect(first) as connection:
        connection.execute("CREATE TABLE kept (word text)")
        connection.execute("INSERT INTO kept VALUES ('blåbærgrød')")

    own_server.stop()
    assert own_server.pid is None
    assert own_server.start() == first
    with psycopg.connect(first) as connection:
        connection.execute("INSERT INTO kept VALUES ('efter stop')")

    # With a transaction open: the connection's own process must not stand in the way of the next start.
    open_connection = psycopg.connect(first)
    open_connection.execute("INSERT INTO kept VALUES ('never committed')")
    own_server.kill()
    assert own_server.start() == first
    open_connection.close()
    with psycopg.connect(first) as connection:
        rows = connection.execute("SELECT word FROM kept").fetchall()
    assert rows == [("blåbærgrød",), ("efter stop",)]


def test_a_folder_too_deep_for_a_socket_works_and_leaves_nothing(tmp_path: Path) -> None:
    server = Database(tmp_path / ("long" * 30))
    url = server.start()
    sockets = server._socket_folder()
    try:
        assert not sockets.is_relative_to(tmp_path)
        assert sockets.stat().st_mode & 0o077 == 0
        assert setting(url, "TimeZone") == "UTC"
    finally:
        server.stop()
    assert not sockets.exists()


def test_nobody_else_can_reach_the_socket(database_url: str, own_server: Database) -> None:
    own_server.start()
    assert own_server._socket_folder().stat().st_mode & 0o077 == 0


def test_a_server_does_not_outlive_a_killed_owner(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from local.servers.postgres import Database\n"
        "d = Database(Path(sys.argv[1])); d.start(); print(d.pid, flush=True); time.sleep(600)"
    )
    owner = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert owner.stdout is not None
    with owner.stdout as said:
        pid = int(said.readline())
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    end = time.monotonic() + 20
    while psutil.pid_exists(pid) and time.monotonic() < end:
        time.sleep(0.05)
    assert not psutil.pid_exists(pid)
