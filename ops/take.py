"""What is noted of each record of the log: from bytes to rows of the notes. Each topic has one function.

A repeated record that says the same is counted; one that says something else is marked, and stays so.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import orjson
from confluent_kafka import Message

from config.topics import Topic
from ops.digest import digest
from ops.notes import Notes

UNREADABLE: Final = "a record that cannot be read"

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
_EVENT: Final = """
INSERT INTO event (partition, place, said, at_ms, topic, origin_partition, origin_place) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET said = excluded.said, at_ms = excluded.at_ms, topic = excluded.topic,
    origin_partition = excluded.origin_partition, origin_place = excluded.origin_place
"""
_ORIGIN_EVENT: Final = """
INSERT INTO origin (topic, partition, place, events) VALUES (?, ?, ?, 1)
ON CONFLICT DO UPDATE SET events = events + 1
"""
_PERSON: Final = """
INSERT INTO person (id, moved_ms) VALUES (?, ?)
ON CONFLICT DO UPDATE SET events = events + 1, moved_ms = max(moved_ms, excluded.moved_ms)
"""
_ENTRY: Final = """
INSERT INTO event (partition, place, entry, entries) VALUES (?, ?, ?, 1)
ON CONFLICT DO UPDATE SET
    differs = differs OR (entry IS NOT NULL AND entry <> excluded.entry), entries = entries + 1,
    entry = coalesce(entry, excluded.entry)
"""
_ORIGIN_ENTRY: Final = """
INSERT INTO origin (topic, partition, place, entries) VALUES (?, ?, ?, 1)
ON CONFLICT DO UPDATE SET entries = entries + 1
"""
_REVISION: Final = """
INSERT INTO revision (message, revision, said) VALUES (?, ?, ?)
ON CONFLICT DO UPDATE SET times = times + 1, differs = differs OR said <> excluded.said
"""
_MESSAGE: Final = """
INSERT INTO message (id, sender, message_id, person, revision, said, outcome, reason, unit, registered_at, partition,
                     place, at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET revision = excluded.revision, said = excluded.said, outcome = excluded.outcome,
    reason = excluded.reason, unit = excluded.unit, registered_at = excluded.registered_at,
    partition = excluded.partition, place = excluded.place, at_ms = excluded.at_ms, stale = 1
WHERE excluded.revision > message.revision
"""
RECEIPT_COLUMNS: Final = (
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
"""What `receipt_said` is a digest of, as the ledger's columns."""
APPLIED_COLUMNS: Final = (
    '"offset"',
    "origin_topic",
    "origin_partition",
    "origin_offset",
    "person_id",
)
MESSAGE_COLUMNS: Final = (
    "m.revision",
    "m.outcome",
    "m.reason",
    "m.unit_id",
    "m.enrolment_id",
    "m.law_version",
    "m.review_on",
    "m.origin_topic",
    "m.origin_partition",
    "m.origin_offset",
    "(extract(epoch FROM m.appended_at) * 1000)::bigint",
    "m.sealed",
)


def receipts(notes: Notes, records: Sequence[Message]) -> None:
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
                    _ms(origin["appended_at"]),
                ),
                said["status"] == "accepted",
                record.timestamp()[1],
            )
        )

    _each(notes, records, one)
    notes.many(_RECEIPT, rows)
    notes.many(_SEQUENCE, numbers)


def person_events(notes: Notes, records: Sequence[Message]) -> None:
    """Person events, and of the facts those that routing needs."""
    events, origins, people, homes, refused = [], [], [], [], []

    def one(record: Message, said: Any) -> None:
        at, origin, content = record.timestamp()[1], said["origin"], said["content"]
        place = (origin["topic"], origin["partition"], origin["offset"])
        person = digest(said["person_id"])
        events.append(
            (
                record.partition(),
                record.offset(),
                digest(record.offset(), *place, said["person_id"]),
                at,
                *place,
            )
        )
        origins.append(place)
        moves = content["kind"] in ("residence.registered", "event.refused")
        people.append((person, at if moves else 0))
        if content["kind"] == "residence.registered":
            homes.append(
                (
                    person,
                    *place,
                    origin["appended_at"],
                    said["sender"],
                    said["event_id"],
                    said["fingerprint"],
                    content["residence_id"],
                    content["municipality_code"],
                    content["valid_from"],
                    said["registered_at"],
                )
            )
        elif content["kind"] == "event.refused":
            refused.append((content["topic"], content["partition"], content["offset"]))

    _each(notes, records, one)
    notes.many(_EVENT, events)
    notes.many(_ORIGIN_EVENT, origins)
    notes.many(_PERSON, people)
    notes.many("INSERT OR IGNORE INTO home VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", homes)
    notes.many("INSERT OR IGNORE INTO refused VALUES (?, ?, ?)", refused)
    notes.many("UPDATE message SET stale = 1 WHERE person = ?", [(person,) for person, at in people if at])


def applied(notes: Notes, records: Sequence[Message]) -> None:
    """What match says that it has applied. How many decisions an event changed is not held against a repeat:
    an event that is applied again may change none."""
    entries, origins = [], []

    def one(_: Message, said: Any) -> None:
        for entry in said["entries"]:
            place = (entry["origin_topic"], entry["origin_partition"], entry["origin_offset"])
            entries.append(
                (said["partition"], entry["offset"], digest(entry["offset"], *place, entry["person_id"]))
            )
            origins.append(place)

    _each(notes, records, one)
    notes.many(_ENTRY, entries)
    notes.many(_ORIGIN_ENTRY, origins)


def decisions(notes: Notes, records: Sequence[Message]) -> None:
    """Every revision of every message, and the last one in full."""
    revisions, last = [], []

    def one(record: Message, said: Any) -> None:
        message, verdict, origin = said["message"], said["verdict"], said["message"]["origin"]
        person = digest(message["person_id"])
        key = message_key(message["sender"], message["message_id"], message["person_id"])
        content = dict(said)
        if verdict["reason"] == "too_many_events":
            # Such a message is not remembered: told again, it names the event that told it again.
            content.pop("cause")
        whole = digest(orjson.dumps(content, option=orjson.OPT_SORT_KEYS).decode())
        revisions.append((key, said["revision"], whole))
        row = digest(
            said["revision"],
            verdict["outcome"],
            verdict["reason"],
            verdict.get("unit_id"),
            verdict["evidence"].get("enrolment_id"),
            verdict["law_version"],
            verdict.get("review_on"),
            origin["topic"],
            origin["partition"],
            origin["offset"],
            _ms(origin["appended_at"]),
            said.get("sealed"),
        )
        last.append(
            (
                key,
                message["sender"],
                message["message_id"],
                person,
                said["revision"],
                row,
                verdict["outcome"],
                verdict["reason"],
                verdict.get("unit_id"),
                message["registered_at"],
                record.partition(),
                record.offset(),
                record.timestamp()[1],
            )
        )

    _each(notes, records, one)
    notes.many(_REVISION, revisions)
    notes.many(_MESSAGE, last)


def message_key(sender: str, message_id: str, person_id: str) -> int:
    """A message's key in the notes."""
    return digest(sender, message_id, person_id)


TAKES: Final[Mapping[str, Callable[[Notes, Sequence[Message]], None]]] = {
    Topic.RECEIPTS: receipts,
    Topic.PERSON_EVENTS: person_events,
    Topic.APPLIED: applied,
    Topic.DECISIONS: decisions,
}
"""In this order: what follows from a record is read after it."""


def _each(notes: Notes, records: Sequence[Message], one: Callable[[Message, Any], None]) -> None:
    """Call `one` for each record. What it cannot read is a fault of the log, and never stops the audit."""
    for record in records:
        try:
            one(record, orjson.loads(record.value() or b""))
        except (ValueError, LookupError, TypeError, AttributeError):
            topic, part, at = record.topic() or "", record.partition() or 0, record.offset() or 0
            notes.set_fault(topic, part, at, at, UNREADABLE)


def _ms(moment: str) -> int:
    return round(datetime.fromisoformat(moment).timestamp() * 1000)
