"""A reader's own dates on tasks. They remind the reader alone, move no duty, and are of no case: no act, no topic.

`connection` shows the reader's own rows, and none of another's (`ledger.queries.visit`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, LiteralString
from uuid import UUID

from infra.postgres import Connection

MOST: Final = 500
"""That are read at a time: nobody looks at more."""
FOLLOW_UPS: Final[LiteralString] = """
SELECT f.task_id, t.reference, f.day FROM follow_ups f JOIN tasks t ON t.id = f.task_id
WHERE f.user_id = %(reader)s AND t.unit_id = ANY(%(units)s) AND t.status = 'open'
ORDER BY f.day, t.reference LIMIT %(most)s
"""
SET: Final[LiteralString] = """
INSERT INTO follow_ups (user_id, task_id, day)
SELECT %(reader)s, id, %(day)s FROM tasks
WHERE id = %(task)s AND unit_id = ANY(%(units)s) AND status = 'open'
ON CONFLICT (user_id, task_id) DO UPDATE SET day = excluded.day, set_at = now()
"""
DROP: Final[LiteralString] = "DELETE FROM follow_ups WHERE user_id = %(reader)s AND task_id = %(task)s"


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A date of one reader on one task."""

    task_id: UUID
    reference: str
    day: date


async def follow_ups_of(
    connection: Connection, reader: str, units: frozenset[str]
) -> Mapping[UUID, FollowUp]:
    """Those on open tasks of `units`, the earliest first. What was put on a task that is closed waits there."""
    values = {"reader": reader, "units": sorted(units), "most": MOST}
    cursor = await connection.execute(FOLLOW_UPS, values)
    return {row[0]: FollowUp(*row) for row in await cursor.fetchall()}


async def set_follow_up(
    connection: Connection, reader: str, units: frozenset[str], *, task_id: UUID, day: date
) -> bool:
    """In place of an earlier one; False where there is no such open task."""
    values = {"reader": reader, "units": sorted(units), "task": task_id, "day": day}
    return (await connection.execute(SET, values)).rowcount == 1


async def drop_follow_up(connection: Connection, reader: str, *, task_id: UUID) -> None:
    """Gone already is as good."""
    await connection.execute(DROP, {"reader": reader, "task": task_id})
