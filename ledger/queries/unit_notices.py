"""What was sent to a unit lately, by mail and by webhook, and what became of it. Reading only."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, LiteralString
from uuid import UUID

from psycopg.rows import class_row

from infra.postgres import Connection, literals
from models.notifications.delivery import Channel, DeliveryStatus, Occasion
from models.notifications.delivery_moves import TRANSITIONS, Move

LATELY: Final = timedelta(days=30)
MOST: Final = 100
_REACHED_NOBODY: Final = literals(sorted(TRANSITIONS[Move.RETRY].before))
UNIT_NOTICES: Final[LiteralString] = f"""
SELECT d.id, t.reference, d.unit_id, d.occasion, d.channel, d.recipient, d.status, d.created_at, d.ended_at, d.attempts,
       a.outcome, a.code, d.status IN ({_REACHED_NOBODY}) AND t.id IS NOT NULL AS may_go_again
FROM deliveries d
LEFT JOIN tasks t ON t.id = d.task_id AND t.unit_id = ANY(%(units)s)
LEFT JOIN attempts a ON (a.delivery_id, a.attempt) = (d.id, d.attempts)
WHERE d.unit_id = ANY(%(units)s) AND d.created_at > now() - %(lately)s::interval
  AND (NOT %(failed)s OR d.status IN ({_REACHED_NOBODY}))
ORDER BY d.created_at DESC, d.id LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True)
class UnitNotice:
    """One mail or webhook."""

    id: UUID
    reference: str | None
    """Of the task; None where it is about all tasks, or the task is another unit's by now."""
    unit_id: str
    occasion: Occasion
    channel: Channel
    recipient: str
    status: DeliveryStatus
    created_at: datetime
    ended_at: datetime | None
    attempts: int
    outcome: str | None
    """Of the last attempt, as its `code`."""
    code: int | None
    may_go_again: bool


async def unit_notices(
    connection: Connection, units: frozenset[str], *, failed: bool
) -> tuple[UnitNotice, ...]:
    """The last ones of `LATELY`, at most `MOST`; `failed`: those that reached nobody."""
    values = {"units": sorted(units), "lately": LATELY, "failed": failed, "most": MOST}
    async with connection.cursor(row_factory=class_row(UnitNotice)) as cursor:
        await cursor.execute(UNIT_NOTICES, values)
        return tuple(await cursor.fetchall())
