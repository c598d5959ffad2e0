"""The statements of `store`, one for each thing that happens to a delivery.

Every write to a leased delivery names its token: else a notifier that was paused could undo another's work.
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
       s.until_seen IS TRUE AND (SELECT f.seen FROM footings f WHERE f.task_id = t.id) AS seen,
       e.disabled_at IS NOT NULL AS endpoint_off, clock_timestamp() AS now
FROM picked d LEFT JOIN tasks t ON t.id = d.task_id
LEFT JOIN steps s ON s.id = CASE WHEN d.cause LIKE 'step:%%' THEN substr(d.cause, 6)::uuid END
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

LEASE: Final[LiteralString] = """
UPDATE deliveries
SET lease_owner = %(token)s, lease_until = clock_timestamp() + %(lease)s,
    frozen = coalesce(frozen, %(frozen)s), attempts = %(attempts)s
WHERE id = %(id)s
"""

INSERT_ATTEMPT: Final[LiteralString] = """
INSERT INTO attempts (delivery_id, attempt, at, outcome, code, detail)
VALUES (%(id)s, %(attempt)s, %(at)s, %(outcome)s, %(code)s, %(detail)s)
"""

COUNTED: Final[LiteralString] = """
SELECT count(*) FROM attempts WHERE delivery_id = %(id)s AND outcome <> 'misconfigured'
"""

RECORD: Final[LiteralString] = """
WITH ours AS (
    UPDATE deliveries
    SET status = %(status)s, due_at = coalesce(%(due_at)s, due_at), ended_at = %(ended_at)s,
        attempts = attempts + 1, lease_owner = NULL, lease_until = NULL
    WHERE id = %(id)s AND lease_owner = %(token)s AND status = 'due'
    RETURNING id, task_id, occasion, attempts
), attempted AS (
    INSERT INTO attempts (delivery_id, attempt, at, outcome, code, detail)
    SELECT id, attempts, %(at)s, %(outcome)s, %(code)s, %(detail)s FROM ours
), escalated AS (
    INSERT INTO audit (kind, task_id, detail)
    SELECT %(audit_kind)s, task_id,
           jsonb_build_object('delivery_id', id, 'occasion', occasion, 'attempts', attempts,
                              'reason', %(detail)s::text)
    FROM ours WHERE %(audit_kind)s::text IS NOT NULL
)
SELECT attempts FROM ours
"""

LEASE_LOST: Final[LiteralString] = """
INSERT INTO audit (kind, task_id, detail)
SELECT 'delivery_lease_lost', task_id,
       jsonb_build_object('delivery_id', id, 'occasion', occasion, 'outcome', %(outcome)s::text,
                          'reason', %(detail)s::text)
FROM deliveries WHERE id = %(id)s
"""

RENEW: Final[LiteralString] = """
UPDATE deliveries d
SET lease_until = clock_timestamp() + %(lease)s
FROM unnest(%(ids)s::uuid[], %(tokens)s::text[]) AS held (id, token)
WHERE d.id = held.id AND d.lease_owner = held.token AND d.status = 'due'
RETURNING d.id
"""

RELEASE: Final[LiteralString] = """
UPDATE deliveries d
SET lease_owner = NULL, lease_until = NULL
FROM unnest(%(ids)s::uuid[], %(tokens)s::text[]) AS held (id, token)
WHERE d.id = held.id AND d.lease_owner = held.token AND d.status = 'due'
"""

PUT_OFF: Final[LiteralString] = """
UPDATE deliveries
SET due_at = %(due_at)s, attempts = %(attempts)s, lease_owner = NULL, lease_until = NULL
WHERE id = %(id)s
"""

END: Final[LiteralString] = """
WITH ended AS (
    UPDATE deliveries
    SET status = %(status)s, attempts = %(attempts)s, ended_at = clock_timestamp(),
        lease_owner = NULL, lease_until = NULL
    WHERE id = %(id)s
    RETURNING id, task_id, occasion, attempts
)
INSERT INTO audit (kind, task_id, detail)
SELECT %(kind)s, task_id,
       jsonb_build_object('delivery_id', id, 'occasion', occasion, 'attempts', attempts,
                          'reason', %(reason)s::text)
FROM ended
"""

READDRESS: Final[LiteralString] = """
INSERT INTO deliveries (id, task_id, occasion, cause, channel, audience, unit_id, recipient, deadline)
SELECT %(new)s, task_id, occasion, cause, channel, audience, unit_id, %(recipient)s, deadline
FROM deliveries WHERE id = %(old)s
ON CONFLICT (id) DO NOTHING
"""

EXPIRE: Final[LiteralString] = """
WITH late AS (
    SELECT id FROM deliveries
    WHERE status = 'due' AND deadline <= clock_timestamp()
      AND (lease_until IS NULL OR lease_until < clock_timestamp())
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
), ended AS (
    UPDATE deliveries d
    SET status = 'exhausted', ended_at = clock_timestamp(), lease_owner = NULL, lease_until = NULL
    FROM late WHERE d.id = late.id
    RETURNING d.id, d.task_id, d.occasion, d.attempts
)
INSERT INTO audit (kind, task_id, detail)
SELECT 'delivery_exhausted', task_id,
       jsonb_build_object('delivery_id', id, 'occasion', occasion, 'attempts', attempts,
                          'reason', 'deadline_passed')
FROM ended
"""
