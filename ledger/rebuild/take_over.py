"""What retention has removed from Kafka is put in from the live tables as it stands: what follows from it must follow.

Unchecked, and said so: nothing is left that it could be held against.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, LiteralString

from config.topics import INPUT_PARTITIONS, Topic
from infra.partition_reader import PartitionReader
from infra.postgres import Connection
from infra.stream_mac import StreamMac
from ledger.consume import duplicates
from ledger.consume.batch import Batch
from models.events.person_event import Origin
from models.events.receipt import Receipt, ReceiptStatus

_CLOCKS: Final = "5 minutes"
"""How far the clocks of workers and brokers may be apart."""
TAKE_OVER_RECEIPTS: Final[LiteralString] = """
INSERT INTO rebuilt.receipts SELECT * FROM receipts
WHERE partition %% %s = %s AND appended_at < %s::timestamptz + %s::interval ON CONFLICT DO NOTHING
"""
TAKE_OVER_APPLIED: Final[LiteralString] = """
INSERT INTO rebuilt.applied SELECT * FROM applied
WHERE partition = %s AND (%s::bigint IS NULL OR "offset" < %s::bigint) ON CONFLICT DO NOTHING
"""
TAKE_OVER_SUBJECTS: Final[LiteralString] = """
INSERT INTO rebuilt.subjects SELECT s.* FROM subjects s JOIN applied a
ON (a.origin_topic, a.origin_partition, a.origin_offset, a.person_id) = (s.topic, s.partition, s."offset", s.person_id)
WHERE a.partition = %s AND (%s::bigint IS NULL OR a."offset" < %s::bigint) ON CONFLICT DO NOTHING
"""
TAKE_OVER_FACTS: Final[LiteralString] = """
INSERT INTO rebuilt.person_facts SELECT * FROM person_facts WHERE partition = %s AND "offset" < %s
ON CONFLICT DO NOTHING
"""
TAKE_OVER_VERDICTS: Final[LiteralString] = """
INSERT INTO rebuilt.verdicts SELECT * FROM verdicts WHERE partition = %s AND "offset" < %s ON CONFLICT DO NOTHING
"""
SHARED: Final = """
SELECT DISTINCT ON (sender, event_id) topic, partition, "offset", appended_at, sender, event_id
FROM (SELECT *, count(*) OVER (PARTITION BY sender, event_id) AS copies FROM receipts WHERE status = 'accepted') r
WHERE copies > 1
"""
"""One record of each id that several accepted records share."""


@dataclass(frozen=True, slots=True)
class Removed:
    """What retention has taken from the beginning of a partition, and what stands in for it."""

    topic: str
    partition: int
    first: int
    """The first offset that is still there."""
    oldest: datetime | None
    """When the first record that is still there was written."""
    taken_over: int
    """Rows taken from the live table, unchecked."""


@dataclass(frozen=True, slots=True)
class TakeOver:
    """With what it is done; `live` sees the live tables, and the rebuilt ones by their full name."""

    reader: PartitionReader
    live: Connection
    mac: StreamMac
    skips: Collection[tuple[str, int, int]]

    async def rows(self, topic: str, partition: int, first: int, end: int) -> Removed:
        """Put in what stood before offset `first`."""
        oldest = None
        batch = Batch(self.mac, self.skips)
        if first < end:
            async for records in self.reader.read(topic, partition, first, end):
                oldest = oldest or records[0]
                if topic == Topic.APPLIED:
                    for record in records:
                        batch.take(record)
                # What is foreign, or tells of what is, has no entry that says where the log begins.
                if topic != Topic.APPLIED or any(applied.entries for applied in batch.applied):
                    break
        moved = 0
        if topic == Topic.RECEIPTS:
            before = "infinity" if oldest is None else datetime.fromtimestamp(oldest.timestamp_ms / 1000, UTC)
            values = (INPUT_PARTITIONS, partition, before, _CLOCKS)
            moved = (await self.live.execute(TAKE_OVER_RECEIPTS, values)).rowcount
        elif topic == Topic.APPLIED:
            kept = next((applied.entries for applied in batch.applied if applied.entries), ())
            kept_from = min((entry.offset for entry in kept), default=None)
            moved = (await self.live.execute(TAKE_OVER_APPLIED, (partition, kept_from, kept_from))).rowcount
            await self.live.execute(TAKE_OVER_SUBJECTS, (partition, kept_from, kept_from))
        elif topic == Topic.PERSON_EVENTS:
            moved = (await self.live.execute(TAKE_OVER_FACTS, (partition, first))).rowcount
        elif topic == Topic.DECISIONS:
            moved = (await self.live.execute(TAKE_OVER_VERDICTS, (partition, first))).rowcount
        when = None if oldest is None else datetime.fromtimestamp(oldest.timestamp_ms / 1000, UTC)
        return Removed(topic, partition, first, when, moved)


async def find_repeats(rebuilt: Connection) -> None:
    """Among receipts that were taken over: no batch has looked at them."""
    async with rebuilt.transaction():
        cursor = await rebuilt.execute(SHARED)
        twins = [
            Receipt(
                origin=Origin(topic=topic, partition=partition, offset=offset, appended_at=appended_at),
                status=ReceiptStatus.ACCEPTED,
                sender=sender,
                event_id=event_id,
            )
            for topic, partition, offset, appended_at, sender, event_id in await cursor.fetchall()
        ]
        await duplicates.find(rebuilt, twins)
