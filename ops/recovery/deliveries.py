"""What an operator does to a delivery or an endpoint by hand. Every hand is in the audit trail."""

from typing import Final, LiteralString

from psycopg.types.json import Jsonb

from models.operator import Operator
from ops.recovery.dead_letters import Connection

_HURRY: Final[LiteralString] = """
WITH hurried AS (
    UPDATE deliveries SET due_at = clock_timestamp()
    WHERE id = %(id)s AND status = 'due' AND (lease_until IS NULL OR lease_until < clock_timestamp())
    RETURNING id, task_id
)
INSERT INTO audit (kind, task_id, detail)
SELECT 'delivery_hurried', task_id, jsonb_build_object('delivery_id', id) || %(hand)s FROM hurried
"""

_ENABLE: Final[LiteralString] = """
DELETE FROM endpoints WHERE unit_id = %(unit)s AND disabled_at IS NOT NULL RETURNING url
"""

_ENABLED: Final[LiteralString] = "INSERT INTO audit (kind, detail) VALUES ('endpoint_enabled', %(detail)s)"


def hurry(connection: Connection, delivery: str, operator: Operator) -> bool:
    """Let a delivery that is due be tried now; False where it is not due, or is being tried."""
    with connection.transaction():
        by = Jsonb({"by": operator.by, "because": operator.because})
        moved = connection.execute(_HURRY, {"id": delivery, "hand": by}).rowcount == 1
        if moved:
            connection.execute("NOTIFY deliveries")
    return moved


def enable(connection: Connection, unit: str, operator: Operator) -> int:
    """Switch a unit's endpoints on again; how many were off. What was not sent meanwhile is not sent later."""
    with connection.transaction():
        found = len(connection.execute(_ENABLE, {"unit": unit}).fetchall())
        if found:
            detail = Jsonb({"unit": unit, "by": operator.by, "because": operator.because})
            connection.execute(_ENABLED, {"detail": detail})
    return found
