"""Applied entries: a digest of each; one that says something else than the first is marked, and stays so."""

from collections.abc import Sequence
from typing import Any, Final

from confluent_kafka import Message

from ops.audit.digest import digest
from ops.audit.index import AuditIndex
from ops.audit.readers.decode import each, forwarded_topic

ENTRY: Final = """
INSERT INTO event (partition, place, entry, entries) VALUES (?, ?, ?, 1)
ON CONFLICT DO UPDATE SET
    differs = differs OR (entry IS NOT NULL AND entry <> excluded.entry), entries = entries + 1,
    entry = coalesce(entry, excluded.entry)
"""
ORIGIN_ENTRY: Final = """
INSERT INTO origin (topic, partition, place, entries, entry_partition, entry_place) VALUES (?, ?, ?, 1, ?, ?)
ON CONFLICT DO UPDATE SET entries = entries + 1, entry_partition = excluded.entry_partition,
    entry_place = excluded.entry_place
"""
COLUMNS: Final = (
    '"offset"',
    "origin_topic",
    "origin_partition",
    "origin_offset",
    "person_id",
)


def read(index: AuditIndex, records: Sequence[Message]) -> None:
    """What match says that it has applied. How many decisions an event changed is not held against a repeat:
    an event that is applied again may change none."""
    entries, origins = [], []

    def one(record: Message, said: Any) -> None:
        for entry in said["entries"]:
            place = (entry["origin_topic"], entry["origin_partition"], entry["origin_offset"])
            entries.append(
                (said["partition"], entry["offset"], digest(entry["offset"], *place, entry["person_id"]))
            )
            if entry.get("forwarded"):
                place = (forwarded_topic(place[0], entry["person_id"]), *place[1:])
            origins.append((*place, record.partition(), record.offset()))

    each(index, records, one)
    index.many(ENTRY, entries)
    index.many(ORIGIN_ENTRY, origins)
