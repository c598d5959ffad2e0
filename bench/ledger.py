"""``make bench-ledger``: decisions per second that the whole ledger process writes, on real Kafka and real PostgreSQL.

The backlog waits for the process. Beside it, in the same run, the yardstick: PostgreSQL takes the same rows by COPY,
with the same indexes, from a program that does nothing else. CPU says more than the clock on a machine that others
use: user and system time of the process, and of all of PostgreSQL.
"""

import asyncio
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from statistics import median
from typing import Annotated, Final

import psycopg
import typer
from aiokafka import AIOKafkaProducer
from psycopg import sql

from bench import processor_time
from bench.decided import Written, decided
from bench.place import Place, place
from config.database_roles import DatabaseRole
from config.settings import PREFIX
from config.topics import Topic
from frafaldsvarsel.commands.terminal import note
from infra.postgres import SyncConnection
from ledger.rebuild import compare
from local.environment import DATABASE, bring_up_database
from local.servers.postgres import Database
from local.servers.process import Process, ProcessPlan
from streams.batch_producer import BatchProducer

_READY_SECONDS: Final = 60
_SECONDS: Final = 900
_COPIED: Final = (
    "receipts", "applied", "subjects", "tasks", "messages", "deliveries", "steps", "plans", "outbox", "audit",
)  # fmt: skip
_COMPARED: Final = tuple(
    # These say when the brokers had a record, and every run writes the backlog anew.
    table
    for table in compare.TABLES
    if table not in (compare.PERSON_FACTS, compare.VERDICTS)
)


@dataclass(frozen=True, slots=True)
class LedgerRun:
    """Of one run, in seconds."""

    clock: float
    ledger: float
    """CPU time of the process."""
    postgres: float
    """CPU time of the server and its background processes meanwhile."""
    copy_clock: float
    copy: float
    """CPU time of both sides of the yardstick."""
    rows: Counter[str]
    hashes: dict[str, str]
    """What the tables of the projection hold that follows from Kafka: the same for every ledger that is right."""


def main(
    decisions: Annotated[int, typer.Option(help="Records on the topic decisions.")] = 20_000,
    rounds: Annotated[int, typer.Option(help="Rounds; the medians count.")] = 3,
    alone: Annotated[bool, typer.Option(help="Without the receipts and entries of their events.")] = False,
) -> None:
    """Measure."""
    backlog = list(decided(decisions, seed=1, today=datetime.now(UTC).date(), alone=alone))
    number = Counter(one.topic for one in backlog)
    note(", ".join(f"{many} records on {topic}" for topic, many in number.items()))
    runs = []
    for nth in range(rounds):
        runs.append(one := _run(backlog))
        rate = number[Topic.DECISIONS] / one.clock
        note(f"round {nth + 1} of {rounds}: {rate:,.0f} decisions/s, load {os.getloadavg()[0]:.1f}")
    for table, many in runs[0].rows.items():
        typer.echo(f"{table:12} {many:8} rows  {runs[0].hashes.get(table, '')[:16]}")
    if any(one.hashes != runs[0].hashes for one in runs):
        raise SystemExit("the runs have not left the same rows, and their speed counts for nothing")
    _tell(runs, number[Topic.DECISIONS])


def _tell(runs: list[LedgerRun], decisions: int) -> None:
    def each(seconds: Iterable[float]) -> str:
        every = sorted(one / decisions * 1e6 for one in seconds)
        return f"{median(every):6.0f} µs a decision ({every[0]:.0f}–{every[-1]:.0f})"

    rates = sorted(decisions / one.clock for one in runs)
    typer.echo(f"by the clock         {median(rates):8,.0f} decisions/s ({rates[0]:,.0f}–{rates[-1]:,.0f})")
    typer.echo(f"CPU of the ledger    {each(one.ledger for one in runs)}")
    typer.echo(f"CPU of PostgreSQL    {each(one.postgres for one in runs)}")
    typer.echo(f"CPU of the yardstick {each(one.copy for one in runs)}")
    typer.echo(f"its clock            {each(one.copy_clock for one in runs)}")
    ratio = median((one.ledger + one.postgres) / one.copy for one in runs)
    typer.echo(
        f"CPU, × the yardstick {ratio:.2f}; clock {median(one.clock / one.copy_clock for one in runs):.2f}"
    )


def _run(backlog: list[Written]) -> LedgerRun:
    with place() as here, _database(here.data) as database:
        asyncio.run(_fill(here, backlog))
        to = Counter((str(one.topic), one.partition) for one in backlog)
        with _ledger(here, database) as process, psycopg.connect(database.url, autocommit=True) as watch:
            ledger, server, began = (
                processor_time.of(process.pid),
                _cpu_of_server(database),
                time.perf_counter(),
            )
            while _positions(watch) != to:
                process.check_running("The ledger")
                if time.perf_counter() - began > _SECONDS:
                    raise SystemExit("the ledger has not come to the end")
                time.sleep(0.02)
            clock = time.perf_counter() - began
            ledger, server = (
                processor_time.of(process.pid) - ledger,
                _cpu_of_server(database) - server,
            )
        with psycopg.connect(database.url) as connection:
            hashes = {table.name: _hash(connection, table) for table in _COMPARED}
            copy_clock, copy, rows = _yardstick(connection, database)
        return LedgerRun(clock, ledger, server, copy_clock, copy, rows, hashes)


@contextmanager
def _database(data: Path) -> Iterator[Database]:
    database = Database(data / "postgres")
    database.start()
    try:
        bring_up_database(data, database)
        yield database
    finally:
        database.stop()


async def _fill(here: Place, backlog: list[Written]) -> None:
    producer = AIOKafkaProducer(**here.kafka.producer())
    await producer.start()
    output = BatchProducer(producer, here.mac)
    try:
        for one in backlog:
            output.add(one.topic, one.partition, one.key, one.value)
        await output.flush()
    finally:
        await producer.stop()


@contextmanager
def _ledger(here: Place, database: Database) -> Iterator[Process]:
    """Running, and about to read its first records."""
    ready = here.data / "ledger.ready"
    values = {
        "KAFKA_BOOTSTRAP_SERVERS": here.kafka.bootstrap_servers,
        "REPLICATION_FACTOR": "1",
        "MIN_INSYNC_REPLICAS": "1",
        "DATABASE_URL": database.url_of(DATABASE, DatabaseRole.LEDGER),
        "STREAM_KEYS_FILE": str(here.data / "keys" / "stream.key.json"),
        "STREAM_MAC_REQUIRED_FROM": "2022-01-01T00:00:00Z",
        "READY_FILE": str(ready),
    }
    process = Process(
        ProcessPlan(
            argv=[sys.executable, "-m", "frafaldsvarsel", "ledger"],
            log=here.data / "ledger.log",
            env={PREFIX + name: value for name, value in values.items()} | {"PATH": ""},
            grace_seconds=20,
        )
    )
    try:
        process.wait_for(ready, "The ledger", _READY_SECONDS)
        yield process
    finally:
        process.stop()


def _positions(connection: SyncConnection) -> dict[tuple[str, int], int]:
    rows = connection.execute("SELECT topic, partition, next_offset FROM position")
    return {(topic, partition): offset for topic, partition, offset in rows}


def _yardstick(connection: SyncConnection, database: Database) -> tuple[float, float, Counter[str]]:
    """The rows that the ledger has left, put into tables like its own: clock, CPU of both sides, and how many."""
    connection.execute("CREATE SCHEMA copied")
    rows, content = Counter[str](), {}
    for table in _COPIED:
        names = {"table": sql.Identifier(table)}
        connection.execute(
            sql.SQL("CREATE TABLE copied.{table} (LIKE {table} INCLUDING ALL)").format(**names)
        )
        with connection.cursor().copy(sql.SQL("COPY {table} TO STDOUT").format(**names)) as copy:
            content[table] = [bytes(line) for line in copy]
        rows[table] = len(content[table])
    connection.commit()
    own, server, began = (
        time.process_time(),
        _cpu_of_server(database),
        time.perf_counter(),
    )
    for table, lines in content.items():
        into = sql.SQL("COPY copied.{} FROM STDIN").format(sql.Identifier(table))
        with connection.cursor().copy(into) as copy:
            for line in lines:
                copy.write(line)
    connection.commit()
    cpu = time.process_time() - own + _cpu_of_server(database) - server
    return time.perf_counter() - began, cpu, rows


def _hash(connection: SyncConnection, table: compare.ComparedTable) -> str:
    digest = sha256()
    for key, content, passing in connection.execute(compare.query(table)):
        digest.update(f"{key}\0{content}\0{passing}\n".encode())
    return digest.hexdigest()


def _cpu_of_server(database: Database) -> float:
    return processor_time.with_children(database.pid or 0)


if __name__ == "__main__":
    typer.run(main)
