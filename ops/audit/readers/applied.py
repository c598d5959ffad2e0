"""Applied entries: a digest of each; one that says something else than the first is marked, and stays so."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from confluent_kafka import Message

from ops.audit.digest import digest
from ops.audit.index import AuditIndex
from ops.audit.readers import erasures
from ops.audit.readers.decode import each, forwarded_topic, moment_ms

ENTRY: Final = """
INSERT INTO event (partition, place, entry, said, erased, entries) VALUES (?, ?, ?, ?, ?, 1)
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
    entries: list[tuple[Any, ...]] = []
    origins = []
    cuts = erasures.known(index)

    def one(record: Message, said: Any) -> None:
        for entry in said["entries"]:
            place = (entry["origin_topic"], entry["origin_partition"], entry["origin_offset"])
            part, offset = said["partition"], entry["offset"]
            if entry.get("erased") or _is_cut(cuts, part, entry):
                # Of a record that was taken out of the log, its entry alone still tells.
                whole = erasures.place_digest(offset, place)
                entries.append((part, offset, whole, whole, 1))
            else:
                entries.append((part, offset, digest(offset, *place, entry["person_id"]), None, 0))
            if entry.get("forwarded"):
                place = (forwarded_topic(place[0], entry["person_id"]), *place[1:])
            origins.append((*place, record.partition(), record.offset()))

    each(index, records, one)
    index.many(ENTRY, entries)
    index.many(ORIGIN_ENTRY, origins)


def _is_cut(cuts: Mapping[int, erasures.Cut], partition: int, entry: Any) -> bool:
    """Whether the event was applied before its person was erased: the ledger's row names nobody then."""
    person, passed_on = digest(entry["person_id"]) if cuts else 0, entry.get("passed_on")
    return erasures.is_behind(cuts, person, (partition, entry["offset"])) or (
        passed_on is not None and erasures.is_before(cuts, person, moment_ms(passed_on))
    )
