"""What the notifier reads of a delivery: the due ones, each with its task, and the tasks of a morning mail.

What it writes stands in `ledger.store.deliveries`.
"""

from typing import Final, LiteralString

PICK: Final[LiteralString] = """
WITH picked AS (  -- all columns here: a row that changed while we waited is read as it is now
    SELECT * FROM deliveries
    WHERE status = 'due' AND channel = %(channel)s AND due_at <= clock_timestamp()
      AND (lease_until IS NULL OR lease_until < clock_timestamp())
    ORDER BY due_at, id
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
)
SELECT d.*, t.status AS task_status, t.reference, t.react_by, t.opened_at, t.appended_at, t.mentor_until,
       (SELECT count(*) FROM messages m WHERE m.task_id = t.id AND m.outcome = 'obliged') AS messages,
       s.failed_delivery IS NOT NULL AS undelivered,
       b.recipient AS failed_address, b.status AS failed_status,
       (SELECT status FROM bounces WHERE delivery_id = b.id AND action = 'failed' ORDER BY at DESC LIMIT 1)
       AS failed_bounce,
       (SELECT code FROM attempts WHERE delivery_id = b.id ORDER BY attempt DESC LIMIT 1) AS failed_code,
       s.until_seen IS TRUE AND (SELECT f.seen FROM footings f WHERE f.task_id = t.id) AS seen,
       e.disabled_at IS NOT NULL AS endpoint_off, clock_timestamp() AS now,
       g.is_followed IS TRUE AS is_followed, g.told_at
FROM picked d LEFT JOIN tasks t ON t.id = d.task_id
LEFT JOIN LATERAL (  -- the other notices of further messages of this task to the same recipient
    SELECT bool_or(o.status = 'due' AND o.frozen IS NULL AND (o.due_at, o.id) > (d.due_at, d.id)) AS is_followed,
           max(CASE WHEN o.status = 'delivered' THEN o.ended_at
                    WHEN o.lease_until > clock_timestamp() THEN clock_timestamp()
                    WHEN o.status = 'due' AND o.frozen IS NOT NULL THEN (  -- tried; the relay has put it off
                        SELECT max(at) FROM attempts WHERE delivery_id = o.id) END) AS told_at
    FROM deliveries o WHERE d.occasion = 'more_messages' AND o.task_id = d.task_id AND o.id <> d.id
      AND (o.occasion, o.channel, o.recipient) = (d.occasion, d.channel, d.recipient)
) g ON true
LEFT JOIN steps s ON s.id = CASE WHEN d.cause_kind = 'step' THEN d.cause_ref::uuid END
LEFT JOIN deliveries b ON b.id = s.failed_delivery AND b.channel = 'email'
LEFT JOIN endpoints e ON d.channel = 'webhook' AND (e.unit_id, e.url) = (d.unit_id, d.recipient)
ORDER BY d.due_at, d.id
"""

OPEN_TASKS: Final[LiteralString] = """
SELECT t.reference, t.react_by, f.seen, count(*) OVER () AS open,
       count(*) FILTER (WHERE t.react_by < %(today)s) OVER () AS overdue,
       count(*) FILTER (WHERE NOT f.seen) OVER () AS unseen
FROM tasks t JOIN footings f ON f.task_id = t.id
WHERE t.unit_id = %(unit_id)s AND t.status = 'open'
ORDER BY t.react_by, t.reference LIMIT %(limit)s
"""

BOOKED: Final[LiteralString] = """
SELECT d.id, m.origin_topic, m.origin_partition, m.origin_offset, m.appended_at, m.revision
FROM deliveries d JOIN tasks t ON t.id = d.task_id
CROSS JOIN LATERAL (
    SELECT m.origin_topic, m.origin_partition, m.origin_offset, m.appended_at, m.revision, m.task_id,
           concat(m.decision->'cause'->>'partition', ':', m.decision->'cause'->>'offset') = d.cause_ref AS is_cause
    FROM messages m WHERE m.person_id = t.person_id
) m
WHERE d.id = ANY(%(ids)s) AND (m.is_cause OR m.task_id = d.task_id)
ORDER BY d.id, m.is_cause, m.task_id IS NOT DISTINCT FROM d.task_id,
         m.appended_at, m.origin_topic, m.origin_partition, m.origin_offset
"""
"""The messages that a notice may have come of, the likeliest last: its cause's, which may have left the task with it;
else the latest of its task. Asked only where traces are on."""

COUNTED: Final[LiteralString] = """
SELECT count(*) FROM attempts WHERE delivery_id = %(id)s AND outcome <> 'misconfigured'
"""
