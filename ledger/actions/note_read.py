"""Notes in the audit trail that somebody looks at a task."""

from datetime import timedelta
from uuid import UUID

from psycopg.types.json import Jsonb

from infra.postgres import Connection
from ledger.store import audit_trail
from models.tasks.actions import Actor


async def note_read(connection: Connection, task_id: UUID, by: Actor, *, one_within: timedelta) -> None:
    """All looks of one reader at one task within `one_within` are one line. Their purpose is case work.

    `connection` is in autocommit.
    """
    await connection.execute(
        audit_trail.APPEND_READ,
        {
            "task": task_id,
            "detail": Jsonb(audit_trail.by_actor(by)),
            "one_within": one_within,
        },
    )
