"""What an erasure writes to Kafka: the cut-off, the word to match, and a tombstone for each record of before.

Each step may be done again: what is written twice gives the same, and a record that comes late gets its tombstone then.
"""

from collections import Counter
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any, Final

import orjson
from aiokafka import AIOKafkaProducer

from config.kafka import KafkaSettings
from config.topics import OWN_KEYS, Topic
from infra.failpoints import Point, reach
from infra.partition_reader import PartitionReader
from infra.partitioner import generations
from infra.stream_mac import StreamMac
from ledger.store.erasures import hashed
from models.eligibility.erase import erased_by
from models.events.person_event import Origin
from streams.batch_producer import BatchProducer
from streams.checkpoint import people_now
from streams.packed_record import with_unpacked
from streams.person_store import PersonStore
from streams.processors import add_person_event

WHERE: Final = (Topic.PERSON_EVENTS, Topic.DECISIONS, Topic.PEOPLE, Topic.APPLIED)
"""The topics that name people, by their pseudonyms."""


def origin_of(offset: int, timestamp_ms: int, before: datetime | None) -> Origin:
    """Where a record of ``erasures`` stands, and its cut-off: the brokers' time, or the earlier moment it names."""
    at = datetime.fromtimestamp(timestamp_ms / 1000, UTC)
    return Origin(
        topic=Topic.ERASURES,
        partition=0,
        offset=offset,
        appended_at=at if before is None else min(at, before),
    )


class ErasureLog:
    """The log as an erasure changes it. `async with`."""

    def __init__(self, kafka: KafkaSettings, mac: StreamMac) -> None:
        self._kafka = kafka
        self._mac = mac
        self._reader = PartitionReader(kafka)
        self._producer: AIOKafkaProducer | None = None

    async def __aenter__(self) -> "ErasureLog":
        self._producer = AIOKafkaProducer(**self._kafka.producer())
        try:
            await self._producer.start()
            await self._reader.start()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._producer is not None:
            await self._producer.stop()
        await self._reader.stop()

    async def cut_off(self, people: Collection[str], request: str, before: datetime | None = None) -> Origin:
        """Say on ``erasures`` who is erased, as hashes; the brokers' clock says from when on.

        `before`: an earlier moment, where what came later stays. The record says it, so that it holds after a restore.
        """
        said = {"request": request, "people": sorted(map(hashed, people))}
        if before is not None:
            said["before"] = before.isoformat()
        value = orjson.dumps(said)
        headers = self._mac.headers(Topic.ERASURES, 0, None, value)
        assert self._producer is not None  # noqa: S101 - `async with` has made it
        written = await self._producer.send_and_wait(Topic.ERASURES, value, partition=0, headers=headers)
        reach(Point.ERASE_CUT_OFF)
        return origin_of(written.offset, written.timestamp, before)

    async def tell_match(self, people: Collection[str], origin: Origin, request: str) -> None:
        """The erasing event of each number."""
        output = self._output()
        await output.look_up_partitions()
        for person in sorted(people):
            add_person_event(erased_by(person, origin, request), output)
        await output.flush()
        reach(Point.ERASE_TOLD)

    async def bury(self, people: Collection[str], cut_off: datetime) -> int:
        """A tombstone for each record of before that has none yet, and for copies of people; how many."""
        reach(Point.ERASE_FORGOTTEN)
        output, written, people = self._output(), 0, frozenset(people)
        for topic in sorted(OWN_KEYS):
            for partition in await self._partitions(topic, people):
                keys: dict[bytes, bool] = {}
                async for key, said in self._records(topic, partition):
                    if said is None:
                        keys.pop(key, None)
                    elif _is_of_before(said, people, cut_off):
                        keys[key] = True
                for key in keys:
                    output.add(topic, partition, key, None)
                written += len(keys)
            # Of one topic after the other: what this cuts off, the next run finds.
            await output.flush()
            reach(Point.ERASE_BURYING)
        written += await self._bury_copies(people, output)
        reach(Point.ERASE_BURIED)
        return written

    async def _bury_copies(self, people: Collection[str], output: BatchProducer) -> int:
        """Match writes a person's record where the person is decided upon. In other partitions a growth that was cut
        off, or a worker that wrote late, has left copies (docs/decisions/0069)."""
        now, copies = await people_now(self._reader, self._mac), 0
        for partition in await self._partitions(Topic.PEOPLE, people):
            if partition not in now.all:
                store = PersonStore(self._reader, self._mac)
                await store.load(partition)
                for person in set(people) & set(store.names(partition)):
                    output.add(Topic.PEOPLE, partition, person.encode(), None)
                    copies += 1
        await output.flush()
        return copies

    async def left(self, people: Collection[str]) -> Counter[str]:
        """How many records of each topic still name one of the numbers."""
        found: Counter[str] = Counter()
        for topic in WHERE:
            for partition in await self._partitions(topic, people):
                first, end = await self._reader.bounds(topic, partition)
                async for records in self._reader.read(topic, partition, first, end):
                    for record in records:
                        content = (record.key or b"") + _as_text(topic, record.value or b"")
                        found[topic] += any(person.encode() in content for person in people)
        return found

    async def _records(self, topic: str, partition: int) -> Any:
        first, end = await self._reader.bounds(topic, partition)
        async for records in self._reader.read(topic, partition, first, end):
            for record in self._mac.split(records)[0]:
                if record.key is not None:
                    yield record.key, None if record.value is None else orjson.loads(record.value)

    async def _partitions(self, topic: str, people: Collection[str]) -> list[int]:
        """Of each generation that of each person."""
        there = await self._reader.partitions(topic)
        return sorted({one.of(person) for one in generations(len(there)) for person in people} & {*there})

    def _output(self) -> BatchProducer:
        assert self._producer is not None  # noqa: S101 - `async with` has made it
        return BatchProducer(self._producer, self._mac)


def _as_text(topic: str, value: bytes) -> bytes:
    return with_unpacked(value) if topic == Topic.PEOPLE else value


def _is_of_before(said: Any, people: Collection[str], cut_off: datetime) -> bool:
    """Whether a record of ours is about one of the numbers, and from before. What says that it is erased stays."""
    about = said.get("message", said)
    if about.get("person_id") not in people or "erased_before" in said:
        return False
    if said.get("content", {}).get("kind") == "person.erased":
        return False
    origin = about.get("origin")
    # A number's last word has no origin: what it says of before went with its events.
    return origin is None or datetime.fromisoformat(origin["appended_at"]) < cut_off
