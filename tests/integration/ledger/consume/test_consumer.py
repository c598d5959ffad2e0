"""The ledger on a real broker and a real database: stopped, killed and cut off, it loses and doubles nothing."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

import psycopg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from config.kafka import KafkaSettings
from config.topics import Topic
from infra.consumer_health import ConsumerEnded
from infra.record_key import record_key
from ledger import outbox
from ledger.consume.consumer import Ledger, LedgerSettings
from ledger.consume.projected import Projected
from ledger.schema.migrate import migrate
from ledger.tasks.projection import Policy
from local.servers.postgres import Database
from models.eligibility.decision import Decision
from tests.factories import risk
from tests.integration.ledger.ledger_fixture import accepted, applied, at
from tests.unit.ledger.decisions import ARRIVED, POLICY, decided


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A server that a test may kill."""
    server = Database(tmp_path_factory.mktemp("ledger-postgres"))
    server.start()
    yield server
    server.stop()


@asynccontextmanager
async def running(
    kafka: KafkaSettings,
    url: str,
    instance: str = "1",
    policy: Policy = POLICY,
    heard: list[object] | None = None,
) -> AsyncIterator[asyncio.Task[None]]:
    """A ledger that is torn down without a word of farewell."""
    settings = LedgerSettings(kafka=kafka, database_url=url, instance=instance, session_timeout_ms=6000)
    said: list[object] = [] if heard is None else heard
    ledger = Ledger(
        settings,
        policy,
        on_ready=lambda: said.append("ready"),
        on_lost=lambda: said.append("lost"),
        on_projected=said.append,
    )
    task = asyncio.create_task(ledger.run(asyncio.Event()))
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError, ConsumerEnded):
            await task


async def publish(kafka: KafkaSettings, decisions: list[Decision]) -> None:
    """Match's word."""
    producer = AIOKafkaProducer(**kafka.producer())
    await producer.start()
    try:
        for number, decision in enumerate(decisions):
            value = decision.model_dump_json(exclude_none=True).encode()
            await producer.send(Topic.DECISIONS, value, record_key(), partition=number % 8)
    finally:
        await producer.stop()


async def count(url: str, query: str) -> int:
    """A number from the database; -1 while it cannot be asked."""
    try:
        async with await psycopg.AsyncConnection.connect(url) as connection:
            cursor = await connection.execute(query.encode())
            rows: list[tuple[int]] = await cursor.fetchall()
            return rows[0][0]
    except psycopg.OperationalError:
        return -1


async def until(url: str, query: str, wanted: int, seconds: float = 60) -> None:
    """Wait for a number."""
    async with asyncio.timeout(seconds):
        while await count(url, query) < wanted:
            await asyncio.sleep(0.05)


async def test_stopped_killed_and_cut_off_the_ledger_has_every_decision_once(
    kafka: KafkaSettings, server: Database
) -> None:
    """Torn down in the middle, another one after it, then the database killed under it: it waits and goes on."""
    url = server.url
    await migrate(url)
    everything = [decided(f"message {number}", person=f"person {number}") for number in range(6000)]
    # More than one poll brings.
    await publish(kafka, everything[:4000])
    async with running(kafka, url):
        await until(url, "SELECT count(*) FROM messages", 300)
    assert await count(url, "SELECT sum(next_offset) FROM position") == await count(
        url, "SELECT count(*) FROM messages"
    )
    heard: list[object] = []
    async with running(kafka, url, heard=heard) as ledger:
        await until(url, "SELECT count(*) FROM messages", 4000)
        assert "ready" in heard
        before = len(heard)
        await asyncio.to_thread(server.kill)
        await publish(kafka, everything[4000:])
        await asyncio.sleep(1)
        assert not ledger.done()
        await asyncio.to_thread(server.start)
        assert "lost" in heard[before:]
        await until(url, "SELECT count(*) FROM messages", 6000)
        assert not ledger.done()
    told = [one for one in heard if isinstance(one, Projected)]
    assert "ready" in heard[before + heard[before:].index("lost") :]
    assert (
        2000
        <= sum(len(times) for one in told for times in one.answers.values())
        == sum(one.records.total() for one in told)
        <= 5700
    )
    for table in ("messages", "tasks", "deliveries"):
        assert await count(url, f"SELECT count(*) FROM {table}") == 6000  # noqa: S608 - our own names
    assert await count(url, "SELECT count(*) FROM audit") == 12000
    assert await count(url, "SELECT sum(next_offset) FROM position") == 6000


async def test_the_outbox_says_everything_at_least_once_and_notes_it(
    kafka: KafkaSettings, server: Database
) -> None:
    """Rows are marked only after the brokers have them; what cannot be marked is said again, under the same key."""
    url = server.url
    await migrate(url)
    rows = (
        "INSERT INTO outbox (id, topic, key, value) "
        "SELECT 'row ' || n, 'rejected', 'key', convert_to('value ' || n, 'UTF8')"
    )
    async with await psycopg.AsyncConnection.connect(url) as connection:
        await connection.execute(f"{rows} FROM generate_series(1, 1200) n".encode())
    stop = asyncio.Event()
    task = asyncio.create_task(outbox.run(kafka, url, stop))
    await until(url, "SELECT count(*) FROM outbox WHERE sent_at IS NOT NULL AND id LIKE 'row %'", 1200)
    await asyncio.to_thread(server.kill)
    await asyncio.sleep(0.5)
    await asyncio.to_thread(server.start)
    async with await psycopg.AsyncConnection.connect(url) as connection:
        await connection.execute("UPDATE outbox SET sent_at = NULL WHERE id = 'row 7'")
    await until(url, "SELECT count(*) FROM outbox WHERE sent_at IS NOT NULL AND id LIKE 'row %'", 1200)
    stop.set()
    await asyncio.wait_for(task, 60)
    consumer = AIOKafkaConsumer(
        Topic.REJECTED, **kafka.aiokafka(), auto_offset_reset="earliest", group_id=None
    )
    await consumer.start()
    try:
        said: list[str] = []
        async with asyncio.timeout(60):
            while len(said) < 1201:
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    said += [record.value.decode() for record in records if record.value.startswith(b"value")]
    finally:
        await consumer.stop()
    assert set(said) == {f"value {number}" for number in range(1, 1201)}
    assert said.count("value 7") == 2


async def test_an_outbox_that_is_frozen_does_not_keep_its_rows(
    kafka: KafkaSettings, database_server: Database, ledger_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server ends its connection, and another ledger's outbox says what it had in hand."""
    frozen = asyncio.Event()

    async def send(*_: object) -> None:
        frozen.set()
        await asyncio.Event().wait()

    async with await psycopg.AsyncConnection.connect(ledger_url, autocommit=True) as hand:
        await hand.execute("INSERT INTO outbox (id, topic, key, value) VALUES ('one', 'rejected', 'key', '')")
        with monkeypatch.context() as struck:
            struck.setattr(outbox, "_send", send)
            struck.setattr(outbox, "_DELIVERY_SECONDS", 0.5)
            held = asyncio.create_task(outbox.run(kafka, ledger_url, asyncio.Event(), database_seconds=0.25))
            await frozen.wait()
        stop = asyncio.Event()
        other = asyncio.create_task(outbox.run(kafka, ledger_url, stop))
        await until(ledger_url, "SELECT count(*) FROM outbox WHERE sent_at IS NOT NULL", 1)
        assert not held.done()
        held.cancel()
        stop.set()
        await asyncio.wait([held, other], timeout=60)


async def test_two_ledgers_share_the_work_and_one_takes_over(
    kafka: KafkaSettings, database_server: Database, ledger_url: str
) -> None:
    """Each partition is projected by one at a time; when one goes, the other does the rest. Nothing twice."""
    messages = [risk(origin=at(number, ARRIVED)) for number in range(400)]
    producer = AIOKafkaProducer(**kafka.producer())
    await producer.start()
    async with running(kafka, ledger_url, "2"):
        async with running(kafka, ledger_url, "3"):
            for number, message in enumerate(messages[:200]):
                receipt = accepted(message).model_dump_json(exclude_none=True).encode()
                await producer.send(Topic.RECEIPTS, receipt, partition=number % 4)
            await producer.flush()
            await until(ledger_url, "SELECT count(*) FROM receipts", 200)
        for number, message in enumerate(messages):
            entry = applied((number, message)).model_dump_json().encode()
            await producer.send(Topic.APPLIED, entry, partition=number % 8)
            if number >= 200:
                receipt = accepted(message).model_dump_json(exclude_none=True).encode()
                await producer.send(Topic.RECEIPTS, receipt, partition=number % 4)
        await producer.stop()
        await until(ledger_url, "SELECT count(*) FROM receipts", 400)
        await until(ledger_url, "SELECT count(*) FROM applied", 400)


@pytest.mark.parametrize(
    "routine", ["Fetcher._fetch_requests_routine", "GroupCoordinator._coordination_routine"]
)
async def test_the_ledger_ends_when_a_task_of_its_consumer_does(
    kafka: KafkaSettings, database_server: Database, ledger_url: str, routine: str
) -> None:
    """aiokafka tells nobody: there would be nothing to project for ever, and the process would go on."""
    await publish(kafka, [decided(f"before {routine}", person="somebody")])
    async with running(kafka, ledger_url, "4") as ledger:
        await until(ledger_url, "SELECT count(*) FROM messages", 1)
        (task,) = [
            task
            for task in asyncio.all_tasks()
            if getattr(task.get_coro(), "__qualname__", "") == routine and not task.done()
        ]
        task.cancel()
        done, _ = await asyncio.wait([ledger], timeout=60)
        assert done
        assert isinstance(ledger.exception(), ConsumerEnded)
    async with running(kafka, ledger_url, "4"):
        await publish(kafka, [decided(f"after {routine}", person="somebody else")])
        await until(ledger_url, "SELECT count(*) FROM messages WHERE person_id = 'somebody else'", 1)


async def test_since_when_an_endpoint_is_known_is_noted_once_and_again_after_an_older_backup(
    kafka: KafkaSettings, server: Database
) -> None:
    url, noted = server.url, "SELECT count(*) FROM known_endpoints"
    await migrate(url)
    pair = ("jc-0101", "https://fag.example.dk/hook")
    policy = replace(POLICY, endpoints=(pair, pair))
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as hand:
        async with running(kafka, url, policy=policy):
            await until(url, noted, 1)
            await hand.execute("UPDATE known_endpoints SET since = '2020-01-01 00:00+00'")
        async with running(kafka, url, policy=replace(policy, endpoints=(pair, ("jc-0751", pair[1])))):
            await until(url, noted, 2)
            assert await count(url, f"{noted} WHERE since < now() - interval '1 year'") == 1
            await hand.execute("DELETE FROM known_endpoints")
            await hand.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name = 'frafaldsvarsel-ledger'"
            )
            # A ledger that has nothing to do finds out with the next record.
            await publish(kafka, [decided("after the backup", person="somebody else")])
            await until(url, noted, 2)
