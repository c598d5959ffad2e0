"""Who has looked at a person, as the audit trail has it; that this was read is noted in it first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, LiteralString

from psycopg.rows import class_row

from infra.postgres import SyncConnection
from ledger.queries.numbers import NUMBERS
from ledger.store import audit_trail
from models.audit_kind import AuditKind
from models.operator import Operator

KINDS: Final = (
    AuditKind.FOUND_BY_CPR,
    AuditKind.LOOKED_AT,
    AuditKind.OPENED,
    AuditKind.INSIGHT_EXPORTED,
    AuditKind.CASE_EXPORTED,
)
"""What counts as a look at a person."""
LOOKS: Final[LiteralString] = """
SELECT a.at, a.kind, a.detail ->> 'purpose' AS purpose, a.detail ->> 'via' AS via, t.reference,
       coalesce(t.unit_id, a.detail -> 'units' ->> 0) AS unit_id
FROM audit a LEFT JOIN tasks t ON t.id = a.task_id
WHERE a.kind = ANY(%(kinds)s) AND (t.person_id = ANY(%(people)s) OR a.detail ->> 'person_id' = ANY(%(people)s))
ORDER BY a.at, a.id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonLook:
    """One time that somebody looked. It names no employee: see docs/decisions/0053."""

    at: datetime
    kind: str
    purpose: str | None
    """As `models.events.sensitive_fields.OpenPurpose`; None: reading a task is case work."""
    via: str | None
    reference: str | None
    """Of the task; None where a search found none."""
    unit_id: str | None
    """The task's unit, or of a search without a task the first of the searcher's."""


def looks_at(connection: SyncConnection, person_id: str, by: Operator) -> Sequence[PersonLook]:
    """All looks at the person, under whichever of the person's numbers, the earliest first; this one is the last.

    `connection` is in autocommit: that somebody asked stands before anything is handed over.
    """
    people = [row[0] for row in connection.execute(NUMBERS, (person_id,))]
    connection.execute(
        audit_trail.APPEND,
        audit_trail.line(
            AuditKind.INSIGHT_EXPORTED,
            {"by": by.by, "because": by.because, "person_id": person_id, "via": "command"},
        ),
    )
    with connection.cursor(row_factory=class_row(PersonLook)) as cursor:
        cursor.execute(LOOKS, {"kinds": list(KINDS), "people": people})
        return cursor.fetchall()
