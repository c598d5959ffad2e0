"""What is about no single person and goes row by row: which rows are past their time, and how they are taken out.

A row stays while something reads it: the auditor's equations, the quarantine, a task. So each class names what it
spares, and what takes it away names nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, LiteralString

from psycopg.types.json import Jsonb

from infra.postgres import SyncConnection
from ledger.store import audit_trail
from ledger.store.erasures import EMPTY_TRAIL, ERASED
from models.audit_kind import AuditKind
from models.retention import RetentionClass, RetentionRule
from ops.retention.log import InputPlace

AT_ONCE: Final = 1000
"""Rows in one transaction: short locks, and the line of the trail that names them stays readable."""
_PLACE: Final[LiteralString] = '(r.topic, r.partition, r."offset")'
_ENTRY: Final[LiteralString] = "(a.origin_topic, a.origin_partition, a.origin_offset)"

RECEIPTS: Final[LiteralString] = f"""
FROM receipts r WHERE r.appended_at < %(before)s AND CASE
    WHEN r.status = 'rejected' THEN EXISTS (SELECT FROM quarantine q WHERE q.kind = 'input'
        AND q.state IN ('replayed', 'dismissed') AND q.id = concat_ws('/', r.topic, r.partition, r."offset"))
    ELSE (r.topic = 'control-totals' OR EXISTS (SELECT FROM applied a WHERE {_ENTRY} = {_PLACE}))
        AND NOT EXISTS (SELECT FROM applied a WHERE {_ENTRY} = {_PLACE}
            AND (a.person_id <> '{ERASED}' OR a.left_out IS NOT NULL))
        AND NOT EXISTS (SELECT FROM repeats p WHERE (p.topic, p.partition, p."offset") = {_PLACE}
            AND p.kind = 'conflict' AND NOT EXISTS (SELECT FROM quarantine q WHERE q.kind = 'conflict'
                AND q.state = 'dismissed' AND q.id = concat_ws('/', r.topic, r.partition, r."offset")))
    END
    AND r."offset" < (SELECT f.first FROM unnest(%(topics)s::text[], %(partitions)s::int[], %(firsts)s::bigint[])
        AS f (topic, partition, first) WHERE (f.topic, f.partition) = (r.topic, r.partition))
    AND NOT EXISTS (SELECT FROM dismissed d
        WHERE starts_with(d."case", concat('total/', r.sender, '/', r.registered_on, '/')))
"""
"""As long as somebody is known whom the record is about, a repeat of it must be known too. A day whose total a person
has put aside keeps its receipts: the case names how many came. What the brokers still hold, the audit counts."""
TAKE_RECEIPTS: Final[LiteralString] = f"""
WITH due AS MATERIALIZED (SELECT r.topic, r.partition, r."offset" {RECEIPTS} LIMIT %(most)s),
repeated AS (DELETE FROM repeats p USING due d
    WHERE (p.topic, p.partition, p."offset") = (d.topic, d.partition, d."offset")),
decided AS (DELETE FROM quarantine q USING due d
    WHERE q.kind IN ('input', 'conflict') AND q.id = concat_ws('/', d.topic, d.partition, d."offset"))
DELETE FROM receipts r USING due d WHERE {_PLACE} = (d.topic, d.partition, d."offset")
"""
MORNING_MAILS: Final[LiteralString] = """
FROM digests r WHERE r.day < %(before)s AND NOT EXISTS (SELECT FROM deliveries d WHERE d.occasion = 'digest'
    AND d.unit_id = r.unit_id AND (d.cause_kind, d.cause_ref) = ('digest', r.day::text) AND d.status = 'due')
"""
TAKE_MORNING_MAILS: Final[LiteralString] = f"""
WITH due AS MATERIALIZED (SELECT r.unit_id, r.day {MORNING_MAILS} LIMIT %(most)s),
mails AS MATERIALIZED (SELECT d.id FROM deliveries d JOIN due ON d.unit_id = due.unit_id
    AND (d.cause_kind, d.cause_ref) = ('digest', due.day::text) WHERE d.occasion = 'digest'),
tried AS (DELETE FROM attempts t USING mails m WHERE t.delivery_id = m.id),
back AS (DELETE FROM bounces b USING mails m WHERE b.delivery_id = m.id),
sent AS (DELETE FROM deliveries d USING mails m WHERE d.id = m.id)
DELETE FROM digests r USING due d WHERE (r.unit_id, r.day) = (d.unit_id, d.day)
"""
CHANNEL_NOTICES: Final[LiteralString] = """
FROM deliveries r WHERE r.occasion = 'channel_off' AND r.task_id IS NULL AND r.created_at < %(before)s
    AND r.status <> 'due' AND NOT EXISTS (
        SELECT FROM endpoints e WHERE e.unit_id = r.unit_id AND e.disabled_at IS NOT NULL)
"""
"""Of an endpoint that is off the auditor asks whether its unit was told."""
TAKE_CHANNEL_NOTICES: Final[LiteralString] = f"""
WITH due AS MATERIALIZED (SELECT r.id {CHANNEL_NOTICES} LIMIT %(most)s),
tried AS (DELETE FROM attempts t USING due d WHERE t.delivery_id = d.id),
back AS (DELETE FROM bounces b USING due d WHERE b.delivery_id = d.id)
DELETE FROM deliveries r USING due d WHERE r.id = d.id
"""
QUARANTINE: Final[LiteralString] = """
FROM quarantine r WHERE r.decided_at < %(before)s AND r.state IN ('replayed', 'dismissed') AND CASE
    WHEN r.kind IN ('input', 'conflict') THEN NOT EXISTS (
        SELECT FROM receipts o WHERE o.topic = split_part(r.id, '/', 1)
        AND (o.partition, o."offset") = (split_part(r.id, '/', 2)::int, split_part(r.id, '/', 3)::bigint))
    WHEN r.kind = 'left_out' THEN NOT EXISTS (SELECT FROM applied a WHERE a.left_out IS NOT NULL
        AND (a.partition, a."offset") = (split_part(r.id, '/', 2)::int, split_part(r.id, '/', 3)::bigint))
    WHEN r.kind IN ('delivery', 'bounce') THEN NOT EXISTS (
        SELECT FROM deliveries d WHERE d.id = split_part(r.id, '/', 1)::uuid)
    ELSE false END
"""
"""A decision stays while its thing does: without it the thing would lie there again."""
TAKE_QUARANTINE: Final[LiteralString] = f"""
WITH due AS MATERIALIZED (SELECT r.kind, r.id, r.since {QUARANTINE} LIMIT %(most)s)
DELETE FROM quarantine r USING due d WHERE (r.kind, r.id, r.since) = (d.kind, d.id, d.since)
"""
TRAIL: Final[LiteralString] = f"""
FROM audit r JOIN trail c ON c.audit_id = r.id
WHERE r.at < %(before)s AND r.erased_by IS NULL
    AND r.kind NOT IN ('{AuditKind.PERSON_ERASED}', '{AuditKind.TRAIL_EMPTIED}')
    AND NOT EXISTS (SELECT FROM tasks t WHERE t.id = r.task_id)
    AND NOT EXISTS (SELECT FROM deliveries d WHERE d.id::text = r.detail ->> 'delivery_id')
"""
"""What is about a task goes with its person, and what says why a notice ended goes after the notice. Lines that say
what was emptied name nobody, and the chain needs them. A line without a link is not yet proved."""
EMPTIED: Final[LiteralString] = f"SELECT r.id {TRAIL} ORDER BY r.id LIMIT %(most)s"
REQUESTS: Final[LiteralString] = """
FROM erasure_requests r WHERE r.done_at < %(before)s OR r.approved_by IS NULL AND r.asked_at < %(before)s
    AND NOT EXISTS (SELECT FROM requests q WHERE q.id = r.id AND q.approved_at IS NOT NULL)
"""
"""One that nobody has approved in all that time names a person for nothing."""
TAKE_REQUESTS: Final[LiteralString] = f"""
DELETE FROM erasure_requests e USING (SELECT r.id {REQUESTS} LIMIT %(most)s) d WHERE e.id = d.id
"""
SESSIONS: Final[LiteralString] = "FROM inbox_sessions r WHERE r.ends_at < %(before)s"
TAKE_SESSIONS: Final[LiteralString] = f"""
DELETE FROM inbox_sessions s USING (SELECT r.id {SESSIONS} LIMIT %(most)s) d WHERE s.id = d.id
"""


@dataclass(frozen=True, slots=True)
class RowClass:
    """How rows of one class are found and taken."""

    months: LiteralString
    """Counts by the month in which they were due to be counted from."""
    take: LiteralString | None
    """None: rows of the trail are emptied, not taken."""


MONTHS_OF_RECEIPTS: Final[LiteralString] = f"""
SELECT to_char(r.appended_at, 'YYYY-MM'), count(*) {RECEIPTS} GROUP BY 1 ORDER BY 1
"""
MONTHS_OF_MORNING_MAILS: Final[LiteralString] = f"""
SELECT to_char(r.day, 'YYYY-MM'), count(*) {MORNING_MAILS} GROUP BY 1 ORDER BY 1
"""
MONTHS_OF_CHANNEL_NOTICES: Final[LiteralString] = f"""
SELECT to_char(r.created_at, 'YYYY-MM'), count(*) {CHANNEL_NOTICES} GROUP BY 1 ORDER BY 1
"""
MONTHS_OF_QUARANTINE: Final[LiteralString] = f"""
SELECT to_char(r.decided_at, 'YYYY-MM'), count(*) {QUARANTINE} GROUP BY 1 ORDER BY 1
"""
MONTHS_OF_TRAIL: Final[LiteralString] = f"""
SELECT to_char(r.at, 'YYYY-MM'), count(*) {TRAIL} GROUP BY 1 ORDER BY 1
"""
MONTHS_OF_REQUESTS: Final[LiteralString] = f"""
SELECT to_char(coalesce(r.done_at, r.asked_at), 'YYYY-MM'), count(*) {REQUESTS} GROUP BY 1 ORDER BY 1
"""
MONTHS_OF_SESSIONS: Final[LiteralString] = f"""
SELECT to_char(r.ends_at, 'YYYY-MM'), count(*) {SESSIONS} GROUP BY 1 ORDER BY 1
"""
ROW_CLASSES: Final[Mapping[RetentionClass, RowClass]] = {
    RetentionClass.MORNING_MAILS: RowClass(MONTHS_OF_MORNING_MAILS, TAKE_MORNING_MAILS),
    RetentionClass.CHANNEL_NOTICES: RowClass(MONTHS_OF_CHANNEL_NOTICES, TAKE_CHANNEL_NOTICES),
    RetentionClass.RECEIPTS: RowClass(MONTHS_OF_RECEIPTS, TAKE_RECEIPTS),
    RetentionClass.QUARANTINE: RowClass(MONTHS_OF_QUARANTINE, TAKE_QUARANTINE),
    RetentionClass.REQUESTS: RowClass(MONTHS_OF_REQUESTS, TAKE_REQUESTS),
    RetentionClass.SESSIONS: RowClass(MONTHS_OF_SESSIONS, TAKE_SESSIONS),
    RetentionClass.TRAIL: RowClass(MONTHS_OF_TRAIL, None),
}
"""In the order in which they go: what names another goes first, the trail last."""


def months_due(
    connection: SyncConnection, of: RetentionClass, before: date, held: Mapping[InputPlace, int]
) -> dict[str, int]:
    """How many rows of each month (YYYY-MM) count from before `before`. `held`: `LogView.first_held`."""
    return dict(connection.execute(ROW_CLASSES[of].months, _values(before, held)).fetchall())


def take(
    connection: SyncConnection,
    rule: RetentionRule,
    before: date,
    held: Mapping[InputPlace, int],
    *,
    most: int,
) -> int:
    """Take out at most `most` rows, some at a time, each time with its line in the trail; returns how many."""
    taken = 0
    while taken < most:
        values = _values(before, held) | {"most": min(AT_ONCE, most - taken)}
        now = _take_some(connection, rule, values)
        taken += now
        if not now:
            break
    return taken


def _values(before: date, held: Mapping[InputPlace, int]) -> dict[str, Any]:
    return {
        "before": before,
        "topics": [topic for topic, _ in held],
        "partitions": [partition for _, partition in held],
        "firsts": list(held.values()),
    }


def _take_some(connection: SyncConnection, rule: RetentionRule, values: Mapping[str, Any]) -> int:
    statement = ROW_CLASSES[rule.of].take
    with connection.transaction():
        if statement is None:
            return _empty(connection, rule, values)
        taken = connection.execute(statement, values).rowcount
        if taken:
            detail = {"rule": rule.version, "rows": taken}
            connection.execute(audit_trail.APPEND, audit_trail.line(AuditKind.RETENTION_TAKEN, detail))
    return taken


def _empty(connection: SyncConnection, rule: RetentionRule, values: Mapping[str, Any]) -> int:
    lines = [line for (line,) in connection.execute(EMPTIED, values).fetchall()]
    if lines:
        detail = Jsonb({"rule": rule.version, "emptied": lines})
        cursor = connection.execute(
            audit_trail.APPEND_RETURNING, {"kind": AuditKind.TRAIL_EMPTIED, "detail": detail}
        )
        ((by,),) = cursor.fetchall()
        connection.execute(EMPTY_TRAIL, (by, lines))
    return len(lines)
