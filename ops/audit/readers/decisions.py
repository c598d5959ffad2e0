"""Decisions: a digest of every revision, and of each message the last one."""

from collections.abc import Sequence
from typing import Any, Final, LiteralString

import orjson
from confluent_kafka import Message

from ops.audit.digest import digest
from ops.audit.index import AuditIndex
from ops.audit.readers import erasures
from ops.audit.readers.decode import each, moment_ms

NOT_REMEMBERED: Final = 0
"""Under which a message that match has left out is noted, whatever revision it was given: the next one comes after."""
REVISION: Final = """
INSERT INTO revision (message, revision, said) VALUES (?, ?, ?)
ON CONFLICT DO UPDATE SET times = times + 1, differs = differs OR said <> excluded.said
"""
MESSAGE: Final = """
INSERT INTO message (id, sender, message_id, person, revision, said, outcome, reason, unit, registered_at, partition,
                     place, at_ms, appended_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET revision = excluded.revision, said = excluded.said, outcome = excluded.outcome,
    reason = excluded.reason, unit = excluded.unit, registered_at = excluded.registered_at,
    partition = excluded.partition, place = excluded.place, at_ms = excluded.at_ms, stale = 1,
    appended_ms = excluded.appended_ms
WHERE excluded.revision > message.revision
"""
AGAIN: Final = """
UPDATE message SET partition = ?1, place = ?2, at_ms = ?3
WHERE id = ?4 AND revision = ?5 AND (partition, place) < (?1, ?2)
"""
"""The ledger has still to read the copy: until then it may lack the revision."""
JOINED: Final[LiteralString] = "INSERT OR IGNORE INTO joined VALUES (?)"
COLUMNS: Final = (
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


def read(index: AuditIndex, records: Sequence[Message]) -> None:
    """Every revision of every message, and the last one in full."""
    revisions, last, joined, marked = [], [], [], []
    cuts = erasures.known(index)

    def one(record: Message, said: Any) -> None:
        if "joined_to" in said:
            joined.append((digest(said["person_id"]),))
            return
        if "erased_before" in said:
            marked.append((record.partition(), record.offset(), digest(said["person_id"])))
            return
        message, verdict, origin = said["message"], said["verdict"], said["message"]["origin"]
        person = digest(message["person_id"])
        appended_ms = moment_ms(origin["appended_at"])
        if erasures.is_before(cuts, person, appended_ms):
            return
        key = message_key(message["sender"], message["message_id"], message["person_id"])
        content, revision = said, said["revision"]
        if verdict["reason"] == "too_many_events":
            # Such a message is not remembered: sent again, with whatever content, it is answered as if it were new.
            content = {"outcome": verdict["outcome"], "reason": verdict["reason"]}
            revision = NOT_REMEMBERED
        whole = digest(orjson.dumps(content, option=orjson.OPT_SORT_KEYS).decode())
        revisions.append((key, revision, whole))
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
            moment_ms(origin["appended_at"]),
            said.get("sealed"),
        )
        last.append(
            (
                key,
                message["sender"],
                message["message_id"],
                person,
                revision,
                row,
                verdict["outcome"],
                verdict["reason"],
                verdict.get("unit_id"),
                message["registered_at"],
                record.partition(),
                record.offset(),
                record.timestamp()[1],
                appended_ms,
            )
        )

    each(index, records, one)
    index.many(JOINED, joined)
    index.many(erasures.MARKED, marked)
    index.many(REVISION, revisions)
    index.many(MESSAGE, last)
    index.many(AGAIN, [(*row[10:13], row[0], row[4]) for row in last])


def message_key(sender: str, message_id: str, person_id: str) -> int:
    """A message's key in the index."""
    return digest(sender, message_id, person_id)
