"""Records on the ledger's topics that the service did not write, on a real broker and a real database.

Each of them stopped the ledger for all units until somebody edited the database.
"""

import asyncio
import struct
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import uuid4

import psycopg
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.record.util import calc_crc32c_py
from psycopg.sql import SQL, Identifier

from config.kafka import KafkaSettings
from config.topics import BY_NAME, Topic
from crypto.stream_keys import new_stream_keyring
from infra import topic_admin
from infra.partition_reader import PartitionReader
from infra.postgres import Connection
from infra.stream_mac import StreamMac
from infra.topic_admin import Replication
from ledger.consume.consumer import Ledger, LedgerSettings
from ledger.consume.project import project
from ledger.rebuild.rebuild import rebuilding
from models.errors import UnreadableError
from models.events.receipt import ForeignRecord
from models.operator import Operator
from models.reasons import ForeignReason
from ops.recovery import requests, skips
from ops.recovery.requests import RequestKind
from streams.batch_producer import BatchProducer
from tests.factories import risk, uuid
from tests.integration.ledger.consume.test_consumer import until
from tests.integration.ledger.ledger_fixture import accepted, applied, at, batch
from tests.unit.ledger.decisions import ARRIVED, POLICY, decided

MAC = StreamMac(new_stream_keyring().tags(), datetime(2020, 1, 1, tzinfo=UTC))
OTHERS = StreamMac(new_stream_keyring().tags())
CRC_AT = 17
READ = (Topic.RECEIPTS, Topic.APPLIED, Topic.DECISIONS)
HAND = Operator("drift-1", "the version that wrote it is gone")


@pytest.fixture(autouse=True)
def _brokers_clock(kafka: KafkaSettings) -> None:
    """As `topics apply` makes them once MACs are required."""
    topic_admin.apply(kafka, Replication(factor=1, min_insync=1), mac_required=True)


@asynccontextmanager
async def running(kafka: KafkaSettings, url: str) -> AsyncIterator[asyncio.Task[None]]:
    """A ledger that has the keys."""
    settings = LedgerSettings(kafka=kafka, database_url=url, mac=MAC, session_timeout_ms=6000)
    stop = asyncio.Event()
    task = asyncio.create_task(Ledger(settings, POLICY, on_ready=lambda: None).run(stop))
    try:
        yield task
    finally:
        stop.set()
        await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def producer(kafka: KafkaSettings) -> AsyncIterator[AIOKafkaProducer]:
    """Of anybody who may write. Not an idempotent one, which numbers what it sends itself."""
    made = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap_servers)
    await made.start()
    try:
        yield made
    finally:
        await made.stop()


async def odd_header(brokers: AIOKafkaProducer, topic: str) -> None:
    """A record with a header whose name is no text, at which the client library raises."""
    builder = brokers.create_batch()
    builder.append(timestamp=None, key=b"key", value=b"{}", headers=[("NN", b"")])
    raw = bytearray(builder._build().replace(b"NN", b"\xff\xfe"))
    struct.pack_into(">I", raw, CRC_AT, calc_crc32c_py(bytes(raw[CRC_AT + 4 :])))
    builder._buffer = raw
    await (await brokers.send_batch(builder, topic, partition=0))


async def ends(brokers: AIOKafkaProducer, kafka: KafkaSettings) -> int:
    """How many records there are on the ledger's topics."""
    async with PartitionReader(kafka) as reader:
        return sum(
            [
                (await reader.bounds(topic, part))[1]
                for topic in READ
                for part in range(BY_NAME[topic].partitions)
            ]
        )


async def rows(connection: Connection, table: str) -> int:
    """How many a table has."""
    cursor = await connection.execute(SQL("SELECT FROM {}").format(Identifier(table)))
    return cursor.rowcount


async def poison(brokers: AIOKafkaProducer, genuine: Sequence[tuple[str, bytes]]) -> int:
    """Foreign records of every kind on partition 0 of each topic; how many."""
    sent = 0
    for topic, value in genuine:
        false = value.replace(b'"partition":0', b'"partition":1')
        forged = (
            (b'{"not":"a receipt"}', ()),
            (None, ()),
            (false, ()),
            (false, [("mac", b"s1:0123456789abcdef")]),
            (false, OTHERS.headers(topic, 0, b"key", false)),
            (false, MAC.headers(topic, 0, b"key", value)),
            # One of ours, carried to another partition than its own.
            (value, MAC.headers(topic, 3, b"key", value)),
        )
        for content, headers in forged:
            await brokers.send_and_wait(topic, content, b"key", partition=0, headers=list(headers))
        await odd_header(brokers, topic)
        sent += len(forged) + 1
    return sent


async def test_foreign_records_stop_nobody_and_are_no_receipt_no_entry_and_no_decision(
    kafka: KafkaSettings, ledger_url: str
) -> None:
    """Before, between and after ours. They lie in quarantine by their place, and a rebuild gives the same hashes."""
    event = risk(event_id=uuid("one"), origin=at(1, ARRIVED))
    genuine = [
        (str(topic), said.model_dump_json(exclude_none=True).encode())
        for topic, said in (
            (Topic.RECEIPTS, accepted(event)),
            (Topic.APPLIED, applied((1, event))),
            (Topic.DECISIONS, decided("one")),
        )
    ]
    async with producer(kafka) as brokers, running(kafka, ledger_url):
        sent = await poison(brokers, genuine)
        output = BatchProducer(brokers, MAC)
        for topic, value in genuine:
            output.add(topic, 0, b"key", value)
        await output.flush()
        sent += await poison(brokers, genuine)
        total = await ends(brokers, kafka)
        assert total == sent + len(genuine)
        await until(ledger_url, "SELECT coalesce(sum(next_offset), 0) FROM position", total)
    async with await psycopg.AsyncConnection.connect(ledger_url) as connection:
        assert [await rows(connection, table) for table in ("receipts", "applied", "messages")] == [1, 1, 1]
        cursor = await connection.execute("SELECT topic, reason, count(*) FROM foreign_records GROUP BY 1, 2")
        listed = await cursor.fetchall()
    assert {(topic, reason): number for topic, reason, number in listed} == {
        (str(topic), str(reason)): number
        for topic in READ
        for reason, number in (
            (ForeignReason.NO_MAC, 8),
            (ForeignReason.WRONG_MAC, 8),
        )
    }
    async with rebuilding(kafka, ledger_url, POLICY, lambda _: None, MAC) as again:
        assert (again.differing, again.whole) == (0, True)


async def test_one_of_ours_that_cannot_be_read_stops_the_ledger_until_a_person_lets_it_pass(
    kafka: KafkaSettings, ledger_url: str
) -> None:
    """The sentence names the place and the command; exactly that record passes, and the trail has who and why."""
    async with producer(kafka) as brokers:
        output = BatchProducer(brokers, MAC)
        for value in (b'{"of":"another version"}', b'{"and":"one more"}'):
            output.add(Topic.DECISIONS, 5, b"key", value)
        output.add(Topic.DECISIONS, 5, b"key", decided("behind").model_dump_json(exclude_none=True).encode())
        await output.flush()
    for offset in (0, 1):
        async with running(kafka, ledger_url) as task, asyncio.timeout(30):
            with pytest.raises(
                UnreadableError, match=f"frafaldsvarsel ledger skip decisions/5@{offset} --because"
            ):
                await task
        with psycopg.connect(ledger_url, autocommit=True) as connection:
            place = skips.parse(f"decisions/5@{offset}")
            assert skips.objection(connection, place) is None
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                skips.skip(connection, place, HAND)
            number = uuid4()
            requests.ask(connection, number, RequestKind.SKIP, [f"decisions/5@{offset}"], HAND)
            requests.approve(connection, number, Operator("another", "no version reads it"))
            assert skips.skip(connection, place, HAND)
            assert not skips.skip(connection, place, HAND)
    async with running(kafka, ledger_url):
        await until(ledger_url, "SELECT count(*) FROM messages", 1)
    with psycopg.connect(ledger_url, autocommit=True) as connection:
        assert (
            skips.objection(connection, ("decisions", 5, 0)) == "the ledger has passed it by; it goes on at 3"
        )
        trail = connection.execute(
            "SELECT detail FROM audit WHERE kind = 'record_skipped' ORDER BY id"
        ).fetchall()
        assert connection.execute("SELECT count(*) FROM foreign_records WHERE partition = 5").fetchone() == (
            0,
        )
    assert [row[0] for row in trail] == [
        {
            "record": f"decisions/5@{offset}",
            "by": HAND.by,
            "because": HAND.because,
            "login": "shared:postgres",
        }
        for offset in (0, 1)
    ]


async def test_a_ledger_that_is_killed_between_quarantine_and_position_loses_and_doubles_nothing(
    ledger_url: str,
) -> None:
    """Both are one transaction; told again after a crash, it lies there once."""
    foreign = ForeignRecord(
        topic=Topic.PERSON_EVENTS, partition=2, offset=7, appended_at=ARRIVED, reason=ForeignReason.NO_MAC
    )
    told = batch(to={("applied", 2): 1})
    told.foreign.append(foreign)
    async with await psycopg.AsyncConnection.connect(ledger_url, autocommit=True) as connection:

        async def both() -> list[int]:
            return [await rows(connection, table) for table in ("foreign_records", "position")]

        async with connection.transaction(force_rollback=True):
            await project(connection, told, {}, POLICY)
        assert await both() == [0, 0]
        async with connection.transaction():
            await project(connection, told, {}, POLICY)
        assert await both() == [1, 1]
        again = batch(to={("applied", 2): 2})
        again.foreign.append(foreign)
        async with connection.transaction():
            await project(connection, again, {("applied", 2): 1}, POLICY)
        assert await both() == [1, 1]
