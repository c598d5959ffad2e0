"""The one module that writes `deliveries` and `attempts`. Who may move which status to which: `delivery_moves`.

The ledger makes notices out, the notifier and the bounce mailbox move them on, an operator brings them back; some
await their connection and some do not, so what they share are the statements.
Every write to a leased delivery names its token: else a notifier that was paused could undo another's work.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Final, LiteralString

from psycopg.types.json import Json

from infra.postgres import Connection, by_column, json_rows, literals
from ledger.store import audit_trail
from ledger.tasks.rows import NewDelivery
from models.notifications.delivery import PROJECTED
from models.notifications.delivery_moves import TRANSITIONS, Move

NOTIFY: Final[LiteralString] = "NOTIFY deliveries"
"""Wakes the notifiers up when the transaction is committed."""

RECORDABLE: Final = literals(sorted(TRANSITIONS[Move.RECORD].before))
SETTLEABLE: Final = literals(sorted(TRANSITIONS[Move.SETTLE].before))
EXPIRABLE: Final = literals(sorted(TRANSITIONS[Move.EXPIRE].before))
RETURNABLE: Final = literals(sorted(TRANSITIONS[Move.BOUNCE].before))
RETRIABLE: Final = literals(sorted(TRANSITIONS[Move.RETRY].before))
DROPPABLE: Final = literals(sorted(TRANSITIONS[Move.DROP].before))
PROJECTED_OCCASIONS: Final = literals(PROJECTED)

# Made out. The same notice again is the same row.

MAKE_ROOM: Final[LiteralString] = """
DELETE FROM deliveries d WHERE d.id = ANY(%s) AND d.status = 'superseded'
    AND NOT EXISTS (SELECT FROM attempts a WHERE a.delivery_id = d.id)
    AND NOT EXISTS (SELECT FROM bounces b WHERE b.delivery_id = d.id)
"""
"""A duty can come back for the cause that it had at first, where numbers were joined and one of them was erased late.
Its notice was dropped before anybody tried to send it: then it is made out anew. The trail keeps that it was dropped.
"""

ADD: Final[LiteralString] = """
INSERT INTO deliveries (id, task_id, occasion, cause_kind, cause_ref, channel, audience, unit_id, recipient, deadline)
SELECT id, task_id, occasion, cause_kind, cause_ref, channel, audience, unit_id, recipient, deadline
FROM json_to_recordset(%s) AS t (id uuid, task_id uuid, occasion text, cause_kind text, cause_ref text, channel text,
    audience text, unit_id text, recipient text, deadline timestamptz)
ON CONFLICT DO NOTHING
"""

ADD_IN_ORDER: Final[LiteralString] = """
INSERT INTO deliveries (id, task_id, occasion, cause_kind, cause_ref, channel, audience, unit_id, recipient, deadline,
                        due_at)
SELECT n.id, n.task_id, n.occasion, n.cause_kind, n.cause_ref, n.channel, n.audience, n.unit_id, n.recipient,
       n.deadline, clock_timestamp() - (%s - n.place) * interval '1 microsecond'
FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
            %s::timestamptz[]) WITH ORDINALITY
    AS n (id, task_id, occasion, cause_kind, cause_ref, channel, audience, unit_id, recipient, deadline, place)
ON CONFLICT DO NOTHING
"""
"""The notifier takes the earliest first: so they go out in the order in which they are given here."""

READDRESS: Final[LiteralString] = """
INSERT INTO deliveries (id, task_id, occasion, cause_kind, cause_ref, channel, audience, unit_id, recipient, deadline)
SELECT %(new)s, task_id, occasion, cause_kind, cause_ref, channel, audience, unit_id, %(recipient)s, deadline
FROM deliveries WHERE id = %(old)s
ON CONFLICT (id) DO NOTHING
"""

TELL_OF_ENDPOINT: Final[LiteralString] = """
INSERT INTO deliveries (id, task_id, occasion, cause_kind, cause_ref, channel, unit_id, recipient, deadline)
SELECT %(new)s, task_id, 'channel_off', %(cause_kind)s, %(cause_ref)s, 'email', unit_id, %(recipient)s,
       %(now)s::timestamptz + interval '5 days'
FROM deliveries WHERE id = %(id)s
ON CONFLICT DO NOTHING
"""

ADD_MISSING: Final[LiteralString] = f"""
WITH made AS (
    INSERT INTO deliveries (id, task_id, occasion, cause_kind, cause_ref, channel, unit_id, recipient, status,
                            deadline, attempts, ended_at)
    SELECT d.id, d.task_id, d.occasion, d.cause_kind, d.cause_ref, d.channel, d.unit_id, d.recipient, 'exhausted',
           d.deadline, 1, now()
    FROM rebuilt.deliveries d WHERE d.channel = 'email' AND d.occasion IN ({PROJECTED_OCCASIONS}) AND NOT EXISTS (
        SELECT 1 FROM deliveries l
        WHERE (l.task_id, l.occasion, l.cause_kind, l.cause_ref, l.channel, l.unit_id)
        = (d.task_id, d.occasion, d.cause_kind, d.cause_ref, d.channel, d.unit_id))
    ON CONFLICT DO NOTHING
    RETURNING id, task_id, occasion
), tried AS (
    INSERT INTO attempts (delivery_id, attempt, at, outcome, detail)
    SELECT id, 1, now(), 'indeterminate', 'made out by a rebuild, it may have been sent before' FROM made
)
{audit_trail.DELIVERY_REBUILT}
"""
"""What a rebuild has made out and the live table lacks: it may have been sent, so it ends, and a person decides."""

# Claimed by a notifier, and given back.

LEASE: Final[LiteralString] = """
UPDATE deliveries d
SET lease_owner = t.token, lease_until = clock_timestamp() + %(lease)s,
    frozen = coalesce(d.frozen, t.frozen), attempts = t.attempts
FROM json_to_recordset(%(rows)s) AS t (id uuid, token text, frozen jsonb, attempts int)
WHERE d.id = t.id
"""

RENEW: Final[LiteralString] = """
WITH held AS MATERIALIZED (  -- what is just being recorded waits for nobody: else each could wait for the other
    SELECT d.id FROM deliveries d JOIN unnest(%(ids)s::uuid[], %(tokens)s::text[]) AS h (id, token)
    ON d.id = h.id AND d.lease_owner = h.token
    WHERE d.status = 'due'
    FOR NO KEY UPDATE OF d SKIP LOCKED
)
UPDATE deliveries d
SET lease_until = clock_timestamp() + %(lease)s
FROM held WHERE d.id = held.id
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

HURRY: Final[LiteralString] = f"""
WITH hurried AS (
    UPDATE deliveries SET due_at = clock_timestamp()
    WHERE id = %(id)s AND status = 'due' AND (lease_until IS NULL OR lease_until < clock_timestamp())
    RETURNING id, task_id
)
{audit_trail.DELIVERY_HURRIED}
"""

# Tried, and ended.

INSERT_ATTEMPT: Final[LiteralString] = """
INSERT INTO attempts (delivery_id, attempt, at, outcome, code, detail)
VALUES (%(id)s, %(attempt)s, %(at)s, %(outcome)s, %(code)s, %(detail)s)
"""

RECORD: Final[LiteralString] = f"""
WITH ended AS (
    UPDATE deliveries d
    SET status = t.status, due_at = coalesce(t.due_at, d.due_at), ended_at = t.ended_at,
        attempts = d.attempts + 1, lease_owner = NULL, lease_until = NULL
    FROM json_to_recordset(%(rows)s) AS t (
        id uuid, token text, status text, due_at timestamptz, ended_at timestamptz, at timestamptz, outcome text,
        code int, reason text, kind text)
    WHERE d.id = t.id AND d.lease_owner = t.token AND d.status IN ({RECORDABLE})
    RETURNING d.id, d.task_id, d.occasion, d.attempts, t.at, t.outcome, t.code, t.reason, t.kind
), attempted AS (
    INSERT INTO attempts (delivery_id, attempt, at, outcome, code, detail)
    SELECT id, attempts, at, outcome, code, reason FROM ended
), noted AS ({audit_trail.DELIVERIES_RECORDED})
SELECT id FROM ended
"""

SETTLE: Final[LiteralString] = f"""
WITH ended AS (
    UPDATE deliveries
    SET status = %(status)s, attempts = %(attempts)s, ended_at = clock_timestamp(),
        lease_owner = NULL, lease_until = NULL
    WHERE id = %(id)s AND status IN ({SETTLEABLE})
    RETURNING id, task_id, occasion, attempts
)
{audit_trail.DELIVERY_ENDED}
"""

EXPIRE: Final[LiteralString] = f"""
WITH late AS (
    SELECT id FROM deliveries
    WHERE status IN ({EXPIRABLE}) AND deadline <= clock_timestamp()
      AND (lease_until IS NULL OR lease_until < clock_timestamp())
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
), ended AS (
    UPDATE deliveries d
    SET status = 'exhausted', ended_at = clock_timestamp(), lease_owner = NULL, lease_until = NULL
    FROM late WHERE d.id = late.id
    RETURNING d.id, d.task_id, d.occasion, d.attempts
)
{audit_trail.DELIVERY_ENDED}
"""

BOUNCE: Final[LiteralString] = f"""
WITH ended AS (
    UPDATE deliveries SET status = 'refused', ended_at = %(now)s, attempts = attempts + 1,
                          lease_owner = NULL, lease_until = NULL
    WHERE id = %(id)s AND status IN ({RETURNABLE})
    RETURNING id, task_id, occasion, attempts
), tried AS (
    INSERT INTO attempts (delivery_id, attempt, at, outcome, detail)
    SELECT id, attempts, %(now)s, %(outcome)s, %(reason)s FROM ended
)
{audit_trail.DELIVERY_ENDED}
"""

RETRY: Final[LiteralString] = f"""
UPDATE deliveries
SET status = 'due', due_at = clock_timestamp(), deadline = %(deadline)s, ended_at = NULL,
    lease_owner = NULL, lease_until = NULL, frozen = CASE WHEN %(anew)s THEN NULL ELSE frozen END
WHERE id = %(id)s AND status IN ({RETRIABLE}) AND ended_at = %(since)s
"""

SEND_AGAIN: Final[LiteralString] = f"""
WITH again AS (
    UPDATE deliveries
    SET status = 'due', due_at = clock_timestamp(), deadline = %(deadline)s, ended_at = NULL,
        lease_owner = NULL, lease_until = NULL
    WHERE id = %(id)s AND unit_id = ANY(%(units)s) AND status IN ({RETRIABLE})
    RETURNING id, task_id, occasion
)
{audit_trail.DELIVERY_SENT_AGAIN}
"""
"""The unit's own hand; what was frozen stays, so it is the same mail, under the same id."""

DROP_STRAY: Final[LiteralString] = f"""
WITH dropped AS (
    UPDATE deliveries d SET status = 'superseded', ended_at = now(), lease_owner = NULL, lease_until = NULL
    WHERE d.status IN ({DROPPABLE}) AND d.channel = 'email' AND d.occasion IN ({PROJECTED_OCCASIONS})
    AND EXISTS (SELECT 1 FROM rebuilt.tasks t WHERE t.id = d.task_id)
    AND NOT EXISTS (
        SELECT 1 FROM rebuilt.deliveries r
        WHERE (d.task_id, d.occasion, d.cause_kind, d.cause_ref, d.channel, d.unit_id)
        = (r.task_id, r.occasion, r.cause_kind, r.cause_ref, r.channel, r.unit_id))
    RETURNING d.id, d.task_id, d.occasion
)
{audit_trail.DELIVERY_DROPPED}
"""
"""Due, and a rebuild has not come to it."""


async def make_room(connection: Connection, notices: Collection[NewDelivery]) -> None:
    """For `notices`, whose ids may be those of notices that nobody was sent."""
    if notices:
        await connection.execute(MAKE_ROOM, ([one.id for one in notices],))


def rows_of(notices: Iterable[NewDelivery]) -> Json:
    """The value of `ADD`."""
    return json_rows([_row_of(one) for one in notices])


async def add_in_order(connection: Connection, notices: Sequence[NewDelivery]) -> None:
    """Make `notices` due, in this order."""
    if not notices:
        return
    columns = by_column([tuple(_row_of(one).values()) for one in notices])
    await connection.execute(ADD_IN_ORDER, (len(notices), *columns))
    await connection.execute(NOTIFY)


def _row_of(notice: NewDelivery) -> dict[str, object]:
    """In the order of the arrays of `ADD_IN_ORDER`."""
    return {
        "id": notice.id,
        "task_id": notice.task_id,
        "occasion": notice.occasion,
        "cause_kind": notice.cause.kind,
        "cause_ref": notice.cause.ref,
        "channel": notice.channel,
        "audience": notice.audience,
        "unit_id": notice.unit_id,
        "recipient": notice.recipient,
        "deadline": notice.deadline,
    }
