"""The outbox: what a transaction wanted said on Kafka, said after it, at least once, under the same id."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Final, LiteralString

import psycopg
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from config.kafka import KafkaSettings
from config.topics import BY_NAME
from infra.failpoints import Point, reach
from infra.partitioner import latest, partition_of
from infra.postgres import Connection
from infra.postgres_timeouts import CONNECT_SECONDS, shut_down_after, statement_timeouts
from infra.record_key import record_key
from infra.stream_mac import NO_MAC, StreamMac

log = logging.getLogger(__name__)
_BATCH: Final = 500
_POLL_SECONDS: Final = 0.2
_WAIT_SECONDS: Final = 2.0
_DELIVERY_SECONDS: Final = 60
_NAME: Final = "frafaldsvarsel-outbox"
_KEPT_DAYS: Final = 7
_FORGET_SECONDS: Final = 60.0
FORGET: Final = """
DELETE FROM outbox WHERE id IN (
    SELECT id FROM outbox WHERE sent_at < now() - %s * interval '1 day' AND topic IN ('task-events', 'reactions')
    LIMIT 10000 FOR UPDATE SKIP LOCKED)
"""
"""What was told to subscribers stands on Kafka. The rest is kept: by it we know what has been refused."""
DUE: Final[LiteralString] = """
SELECT id, topic, key, value FROM outbox WHERE sent_at IS NULL ORDER BY due_at, id
LIMIT %s FOR UPDATE SKIP LOCKED
"""
SENT: Final[LiteralString] = "UPDATE outbox SET sent_at = now() WHERE id = ANY(%s)"


async def run(
    kafka: KafkaSettings,
    database_url: str,
    stop: asyncio.Event,
    *,
    database_seconds: float = 60,
    mac: StreamMac = NO_MAC,
) -> None:
    """Send what is due until `stop`."""
    while not stop.is_set():
        producer = AIOKafkaProducer(**kafka.producer())
        try:
            await producer.start()
            async with await psycopg.AsyncConnection.connect(
                database_url,
                # While Kafka is waited for, the rows are held by a transaction that does nothing.
                options=statement_timeouts(database_seconds, idle=2 * _DELIVERY_SECONDS),
                application_name=_NAME,
                connect_timeout=CONNECT_SECONDS,
            ) as connection:
                clock, forgotten = asyncio.get_running_loop().time, 0.0
                while not stop.is_set():
                    # A few rows wait for others as if there were none: each transaction costs the same.
                    if await send_due(connection, producer, 2 * database_seconds, mac) < _BATCH:
                        if clock() - forgotten > _FORGET_SECONDS:
                            await forget(connection)
                            forgotten = clock()
                        await asyncio.sleep(_POLL_SECONDS)
        except (psycopg.OperationalError, psycopg.InterfaceError, KafkaError, TimeoutError) as error:
            log.warning("outbox: waiting; cannot go on: %s", type(error).__name__)
            await asyncio.sleep(_WAIT_SECONDS)
        finally:
            await producer.stop()


async def forget(connection: Connection) -> int:
    """Remove what was told long ago; how many rows."""
    async with connection.transaction():
        return (await connection.execute(FORGET, (_KEPT_DAYS,))).rowcount


async def send_due(
    connection: Connection, producer: AIOKafkaProducer, patience: float, mac: StreamMac = NO_MAC
) -> int:
    """Send a batch of what is due, and note that it was sent; how many."""
    with ExitStack() as until_read, ExitStack() as until_committed:
        until_read.enter_context(shut_down_after(connection, patience))
        async with connection.transaction():
            cursor = await connection.execute(
                DUE,
                (_BATCH,),
            )
            rows = await cursor.fetchall()
            until_read.close()
            if rows:
                await _send(producer, rows, mac)
                reach(Point.OUTBOX_SENT)
            until_committed.enter_context(shut_down_after(connection, patience))
            if rows:
                await connection.execute(SENT, ([row[0] for row in rows],))
    return len(rows)


async def _send(
    producer: AIOKafkaProducer, rows: Sequence[tuple[object, str, str, bytes]], mac: StreamMac
) -> None:
    async with asyncio.timeout(_DELIVERY_SECONDS):
        sent = []
        for name, topic, about, value in rows:
            spec = BY_NAME[topic]
            if spec.grows:
                people = latest(len(await producer.partitions_for(topic)))
                partition = people.of(about)
            else:
                partition = partition_of(about, spec.partitions)
            key = record_key(about, str(name)) if spec.own_keys else about.encode()
            headers = mac.headers(topic, partition, key, value)
            sent.append(
                await producer.send(topic, key=key, value=value, partition=partition, headers=headers)
            )
        await asyncio.gather(*sent)
