"""Who is logged in to the inbox, for an operator who must end somebody's sessions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, LiteralString

from psycopg.rows import class_row

from infra.postgres import SyncConnection
from ledger.store import audit_trail
from models.audit_kind import AuditKind
from models.operator import Operator

OPEN: Final[LiteralString] = """
SELECT user_id, user_name, created_at, seen_at, ends_at FROM inbox_sessions
WHERE ends_at > now() ORDER BY seen_at DESC, user_id
"""
END: Final[LiteralString] = "DELETE FROM inbox_sessions WHERE user_id = %(user)s RETURNING user_name"
END_ALL: Final[LiteralString] = "DELETE FROM inbox_sessions RETURNING user_name"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSession:
    """One log-in that has not come to its end. It may have rested for too long, and then it serves no more."""

    user_id: str
    user_name: str
    created_at: datetime
    seen_at: datetime
    ends_at: datetime


def open_sessions(connection: SyncConnection) -> Sequence[OpenSession]:
    """The most recently used first."""
    with connection.cursor(row_factory=class_row(OpenSession)) as cursor:
        return cursor.execute(OPEN).fetchall()


def end_sessions(connection: SyncConnection, user_id: str | None, by: Operator) -> int:
    """End those of a user, None: everybody's; returns how many there were. It is noted with them."""
    with connection.transaction():
        found = connection.execute(END_ALL if user_id is None else END, {"user": user_id}).fetchall()
        detail = {"user": user_id, "sessions": len(found), "by": by.by, "because": by.because}
        connection.execute(audit_trail.APPEND, audit_trail.line(AuditKind.LOG_IN_ENDED, detail))
    return len(found)
