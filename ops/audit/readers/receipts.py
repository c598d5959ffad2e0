"""Receipts: a digest of each, the number that a counting sender has given, and what control totals say.

One that says the same again is counted; one that says something else is marked, and stays so.
"""

from collections.abc import Sequence
from typing import Any, Final

import orjson
from confluent_kafka import Message

from ops.audit.digest import digest
from ops.audit.index import AuditIndex
from ops.audit.readers.decode import each, moment_ms, moment_us

RECEIPT: Final = """
INSERT INTO origin (topic, partition, place, said, accepted, at_ms, receipts, receipt_partition, receipt_place)
VALUES (?, ?, ?, ?, ?, ?, 1, ?, ?)
ON CONFLICT DO UPDATE SET receipt_partition = excluded.receipt_partition, receipt_place = excluded.receipt_place,
    differs = differs OR (said IS NOT NULL AND said <> excluded.said), receipts = receipts + 1,
    said = coalesce(said, excluded.said), accepted = coalesce(accepted, excluded.accepted),
    at_ms = coalesce(at_ms, excluded.at_ms)
"""
SEQUENCE: Final = """
INSERT INTO sequence (sender, number, event_id, at_ms, topic, partition, place) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET differs = differs OR event_id IS NOT excluded.event_id
"""
_TOTAL: Final = "INSERT OR IGNORE INTO total VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
DAY: Final = """
INSERT INTO day (sender, day, last_ms) VALUES (?, ?, ?)
ON CONFLICT DO UPDATE SET last_ms = max(last_ms, excluded.last_ms), stale = 1
"""
"""A day of a sender to which something has been added is counted again."""
_FOLLOWING: Final = frozenset({"repeat", "left_out", "names_nothing"})
COLUMNS: Final = (
    '"offset"',
    "status",
    "reason",
    "detail",
    "sender",
    "event_id",
    "type",
    "fingerprint",
    "sequence",
    "to_char(registered_on, 'YYYY-MM-DD')",
    "(extract(epoch FROM appended_at) * 1000)::bigint",
)
"""What the digest is made of, as the ledger's columns."""


def read(index: AuditIndex, records: Sequence[Message]) -> None:
    """Receipts of input records; those that follow them are passed over."""
    rows, numbers, totals = [], [], []
    days: dict[tuple[str, str], int] = {}

    def one(record: Message, said: Any) -> None:
        if not _FOLLOWING.isdisjoint(said):
            return
        origin = said["origin"]
        place = (origin["topic"], origin["partition"], origin["offset"])
        at_ms = record.timestamp()[1]
        if said.get("registered_on") is not None:
            day = (said["sender"], said["registered_on"])
            days[day] = max(days.get(day, 0), at_ms)
        if (total := said.get("total")) is not None:
            day = (said["sender"], total["day"])
            days[day] = max(days.get(day, 0), at_ms)
            registered_us = moment_us(total["registered_at"])
            counts = orjson.dumps({one["type"]: one["events"] for one in total["counts"]}).decode()
            totals.append((*place, *day, registered_us, said["event_id"], at_ms, counts))
        if said.get("sequence") is not None:
            numbers.append((said["sender"], said["sequence"], said["event_id"], at_ms, *place))
        rows.append(
            (
                *place,
                digest(
                    origin["offset"],
                    said["status"],
                    *(
                        said.get(name)
                        for name in (
                            "reason",
                            "detail",
                            "sender",
                            "event_id",
                            "type",
                            "fingerprint",
                            "sequence",
                            "registered_on",
                        )
                    ),
                    moment_ms(origin["appended_at"]),
                ),
                said["status"] == "accepted",
                at_ms,
                record.partition(),
                record.offset(),
            )
        )

    each(index, records, one)
    index.many(RECEIPT, rows)
    index.many(SEQUENCE, numbers)
    index.many(_TOTAL, totals)
    index.many(DAY, [(*day, at_ms) for day, at_ms in days.items()])
