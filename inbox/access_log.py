"""Who came in and who was refused, as lines of the audit trail."""

from collections.abc import Collection
from typing import Final

from psycopg.types.json import Jsonb

from inbox.identity import Identity
from infra.postgres import Connection
from ledger.store import audit_trail
from models.audit_kind import AuditKind
from models.tasks.actions import Actor, Via

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
