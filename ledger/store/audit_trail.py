"""The one module that appends to the audit trail. A line is written in the transaction of what it tells.

Fragments are for statements that change something and note it in one: what they read is named there.
"""

from collections.abc import Mapping
from typing import Final, LiteralString
from uuid import UUID

from psycopg.types.json import Jsonb

from models.audit_kind import AuditKind
from models.tasks.actions import Actor

APPEND: Final[LiteralString] = """
INSERT INTO audit (kind, task_id, sender, message_id, detail)
VALUES (%(kind)s, %(task_id)s, %(sender)s, %(message_id)s, %(detail)s)
"""
APPEND_ALL: Final[LiteralString] = """
INSERT INTO audit (kind, task_id, sender, message_id, detail)
SELECT kind, task_id, sender, message_id, detail::jsonb
FROM json_to_recordset(%s) AS t (kind text, task_id uuid, sender text, message_id text, detail text)
"""
"""The lines of a batch, in their order: an `AuditRow` each."""
APPEND_RETURNING: Final[LiteralString] = """
INSERT INTO audit (kind, detail) VALUES (%(kind)s, %(detail)s) RETURNING id
"""
APPEND_BY_REFERENCE: Final[LiteralString] = """
INSERT INTO audit (kind, task_id, sender, message_id, detail)
VALUES (%(kind)s, (SELECT id FROM tasks WHERE reference = %(task)s), %(sender)s, %(message_id)s, %(detail)s)
"""
APPEND_WHERE_IN_FORCE: Final[LiteralString] = """
INSERT INTO audit (kind, task_id, detail)
SELECT %(kind)s, id, %(detail)s FROM tasks
WHERE id = %(task)s AND unit_id = ANY(%(units)s) AND status <> 'withdrawn'
RETURNING id
"""
APPEND_READ: Final[LiteralString] = f"""
INSERT INTO audit (kind, task_id, detail)
SELECT '{AuditKind.LOOKED_AT}', %(task)s, %(detail)s::jsonb WHERE NOT EXISTS (
    SELECT FROM audit a
    WHERE a.task_id = %(task)s AND a.kind = '{AuditKind.LOOKED_AT}' AND a.at > now() - %(one_within)s::interval
      AND a.detail = %(detail)s::jsonb)
"""
"""Once for all looks of one person within a time; two at the same moment may leave two lines."""
APPEND_FEW: Final[LiteralString] = """
INSERT INTO audit (kind, detail)
SELECT %(kind)s, %(detail)s WHERE %(most)s > (
    SELECT count(*) FROM audit a WHERE a.kind = %(kind)s AND a.at > now() - interval '1 minute')
"""
"""Of what somebody who is not logged in can bring about: at most so many in a minute."""
APPEND_TO_PERSONS_TASKS: Final[LiteralString] = """
INSERT INTO audit (kind, task_id, detail)
SELECT %(kind)s, t.id, %(detail)s::jsonb || CASE WHEN t.id IS NULL
    THEN jsonb_build_object('person_id', %(person)s::text) ELSE '{}' END
FROM (SELECT) once LEFT JOIN tasks t ON t.person_id = ANY(%(people)s) AND t.unit_id = ANY(%(units)s)
RETURNING id, task_id
"""
"""At each task of the units; where there is none, one line with the pseudonym, which the unit may not read back."""

DELIVERY_ENDED: Final[LiteralString] = """
INSERT INTO audit (kind, task_id, detail)
SELECT %(kind)s, task_id,
       jsonb_build_object('delivery_id', id, 'occasion', occasion, 'attempts', attempts, 'reason', %(reason)s::text)
FROM ended WHERE %(kind)s::text IS NOT NULL
"""
"""A fragment, of `ended` (id, task_id, occasion, attempts)."""
DELIVERIES_RECORDED: Final[LiteralString] = """
INSERT INTO audit (kind, task_id, detail)
SELECT kind, task_id,
       jsonb_build_object('delivery_id', id, 'occasion', occasion, 'attempts', attempts, 'reason', reason)
FROM ended WHERE kind IS NOT NULL
"""
"""A fragment, of many `ended` (id, task_id, occasion, attempts, reason, kind)."""
DELIVERY_HURRIED: Final[LiteralString] = """
INSERT INTO audit (kind, task_id, detail)
SELECT %(kind)s, task_id, jsonb_build_object('delivery_id', id) || %(detail)s FROM hurried
"""
"""A fragment, of `hurried` (id, task_id)."""
DELIVERY_SENT_AGAIN: Final[LiteralString] = """
INSERT INTO audit (kind, task_id, detail)
SELECT %(kind)s, task_id, jsonb_build_object('delivery_id', id, 'occasion', occasion) || %(detail)s FROM again
"""
"""A fragment, of `again` (id, task_id, occasion)."""
DELIVERY_REBUILT: Final[LiteralString] = """
INSERT INTO audit (kind, task_id, detail)
SELECT %(kind)s, task_id, jsonb_build_object('delivery_id', id, 'occasion', occasion) FROM made
"""
"""A fragment, of `made` (id, task_id, occasion)."""
DELIVERY_DROPPED: Final[LiteralString] = """
INSERT INTO audit (kind, task_id, detail)
SELECT %(kind)s, task_id, jsonb_build_object('delivery_id', id, 'occasion', occasion, 'reason', 'not_in_rebuild')
FROM dropped
"""
"""A fragment, of `dropped` (id, task_id, occasion)."""
LEASE_LOST: Final[LiteralString] = """
INSERT INTO audit (kind, task_id, detail)
SELECT %(kind)s, task_id,
       jsonb_build_object('delivery_id', id, 'occasion', occasion, 'outcome', %(outcome)s::text,
                          'reason', %(reason)s::text)
FROM deliveries WHERE id = %(id)s
"""
ENDPOINT_DISABLED: Final[LiteralString] = """
INSERT INTO audit (kind, task_id, detail)
SELECT %(kind)s, task_id, jsonb_build_object('unit', unit_id, 'reason', %(reason)s::text)
FROM deliveries WHERE id = %(id)s
"""


def by_actor(by: Actor) -> dict[str, str]:
    """What a line's detail says of a person or program that did something."""
    return {"by_id": by.id, "by_name": by.name, "via": by.via.value}


def line(
    kind: AuditKind,
    detail: Mapping[str, object],
    *,
    task_id: UUID | None = None,
    sender: str | None = None,
    message_id: str | None = None,
) -> dict[str, object]:
    """The values of `APPEND`."""
    return {
        "kind": kind,
        "task_id": task_id,
        "sender": sender,
        "message_id": message_id,
        "detail": Jsonb(dict(detail)),
    }
