"""The ledger process: Kafka in, PostgreSQL out, exactly once by the position that moves in the same transaction.

Kafka's committed offset is only a hint for lag displays; where to read on is always asked of PostgreSQL.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import psycopg
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError

from config.kafka import FETCH_BYTES, FETCH_WAIT_MS, KafkaSettings
from config.kafka_rights import GROUPS, KafkaUser
from config.topics import Topic
from infra import tolerant_headers
from infra.consumer_health import check_consumer
from infra.failpoints import Point, reach
from infra.kafka_record import KafkaRecord
from infra.postgres import Connection
from infra.postgres_arrays import write_arrays_at_once
from infra.postgres_timeouts import CONNECT_SECONDS, shut_down_after, statement_timeouts
from infra.stream_mac import NO_MAC, StreamMac
from ledger.consume.batch import Batch, Place
from ledger.consume.earlier_partitions import EarlierFirst, passed
from ledger.consume.joins import settle
from ledger.consume.project import project
from ledger.consume.projected import Projected, projected
from ledger.consume.read_ahead import ReadAhead
from ledger.store import foreign_records, repository
from ledger.tasks.projection import Policy

log = logging.getLogger(__name__)

GROUP: Final = GROUPS[KafkaUser.LEDGER]
TOPICS: Final = (Topic.RECEIPTS, Topic.APPLIED, Topic.DECISIONS, Topic.PERSON_EVENTS)
_MAX_RECORDS: Final = 2000
_POLL_MS: Final = 200
_WAIT_SECONDS: Final = (0.5, 1, 2, 5)
_HELD_SECONDS: Final = 0.05
_AT_ONCE: Final = 50
"""Records that are decoded before others have their turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerSettings:
    """What the ledger needs to know."""

    kafka: KafkaSettings
    database_url: str
    mac: StreamMac = NO_MAC
    instance: str | None = None
    """Its steady name in the group, if it has one."""
    session_timeout_ms: int = 10_000
    database_seconds: float = 60
    """For one statement. Half of it for a lock; twice as long for a whole batch, and then the connection is ended."""


class Ledger:
    """One projecting process. Several share the partitions; the position keeps them apart."""

    def __init__(
        self,
        settings: LedgerSettings,
        policy: Policy,
        on_ready: Callable[[], None],
        *,
        on_lost: Callable[[], None] = lambda: None,
        on_projected: Callable[[Projected], None] = lambda _: None,
    ) -> None:
        """`on_ready`: the positions were read; `on_lost`: it cannot go on for now; `on_projected`: of each batch."""
        self._settings = settings
        self._policy = policy
        self._on_ready = on_ready
        self._on_lost = on_lost
        self._on_projected = on_projected
        self._known: dict[Place, int] = {}
        self._skips: frozenset[tuple[str, int, int]] = frozenset()
        self._earlier_first = EarlierFirst()
        self._stale = True
        self._consumer: Any = None
        self._ahead = ReadAhead(self._read)
        self._hinting: asyncio.Task[None] | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Project until `stop`; waits, and says so, while Kafka or PostgreSQL cannot be reached."""
        await self._start(stop)
        connection: Connection | None = None
        faults = 0
        try:
            while not stop.is_set():
                try:
                    if connection is None or connection.closed:
                        connection = await self._connect()
                        await self._know(connection)
                        self._stale = True
                    check_consumer(self._consumer)
                    if not await self._step(connection):
                        await _sleep(stop, _HELD_SECONDS)
                    if faults:
                        log.info("ledger: going on")
                    faults = 0
                except repository.Fenced as fenced:
                    log.warning(
                        "ledger: another process has projected %s; reading the position again", fenced
                    )
                    self._stale = True
                except (psycopg.OperationalError, psycopg.InterfaceError, KafkaError) as error:
                    if faults in (0, len(_WAIT_SECONDS)):
                        log.warning("ledger: waiting; cannot go on: %s", type(error).__name__)
                    self._stale = True
                    self._on_lost()
                    await _sleep(stop, _WAIT_SECONDS[min(faults, len(_WAIT_SECONDS) - 1)])
                    faults += 1
            reach(Point.LEDGER_SHUTDOWN)
        finally:
            await self._ahead.drop()
            await self._hinted()
            await self._consumer.stop()
            if connection is not None:
                await connection.close()

    async def _start(self, stop: asyncio.Event) -> None:
        ledger = self
        tolerant_headers.install()

        class Listener(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
            async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
                ledger._stale = True
                ledger._on_lost()

            async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
                ledger._stale = True

        session = self._settings.session_timeout_ms
        while True:
            self._consumer = AIOKafkaConsumer(
                **self._settings.kafka.aiokafka(),
                group_id=GROUP,
                group_instance_id=self._settings.instance and f"{GROUP}-{self._settings.instance}",
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                session_timeout_ms=session,
                heartbeat_interval_ms=session // 4,
                max_poll_records=_MAX_RECORDS,
                fetch_min_bytes=FETCH_BYTES,
                fetch_max_wait_ms=FETCH_WAIT_MS,
            )
            try:
                await self._consumer.start()
                break
            except KafkaError as error:
                log.warning("ledger: waiting for Kafka: %s", type(error).__name__)
                await self._consumer.stop()
                await _sleep(stop, _WAIT_SECONDS[-1])
                if stop.is_set():
                    return
        self._consumer.subscribe([str(topic) for topic in TOPICS], listener=Listener())

    async def _connect(self) -> Connection:
        connection = await psycopg.AsyncConnection.connect(
            self._settings.database_url,
            options=statement_timeouts(
                self._settings.database_seconds,
                # Later than we give it up ourselves.
                transaction=3 * self._settings.database_seconds,
            ),
            application_name=GROUP,
            connect_timeout=CONNECT_SECONDS,
        )
        write_arrays_at_once(connection)
        return connection

    async def _know(self, connection: Connection) -> None:
        """At every connection: the database may have been restored to a time before the first one."""
        if self._policy.endpoints:
            async with self._patiently(connection), connection.transaction():
                await repository.know(connection, self._policy.endpoints)

    async def _step(self, connection: Connection) -> bool:
        """One poll and its transaction. False: a partition waits for what another one has still to say."""
        if self._stale:
            await self._ahead.drop()
            await self._seek(connection)
        elif self._earlier_first.is_waiting:
            self._earlier_first.hold(self._consumer, await self._positions(connection))
        polled, batch = await self._ahead.take()
        if self._stale:
            return True
        # Before the next records are read: then it stands behind these.
        empty = await passed(self._consumer, polled, self._known)
        if self._stale or not (polled or empty):
            return True
        reach(Point.LEDGER_FETCHED)
        batch.next_offsets |= empty
        began = time.monotonic()
        try:
            async with self._patiently(connection), connection.transaction():
                await self._check_earlier(connection, batch)
                await settle(connection, batch)
                # What has to wait is read again.
                if not (self._earlier_first.is_waiting or batch.is_held):
                    batch.when_sent = self._ahead.begin
                await project(connection, batch, self._known, self._policy)
                reach(Point.LEDGER_BEFORE_COMMIT)
            reach(Point.LEDGER_COMMITTED)
        except BaseException:
            self._stale = True
            raise
        self._known |= batch.next_offsets
        if batch.is_held:
            # What another partition has still to say may be another process's to read.
            self._stale = True
        self._on_projected(projected(batch, polled, time.monotonic() - began))
        await self._hinted()
        if not self._stale:
            self._hinting = asyncio.create_task(self._hint(batch))
        return not batch.is_held

    async def _read(self) -> tuple[Mapping[TopicPartition, list[Any]], Batch]:
        """Poll, and decode in turns: while it is done ahead, the connection has something to send, too."""
        polled = await self._consumer.getmany(timeout_ms=_POLL_MS)
        batch = Batch(self._settings.mac, self._skips)
        if self._stale:
            # Not where the position stands, perhaps; it may be a record that was given up.
            return {}, batch
        for place, records in polled.items():
            for nth, record in enumerate(records, start=1):
                batch.take(KafkaRecord.of(record))
                if nth % _AT_ONCE == 0:
                    await asyncio.sleep(0)
            if records:
                batch.next_offsets[place.topic, place.partition] = records[-1].offset + 1
        return polled, batch

    @asynccontextmanager
    async def _patiently(self, connection: Connection) -> AsyncIterator[None]:
        with shut_down_after(connection, 2 * self._settings.database_seconds):
            yield

    async def _hinted(self) -> None:
        if self._hinting is not None:
            await self._hinting

    async def _hint(self, batch: Batch) -> None:
        """Commit to Kafka, for lag displays alone; a failure here costs nothing, and only the next one waits for it."""
        offsets = {TopicPartition(topic, part): to for (topic, part), to in batch.next_offsets.items()}
        try:
            await self._consumer.commit(offsets)
        except KafkaError as error:
            log.info("ledger: Kafka did not take the offsets (%s); PostgreSQL has them", type(error).__name__)

    async def _seek(self, connection: Connection) -> None:
        """Read on where PostgreSQL says, in every partition that is ours."""
        assigned = self._consumer.assignment()
        if not assigned:
            await self._consumer.getmany(timeout_ms=_POLL_MS)
            assigned = self._consumer.assignment()
        if not assigned:
            return
        self._stale = False
        async with self._patiently(connection), connection.transaction():
            self._known = await repository.positions(connection)
            self._skips = await foreign_records.skips(connection)
        fresh = [place for place in assigned if (place.topic, place.partition) not in self._known]
        for place in assigned:
            known = self._known.get((place.topic, place.partition))
            if known is not None:
                self._consumer.seek(place, known)
        if fresh:
            await self._consumer.seek_to_beginning(*fresh)
        await self._earlier_first.look(self._consumer, self._known)
        self._on_ready()

    async def _positions(self, connection: Connection) -> dict[Place, int]:
        async with self._patiently(connection), connection.transaction():
            return await repository.positions(connection)

    async def _check_earlier(self, connection: Connection, batch: Batch) -> None:
        asked = self._earlier_first.must_ask(batch.next_offsets, self._known)
        if asked and not self._earlier_first.may_read(asked, await repository.positions(connection)):
            raise repository.Fenced("what was decided before people got more partitions")


async def _sleep(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
