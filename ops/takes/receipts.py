"""Receipts: a digest of each, and the number that a counting sender has given.

One that says the same again is counted; one that says something else is marked, and stays so.
"""

from collections.abc import Sequence
from typing import Any, Final

from confluent_kafka import Message

from ops.digest import digest
from ops.notes import Notes
from ops.takes.each import each, moment_ms

_RECEIPT: Final = """
INSERT INTO origin (topic, partition, place, said, accepted, at_ms, receipts) VALUES (?, ?, ?, ?, ?, ?, 1)
ON CONFLICT DO UPDATE SET
    differs = differs OR (said IS NOT NULL AND said <> excluded.said), receipts = receipts + 1,
    said = coalesce(said, excluded.said), accepted = coalesce(accepted, excluded.accepted),
    at_ms = coalesce(at_ms, excluded.at_ms)
"""
_SEQUENCE: Final = """
INSERT INTO sequence (sender, number, event_id, at_ms, topic, partition, place) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET differs = differs OR event_id IS NOT excluded.event_id
"""
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
    "(extract(epoch FROM appended_at) * 1000)::bigint",
)
"""What the digest is made of, as the ledger's columns."""


def take(notes: Notes, records: Sequence[Message]) -> None:
    """Receipts of input records; what the ledger says of repeats follows them and is passed over."""
    rows, numbers = [], []

    def one(record: Message, said: Any) -> None:
        if "repeat" in said:
            return
        origin = said["origin"]
        if said.get("sequence") is not None:
            place = (origin["topic"], origin["partition"], origin["offset"])
            at_ms = record.timestamp()[1]
            numbers.append((said["sender"], said["sequence"], said["event_id"], at_ms, *place))
        rows.append(
            (
                origin["topic"],
                origin["partition"],
                origin["offset"],
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
                        )
                    ),
                    moment_ms(origin["appended_at"]),
                ),
                said["status"] == "accepted",
                record.timestamp()[1],
            )
        )

    each(notes, records, one)
    notes.many(_RECEIPT, rows)
    notes.many(_SEQUENCE, numbers)
