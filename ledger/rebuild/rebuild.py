"""The projection once more, from Kafka's beginning, by the same code, into a schema of its own.

The live tables are only read here. What retention has removed from Kafka is taken over from them, and said.
What people did is no part of Kafka: each act is read from the live table, and done again where it was done.
"""

from bisect import bisect_left
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Final, LiteralString

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from config.kafka import KafkaSettings
from config.topics import Topic
from infra.partition_reader import PartitionReader
from infra.partitioner import generations
from infra.postgres import Connection
from infra.stream_mac import NO_MAC, StreamMac
from ledger.consume.batch import Batch, Place
from ledger.consume.joins import settle
from ledger.consume.project import project
from ledger.rebuild.compare import TABLES, Comparison, compare
from ledger.rebuild.lost_words import LostWords
from ledger.rebuild.take_over import Removed, TakeOver, find_repeats
from ledger.schema.migrate import migrate
from ledger.store import action_log as acts
from ledger.store import foreign_records, repository
from ledger.store.action_log import ActionRow
from ledger.tasks.projection import Policy

SCHEMA: Final = "rebuilt"
_LOCK: Final = 0x46_52_52_42
_ORDER: Final = (Topic.RECEIPTS, Topic.APPLIED, Topic.DECISIONS, Topic.PERSON_EVENTS)
"""Receipts first: every conflict is known before the decisions that it refuses."""
_RECORDS: Final = 1000

DROP_SCHEMA: Final[LiteralString] = "DROP SCHEMA IF EXISTS rebuilt CASCADE"
MAKE_SCHEMA: Final[LiteralString] = "CREATE SCHEMA rebuilt"
TAKE_LOCK: Final[LiteralString] = "SELECT pg_try_advisory_lock(%s)"
AT_ITS_END: Final[LiteralString] = "INSERT INTO position VALUES (%s, %s, %s)"


class CannotRebuild(RuntimeError):
    """It cannot be done; the message is a sentence for the person who asked."""


@dataclass(slots=True)
class Rebuilt:
    """What came of it."""

    removed: list[Removed] = field(default_factory=list)
    tables: list[Comparison] = field(default_factory=list)
    records: int = 0
    acts: int = 0
    """What people had done."""
    unplaced: int = 0
    """Acts on tasks that have not come out again, or not in a state in which they could be done."""

    @property
    def differing(self) -> int:
        """Rows that differ."""
        return sum(table.differing for table in self.tables)

    @property
    def whole(self) -> bool:
        """Whether every decision is still in Kafka: without one, its message looks like one that nobody sent."""
        return all(one.topic != Topic.DECISIONS for one in self.removed)


@asynccontextmanager
async def rebuilding(
    kafka: KafkaSettings, url: str, policy: Policy, say: Callable[[str], None], mac: StreamMac = NO_MAC
) -> AsyncIterator[Rebuilt]:
    """Rebuild up to where the ledger is, and compare; the schema is there until this is left."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as keeper:
        got = await (await keeper.execute(TAKE_LOCK, (_LOCK,))).fetchone()
        if not got or not got[0]:
            raise CannotRebuild("Another rebuild is running.")
        await keeper.execute(DROP_SCHEMA)
        await keeper.execute(MAKE_SCHEMA)
        try:
            inside = _inside(url)
            await migrate(inside)
            # One moment of the live tables, held from here to the comparison.
            live = await psycopg.AsyncConnection.connect(url, options="-c timezone=UTC")
            rebuilt = await psycopg.AsyncConnection.connect(inside)
            async with live, rebuilt:
                await live.set_isolation_level(psycopg.IsolationLevel.REPEATABLE_READ)
                await live.set_read_only(True)
                positions = await repository.positions(live)
                result = Rebuilt()
                result.acts = await acts.count(live)
                rebuild = _Rebuild(kafka, rebuilt, live, policy, positions, result, say, mac)
                await rebuild.run(keeper, await foreign_records.skips(live))
                for table in TABLES:
                    result.tables.append(await compare(table, live, rebuilt))
            yield result
        finally:
            await keeper.execute(DROP_SCHEMA)


def _inside(url: str) -> str:
    options = str(conninfo_to_dict(url).get("options") or "")
    return make_conninfo(url, options=f"{options} -c search_path={SCHEMA} -c timezone=UTC".strip())


class _Rebuild:
    def __init__(
        self,
        kafka: KafkaSettings,
        connection: Connection,
        moment: Connection,
        policy: Policy,
        positions: Mapping[Place, int],
        result: Rebuilt,
        say: Callable[[str], None],
        mac: StreamMac,
    ) -> None:
        self._reader = PartitionReader(kafka, max_records=_RECORDS)
        self._connection = connection
        self._moment = moment
        # What falls due follows from what stands: the runner plans it, and a copy needs none.
        self._policy = replace(policy, steps=None)
        self._positions = positions
        self._result = result
        self._say = say
        self._known: dict[Place, int] = {}
        self._early: list[ActionRow] = []
        """Acts on tasks that have not come yet."""
        self._mac = mac
        self._skips: frozenset[tuple[str, int, int]] = frozenset()
        self._lost: LostWords | None = None

    async def run(self, live: Connection, skips: frozenset[tuple[str, int, int]]) -> None:
        self._skips = skips
        async with self._reader:
            for topic in _ORDER:
                self._say(f"reading {topic}")
                bounds = {
                    partition: await self._bounds(topic, partition)
                    for partition in await self._reader.partitions(topic)
                }
                take_over = TakeOver(self._reader, live, self._mac, skips)
                for partition, (first, end) in bounds.items():
                    if first > 0:
                        self._result.removed.append(await take_over.rows(topic, partition, first, end))
                # What was projected before people got more partitions (docs/decisions/0069) comes first.
                for one in generations(len(bounds)):
                    later = {at: bounds[at] for at in bounds if at >= one.end}
                    await self._project_all(topic, {at: bounds[at] for at in bounds if at in one.all}, later)
                if topic == Topic.RECEIPTS and self._result.removed:
                    await find_repeats(self._connection)
        self._result.unplaced += len(self._early)

    async def _bounds(self, topic: str, partition: int) -> tuple[int, int]:
        first, end = await self._reader.bounds(topic, partition)
        projected = self._positions.get((topic, partition), 0)
        if projected > end:
            stands = f"The ledger has projected {topic}/{partition} up to {projected}; Kafka ends at {end}"
            raise CannotRebuild(f"{stands}. Was the topic made anew?")
        return first, projected

    async def _project_all(
        self, topic: str, bounds: Mapping[int, tuple[int, int]], later: Mapping[int, tuple[int, int]]
    ) -> None:
        """Partition by partition; one that waits for another goes on when that one has. `later` are read after it."""
        for partition, (first, end) in bounds.items():
            if first >= end and (topic, partition) in self._positions:
                await self._connection.execute(AT_ITS_END, (topic, partition, end))
                await self._connection.commit()
        left = {partition: (first, -1) for partition, (first, _) in bounds.items()}
        while left:
            before = dict(left)
            for partition, (start, done) in before.items():
                end = bounds[partition][1]
                left[partition] = await self._project(topic, partition, start, end, done)
                if left[partition][0] >= end and (
                    again := await self._acts(topic, partition, left.pop(partition)[1], end)
                ):
                    await self._write(Batch(), [(0, row) for row in again])
            if left == before and not await self._lost_words(left, bounds, later):
                raise CannotRebuild(
                    f"A number's last word is missing in {topic}: {sorted(left)} wait for it."
                )

    async def _lost_words(
        self,
        left: Mapping[int, tuple[int, int]],
        bounds: Mapping[int, tuple[int, int]],
        later: Mapping[int, tuple[int, int]],
    ) -> int:
        waiting = [(partition, start) for partition, (start, _) in left.items()]
        unread = {partition: (start, bounds[partition][1]) for partition, start in waiting}
        if self._lost is None:
            self._lost = LostWords(self._reader, self._connection, self._mac, self._skips)
        return await self._lost.note(waiting, {**unread, **later})

    async def _project(self, topic: str, partition: int, first: int, end: int, done: int) -> tuple[int, int]:
        """As far as nothing has to wait; returns where to go on, and the offset up to which acts were done."""
        async for records in self._reader.read(topic, partition, first, end):
            batch = Batch(self._mac, self._skips)
            for record in records:
                batch.take(record)
            batch.next_offsets[topic, partition] = records[-1].offset + 1
            async with self._connection.transaction():
                await settle(self._connection, batch)
                # Acts where it has to wait are done first: they were done before what it waits for was projected.
                upto = batch.next_offsets[topic, partition]
                again = await self._acts(topic, partition, done, upto)
                await self._write(
                    batch, [(bisect_left(batch.offsets, row.after_offset), row) for row in again]
                )
            self._result.records += sum(record.offset < upto for record in records)
            first = done = upto
            if batch.is_held:
                return first, done
        return max(first, end), done

    async def _acts(self, topic: str, partition: int, after: int, until: int) -> list[ActionRow]:
        if topic != Topic.DECISIONS:
            return []
        return [row async for row in acts.between(self._moment, partition, after, until)]

    async def _write(self, batch: Batch, again: Sequence[tuple[int, ActionRow]]) -> None:
        if batch.decisions:
            again, self._early = [*((0, row) for row in self._early), *again], []
        async with self._connection.transaction():
            acts = await project(self._connection, batch, self._known, self._policy, again)
        self._known |= batch.next_offsets
        self._early += acts.early
        self._result.unplaced += len(acts.impossible)
