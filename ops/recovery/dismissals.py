"""Puts exceptions of the audit aside that only a sender could mend: who and why, in the audit trail too."""

from collections.abc import Sequence
from typing import Final, LiteralString

from infra.postgres import SyncConnection
from ledger.store import audit_trail
from models.audit_kind import AuditKind
from models.events.exception_case import Case
from models.operator import Operator

ADD: Final[LiteralString] = """
INSERT INTO dismissed ("case", dismissed_by, because) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING
"""


def dismiss(connection: SyncConnection, chosen: Sequence[Case], operator: Operator) -> int:
    """Put them aside; returns how many were not so before. Each new one stands in the audit trail."""
    added = 0
    with connection.transaction():
        for case in chosen:
            if connection.execute(ADD, (str(case), operator.by, operator.because)).rowcount:
                added += 1
                detail = {"case": str(case), "by": operator.by, "because": operator.because}
                line = audit_trail.line(AuditKind.EXCEPTION_DISMISSED, detail, sender=case.sender)
                connection.execute(audit_trail.APPEND, line)
    return added
