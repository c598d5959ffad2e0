"""The quarantine in PostgreSQL: what lies in it, and what people decide about it. Opens nothing and sends nothing.

Every decision stands in the audit trail in the same transaction: who, when, why, what.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, LiteralString

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from infra.postgres import SyncConnection
from ledger.store import audit_trail, deliveries
from models.audit_kind import AuditKind
from models.dead_letter import WAITING, AcceptedRecord, DeadLetter, DeadLetterKind, DeadLetterState
from models.notifications.delivery import SendOutcome
from models.operator import Operator

_LOCK: Final = 0x46_52_51_55
_NO_CODE: Final = "5.0.0"

THINGS: Final[LiteralString] = """
WITH things AS (
    SELECT 'input' AS kind, concat_ws('/', r.topic, r.partition, r."offset") AS id, r.appended_at AS since,
           r.sender, NULL AS unit, r.reason, r.detail, r.event_id AS message_id, NULL AS task,
           NULL AS delivery_status
    FROM receipts r WHERE r.status = 'rejected'
    UNION ALL
    SELECT 'conflict', concat_ws('/', r.topic, r.partition, r."offset"), r.appended_at,
           r.sender, NULL, 'id_conflict', NULL, r.event_id, NULL, NULL
    FROM repeats p JOIN receipts r USING (topic, partition, "offset") WHERE p.kind = 'conflict'
    UNION ALL
    SELECT 'left_out', concat_ws('/', 'person-events', a.partition, a."offset"), r.appended_at,
           r.sender, NULL, a.left_out, NULL, r.event_id, NULL, NULL
    FROM applied a JOIN receipts r
        ON (r.topic, r.partition, r."offset") = (a.origin_topic, a.origin_partition, a.origin_offset)
    WHERE a.left_out IS NOT NULL AND (
        EXISTS (SELECT 1 FROM quarantine q WHERE q.kind = 'left_out'
            AND q.id = concat_ws('/', 'person-events', a.partition, a."offset"))
        OR NOT EXISTS (SELECT 1 FROM receipts s JOIN applied b
            ON (s.topic, s.partition, s."offset") = (b.origin_topic, b.origin_partition, b.origin_offset)
            WHERE (s.sender, s.event_id, s.fingerprint) = (r.sender, r.event_id, r.fingerprint)
              AND b.person_id = a.person_id AND b.left_out IS NULL))
    UNION ALL
    SELECT 'foreign', concat_ws('/', f.topic, f.partition, f."offset"), f.appended_at,
           NULL, NULL, f.reason, NULL, NULL, NULL, NULL
    FROM foreign_records f
    UNION ALL
    SELECT 'delivery', d.id::text, d.ended_at, NULL, d.unit_id, d.status,
           (SELECT concat_ws(' ', a.outcome || ':', a.code, a.detail) FROM attempts a
            WHERE a.delivery_id = d.id ORDER BY a.attempt DESC LIMIT 1),
           NULL, t.reference, d.status
    FROM deliveries d LEFT JOIN tasks t ON t.id = d.task_id WHERE d.status IN ('refused', 'exhausted')
    UNION ALL
    SELECT 'delivery', d.id::text, q.since, NULL, d.unit_id, q.reason, NULL, NULL, t.reference, d.status
    FROM deliveries d LEFT JOIN tasks t ON t.id = d.task_id
    JOIN LATERAL (SELECT since, reason FROM quarantine WHERE kind = 'delivery' AND id = d.id::text
                  ORDER BY since DESC LIMIT 1) q ON true
    WHERE d.status NOT IN ('refused', 'exhausted')
    UNION ALL
    SELECT 'bounce', concat_ws('/', d.id, left(b.report, 16)), b.at, NULL, d.unit_id, 'not_understood', NULL, NULL,
           t.reference, d.status
    FROM bounces b JOIN deliveries d ON d.id = b.delivery_id LEFT JOIN tasks t ON t.id = d.task_id
    WHERE b.action = 'unread'
)
SELECT t.kind, t.id, t.since, t.sender, t.unit, t.reason, t.detail, t.message_id, t.task, t.delivery_status,
       coalesce(q.state, 'open') AS state, q.decided_by, q.because, q.decided_at, q.replayed_as
FROM things t LEFT JOIN quarantine q USING (kind, id, since)
WHERE (%(kind)s::text IS NULL OR t.kind = %(kind)s)
  AND (%(reason)s::text IS NULL OR t.reason = %(reason)s)
  AND (%(party)s::text IS NULL OR %(party)s IN (t.sender, t.unit))
  AND (%(since)s::timestamptz IS NULL OR t.since >= %(since)s)
  AND (%(until)s::timestamptz IS NULL OR t.since < %(until)s)
  AND (%(ids)s::text[] IS NULL OR t.id = ANY(%(ids)s))
  AND (%(states)s::text[] IS NULL OR coalesce(q.state, 'open') = ANY(%(states)s))
ORDER BY t.since, t.kind, t.id
LIMIT %(limit)s
"""

DECIDE: Final[LiteralString] = """
INSERT INTO quarantine (kind, id, since, state, reason, decided_by, because, replayed_as)
VALUES (%(kind)s, %(id)s, %(since)s, %(state)s, %(reason)s, %(by)s, %(because)s, %(replayed_as)s)
ON CONFLICT (kind, id, since) DO UPDATE SET
    state = excluded.state, decided_by = excluded.decided_by, because = excluded.because,
    decided_at = excluded.decided_at, replayed_as = excluded.replayed_as
"""

RETURNED: Final[LiteralString] = f"""
INSERT INTO bounces (delivery_id, report, action, status, at, found)
SELECT b.delivery_id, 'read by a person: ' || b.report, 'failed', %(code)s, %(now)s, d.status
FROM bounces b JOIN deliveries d ON d.id = b.delivery_id
WHERE concat_ws('/', b.delivery_id, left(b.report, 16)) = %(id)s AND b.delivery_id = %(delivery)s
  AND b.action = 'unread' AND d.status IN ({deliveries.RETURNABLE})
ON CONFLICT DO NOTHING
"""
"""Beside the row of what was not understood, which stays as it was."""
LOCK_DELIVERY: Final[LiteralString] = """
SELECT clock_timestamp() FROM deliveries WHERE id = %(delivery)s FOR NO KEY UPDATE
"""

ACCEPTED: Final[LiteralString] = """
SELECT concat_ws('/', topic, partition, "offset"), fingerprint, fingerprint_utc FROM receipts
WHERE status = 'accepted' AND sender = %s AND event_id = %s
ORDER BY appended_at, topic, partition, "offset"
"""
REFUSED: Final[LiteralString] = """
SELECT count(*) FROM repeats p JOIN receipts r USING (topic, partition, "offset")
WHERE p.kind = 'conflict' AND r.sender = %s AND r.event_id = %s AND r.appended_at = %s
"""
TAKE_LOCK: Final[LiteralString] = "SELECT pg_try_advisory_lock(%s)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which things; what is None does not narrow."""

    kind: DeadLetterKind | None = None
    reason: str | None = None
    party: str | None = None
    """A sender's number or a unit's id."""
    since: datetime | None = None
    until: datetime | None = None
    ids: tuple[str, ...] = ()
    decided_too: bool = False
    """Those replayed or dismissed as well."""

    @property
    def narrows(self) -> bool:
        """Whether it asks for less than everything."""
        return bool(self.ids) or any(
            one is not None for one in (self.kind, self.reason, self.party, self.since, self.until)
        )


def dead_letters(
    connection: SyncConnection, selection: Selection, *, limit: int | None = None
) -> list[DeadLetter]:
    """What lies in quarantine, the oldest first; ids that are named are found whatever was decided."""
    everything = selection.decided_too or bool(selection.ids)
    with connection.cursor(row_factory=class_row(DeadLetter)) as cursor:
        return cursor.execute(
            THINGS,
            {
                "kind": selection.kind,
                "reason": selection.reason,
                "party": selection.party,
                "since": selection.since,
                "until": selection.until,
                "ids": list(selection.ids) or None,
                "states": None if everything else sorted(WAITING),
                "limit": limit,
            },
        ).fetchall()


def standing(connection: SyncConnection, sender: str, event_id: str) -> list[AcceptedRecord]:
    """The accepted records of one sender and id, in the brokers' order."""
    rows = connection.execute(
        ACCEPTED,
        (sender, event_id),
    ).fetchall()
    return [AcceptedRecord(*row) for row in rows]


def is_conflict(connection: SyncConnection, dead_letter: DeadLetter) -> bool:
    """Whether the receipts show that the record's id stands for other content."""
    row = connection.execute(
        REFUSED, (dead_letter.sender, dead_letter.message_id, dead_letter.since)
    ).fetchone()
    return bool(row and row[0])


def note(
    connection: SyncConnection,
    act: AuditKind,
    dead_letter: DeadLetter,
    operator: Operator,
    **more: str | int | None,
) -> None:
    """One line of the audit trail, in the transaction at hand."""
    detail = {
        "thing": dead_letter.kind,
        "id": dead_letter.id,
        "reason": dead_letter.reason,
        "by": operator.by,
    }
    connection.execute(
        audit_trail.APPEND_BY_REFERENCE,
        {
            "kind": act,
            "task": dead_letter.task,
            "sender": dead_letter.sender,
            "message_id": dead_letter.message_id,
            "detail": Jsonb({**detail, "because": operator.because, **more}),
        },
    )


def opened(connection: SyncConnection, dead_letter: DeadLetter, operator: Operator) -> None:
    """Say that `operator` opens the thing. Committed when this returns: only then may it be opened."""
    with connection.transaction():
        note(connection, AuditKind.QUARANTINE_OPENED, dead_letter, operator)


def dismiss(connection: SyncConnection, dead_letter: DeadLetter, operator: Operator) -> None:
    """Take it out of the open list."""
    with connection.transaction():
        _decide(connection, dead_letter, DeadLetterState.DISMISSED, operator)
        note(connection, AuditKind.QUARANTINE_DISMISSED, dead_letter, operator)


def begin(connection: SyncConnection, dead_letter: DeadLetter, operator: Operator) -> None:
    """Say that its bytes are about to be written again."""
    with connection.transaction():
        _decide(connection, dead_letter, DeadLetterState.BEGUN, operator)
        note(connection, AuditKind.QUARANTINE_REPLAY_BEGUN, dead_letter, operator)


def confirm(
    connection: SyncConnection, dead_letter: DeadLetter, operator: Operator, replayed_as: str
) -> None:
    """Say where the brokers have put them."""
    with connection.transaction():
        _decide(connection, dead_letter, DeadLetterState.REPLAYED, operator, replayed_as)
        note(connection, AuditKind.QUARANTINE_REPLAYED, dead_letter, operator, replayed_as=replayed_as)


def due_again(
    connection: SyncConnection, dead_letter: DeadLetter, operator: Operator, *, deadline: datetime, anew: bool
) -> bool:
    """Put a delivery back to due; False when it no longer stands where it stood. `anew`: its mail is written again."""
    with connection.transaction():
        moved = connection.execute(
            deliveries.RETRY,
            {"id": dead_letter.id, "since": dead_letter.since, "deadline": deadline, "anew": anew},
        )
        if moved.rowcount != 1:
            return False
        _decide(connection, dead_letter, DeadLetterState.REPLAYED, operator)
        note(
            connection,
            AuditKind.QUARANTINE_REPLAYED,
            dead_letter,
            operator,
            mail="written anew" if anew else "the same",
        )
        connection.execute(deliveries.NOTIFY)
    return True


def end_as_returned(connection: SyncConnection, dead_letter: DeadLetter, operator: Operator) -> bool:
    """End the delivery as one that came back; False when it has ended otherwise meanwhile."""
    with connection.transaction():
        values: dict[str, object] = {"id": dead_letter.id, "delivery": dead_letter.delivery, "code": _NO_CODE}
        row = connection.execute(LOCK_DELIVERY, values).fetchone()
        values["now"] = row[0] if row else None
        if row is None or connection.execute(RETURNED, values).rowcount != 1:
            return False
        connection.execute(
            deliveries.BOUNCE,
            {
                "id": dead_letter.delivery,
                "now": row[0],
                "outcome": SendOutcome.REFUSED,
                "kind": AuditKind.DELIVERY_REFUSED,
                "reason": "bounce: read by a person",
            },
        )
        _decide(connection, dead_letter, DeadLetterState.REPLAYED, operator)
        note(connection, AuditKind.QUARANTINE_REPLAYED, dead_letter, operator)
    return True


def alone(connection: SyncConnection) -> bool:
    """Whether nobody else replays now; it stays so until the connection ends."""
    row = connection.execute(TAKE_LOCK, (_LOCK,)).fetchone()
    return bool(row and row[0])


def _decide(
    connection: SyncConnection,
    dead_letter: DeadLetter,
    state: DeadLetterState,
    operator: Operator,
    replayed_as: str | None = None,
) -> None:
    connection.execute(
        DECIDE,
        {
            "kind": dead_letter.kind,
            "id": dead_letter.id,
            "since": dead_letter.since,
            "state": state,
            "reason": dead_letter.reason,
            "by": operator.by,
            "because": operator.because,
            "replayed_as": replayed_as,
        },
    )
