"""What people and programs ask of the ledger. Reading only; every row is a documented set of fields.

No row holds a CPR, a name or free text: what is sealed stays sealed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

import psycopg
from psycopg.rows import class_row

from ledger.queries.listing_rows import (
    DecisionListing,
    DeliveryListing,
    EndpointListing,
    ReceiptListing,
    TaskHistoryLine,
    TaskListing,
)
from models.events import probe_identity

ListingT = TypeVar("ListingT")

SELECT_RECEIPTS = """
SELECT r.event_id AS message_id, r.sender AS institution, r.type, r.status, r.reason, r.detail, p.kind AS repeat,
       (SELECT min(a.left_out) FROM applied a
        WHERE (a.origin_topic, a.origin_partition, a.origin_offset) = (r.topic, r.partition, r."offset")
        HAVING count(*) = count(a.left_out)) AS left_out, r.topic, r.partition, r."offset", r.appended_at
FROM receipts r LEFT JOIN repeats p USING (topic, partition, "offset")
WHERE (%(status)s::text IS NULL OR r.status = %(status)s)
  AND (%(institution)s::text IS NULL OR r.sender = %(institution)s)
  AND (%(message)s::text IS NULL OR r.event_id = %(message)s)
  AND (r.sender IS NULL OR r.sender <> ALL(%(aside)s))
ORDER BY r.appended_at DESC, r.topic, r.partition, r."offset" DESC
LIMIT %(limit)s
"""

SELECT_DECISIONS = """
SELECT m.message_id, m.sender AS institution, m.outcome AS decision, m.reason, m.unit_id AS unit,
       m.task_id, t.reference AS task, t.react_by, m.review_on, m.revision,
       m.origin_topic AS topic, m.origin_partition AS partition, m.origin_offset AS "offset",
       m.appended_at, m.law_version, m.decision -> 'verdict' -> 'evidence' AS evidence,
       m.decision -> 'verdict' ->> 'mentor_last_day' AS mentor_last_day
FROM messages m LEFT JOIN tasks t ON t.id = m.task_id
WHERE (%(outcome)s::text IS NULL OR m.outcome = %(outcome)s)
  AND (%(institution)s::text IS NULL OR m.sender = %(institution)s)
  AND (%(message)s::text IS NULL OR m.message_id = %(message)s)
  AND (%(unit)s::text IS NULL OR m.unit_id = %(unit)s)
  AND m.sender <> ALL(%(aside)s)
ORDER BY m.appended_at DESC, m.sender, m.message_id
LIMIT %(limit)s
"""

SELECT_TASKS = """
SELECT t.id AS task_id, t.reference, t.unit_id AS unit, t.status, t.ending, t.react_by, t.mentor_until, t.appended_at,
       t.opened_at, t.closed_at, t.acknowledged_at, t.owner_name AS owner, t.attempts, t.reached_at, t.version,
       (SELECT f.reference FROM tasks f WHERE f.id = t.follows) AS follows,
       (SELECT count(*) FROM messages m WHERE m.task_id = t.id) AS messages,
       (SELECT array_agg(DISTINCT m.message_id) FROM messages m WHERE m.task_id = t.id) AS message_ids,
       (SELECT count(*) FROM deliveries d WHERE d.task_id = t.id AND d.status = 'delivered') AS delivered,
       (SELECT count(*) FROM deliveries d WHERE d.task_id = t.id AND d.status = 'due') AS waiting
FROM tasks t
WHERE (%(status)s::text IS NULL OR t.status = %(status)s)
  AND (%(unit)s::text IS NULL OR t.unit_id = %(unit)s)
  AND (%(reference)s::text IS NULL OR t.reference = %(reference)s)
  AND t.unit_id <> ALL(%(aside)s)
ORDER BY t.status <> 'open', t.react_by, t.reference
LIMIT %(limit)s
"""

SELECT_HISTORY = """
SELECT a.at, 'person' AS by, a.kind, a.by_name AS who, a.via, a.detail, s.reference AS successor, a.number AS line
FROM acts a JOIN tasks t ON t.id = a.task_id LEFT JOIN tasks s ON s.id = a.successor WHERE t.reference = %(reference)s
UNION ALL
SELECT u.at, CASE WHEN u.detail ?| '{by_name,by}' THEN 'person' ELSE 'service' END, u.kind,
       coalesce(u.detail->>'by_name', u.detail->>'by'),
       coalesce(u.detail->>'via', CASE WHEN u.detail ? 'by' THEN 'operator' END), u.detail, NULL, u.id
FROM audit u JOIN tasks t ON t.id = u.task_id WHERE t.reference = %(reference)s
ORDER BY at, by, line
LIMIT %(limit)s
"""


SELECT_DELIVERIES = """
SELECT d.id AS delivery_id, t.reference AS task, d.unit_id AS unit, d.occasion, d.channel, d.audience, d.recipient,
       d.status, d.attempts, d.due_at, d.deadline, d.ended_at, a.outcome AS last_outcome, a.detail AS last_detail,
       (SELECT b.action FROM bounces b WHERE b.delivery_id = d.id ORDER BY b.at DESC, b.report LIMIT 1) AS came_back
FROM deliveries d LEFT JOIN tasks t ON t.id = d.task_id
LEFT JOIN attempts a ON (a.delivery_id, a.attempt) = (d.id, d.attempts)
WHERE (%(status)s::text IS NULL OR d.status = %(status)s)
  AND (%(unit)s::text IS NULL OR d.unit_id = %(unit)s)
  AND (%(channel)s::text IS NULL OR d.channel = %(channel)s)
  AND (%(task)s::text IS NULL OR t.reference = %(task)s)
ORDER BY d.created_at DESC, d.id
LIMIT %(limit)s
"""

SELECT_ENDPOINTS = """
SELECT unit_id AS unit, url, failing_since, disabled_at, reason FROM endpoints
WHERE (%(unit)s::text IS NULL OR unit_id = %(unit)s) ORDER BY unit_id, url
LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Query(Generic[ListingT]):
    """A listing: its SQL, the filters that it takes, and what a row is."""

    sql: str
    filters: tuple[str, ...]
    row: type[ListingT]


_CANARIES: Final = [*sorted(probe_identity.SENDERS), probe_identity.UNIT]
RECEIPTS = Query(SELECT_RECEIPTS, ("status", "institution", "message"), ReceiptListing)
DECISIONS = Query(SELECT_DECISIONS, ("outcome", "institution", "message", "unit"), DecisionListing)
DELIVERIES = Query(SELECT_DELIVERIES, ("status", "unit", "channel", "task"), DeliveryListing)
ENDPOINTS = Query(SELECT_ENDPOINTS, ("unit",), EndpointListing)
"""Only those that have failed since they last took anything."""
TASKS = Query(SELECT_TASKS, ("status", "unit", "reference"), TaskListing)
HISTORY = Query(SELECT_HISTORY, ("reference",), TaskHistoryLine)
"""What was done with one task, by whom, the earliest first."""


def rows(
    url: str,
    query: Query[ListingT],
    filters: Mapping[str, str | None],
    *,
    limit: int | None,
    canaries: bool = False,
) -> Iterator[ListingT]:
    """The rows of a listing, streamed; `limit` None means all. Canaries' are left out unless they are asked for."""
    named = {filters.get(name) for name in query.filters}
    one_by_name = any(filters.get(name) for name in ("message", "reference"))
    shown = canaries or one_by_name or not named.isdisjoint(_CANARIES)
    parameters = {
        **{name: filters.get(name) for name in query.filters},
        "limit": limit,
        "aside": [] if shown else _CANARIES,
    }
    with (
        psycopg.connect(url) as connection,
        connection.transaction(),
        connection.cursor(name="listing", row_factory=class_row(query.row)) as cursor,
    ):
        cursor.execute(query.sql, parameters)
        yield from cursor
