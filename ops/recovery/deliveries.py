"""What an operator does to a delivery or an endpoint by hand. Every hand is in the audit trail."""

from typing import Final, LiteralString

from psycopg.types.json import Jsonb

from infra.postgres import SyncConnection
from ledger.store import audit_trail, deliveries
from models.audit_kind import AuditKind
from models.operator import Operator

ENABLE: Final[LiteralString] = """
DELETE FROM endpoints WHERE unit_id = %(unit)s AND disabled_at IS NOT NULL RETURNING url
"""


def hurry(connection: SyncConnection, delivery: str, operator: Operator) -> bool:
    """Let a delivery that is due be tried now; False where it is not due, or is being tried."""
    with connection.transaction():
        by = Jsonb({"by": operator.by, "because": operator.because})
        values = {"id": delivery, "kind": AuditKind.DELIVERY_HURRIED, "detail": by}
        moved = connection.execute(deliveries.HURRY, values).rowcount == 1
        if moved:
            connection.execute(deliveries.NOTIFY)
    return moved


def enable(connection: SyncConnection, unit: str, operator: Operator) -> int:
    """Switch a unit's endpoints on again; how many were off. What was not sent meanwhile is not sent later."""
    with connection.transaction():
        found = len(connection.execute(ENABLE, {"unit": unit}).fetchall())
        if found:
            detail = {"unit": unit, "by": operator.by, "because": operator.because}
            connection.execute(audit_trail.APPEND, audit_trail.line(AuditKind.ENDPOINT_ENABLED, detail))
    return found
