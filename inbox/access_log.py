"""Who came in, who was refused and who looked at a task, as lines of the audit trail."""

from collections.abc import Collection
from datetime import timedelta
from typing import Final
from uuid import UUID

from psycopg.types.json import Jsonb

from inbox.identity import Identity
from infra.postgres import Connection
from ledger.store import audit_trail
from models.audit_kind import AuditKind
from models.tasks.actions import Actor, Via

_ONE_LOOK: Final = timedelta(minutes=15)
_MOST_REFUSED: Final = 60
"""In a minute. Anybody can have a log-in refused; the trail must not fill up with it."""
_LONGEST_LEVEL: Final = 200


async def note_log_in(
    connection: Connection, who: Identity, *, level: object, units: Collection[str]
) -> None:
    """`level`: what the provider says of how the person was known (OpenID's ``acr``)."""
    said = level[:_LONGEST_LEVEL] if isinstance(level, str) else None
    await connection.execute(
        audit_trail.APPEND,
        audit_trail.line(
            AuditKind.LOG_IN_DONE,
            {
                "by_id": who.subject,
                "by_name": who.name,
                "via": Via.PAGE.value,
                "level": said,
                "units": sorted(units),
            },
        ),
    )


async def note_log_in_refused(connection: Connection, why: str) -> None:
    """`why`: a sentence of ours. Nobody is known by then, so nobody is named."""
    await connection.execute(
        audit_trail.APPEND_FEW,
        {"kind": AuditKind.LOG_IN_REFUSED, "detail": Jsonb({"why": why}), "most": _MOST_REFUSED},
    )


async def note_log_out(connection: Connection, by: Actor) -> None:
    """The person has ended it. A session whose time is over has no line: its log-in tells when that was."""
    await connection.execute(
        audit_trail.APPEND, audit_trail.line(AuditKind.LOG_IN_ENDED, {"by_id": by.id, "by_name": by.name})
    )


async def note_read(connection: Connection, task_id: UUID, by: Actor) -> None:
    """Somebody looks at a task's page. Case work on an open task is the purpose of every such look."""
    await connection.execute(
        audit_trail.APPEND_READ,
        {
            "task": task_id,
            "detail": Jsonb({"by_id": by.id, "by_name": by.name, "via": by.via.value}),
            "one_within": _ONE_LOOK,
        },
    )
