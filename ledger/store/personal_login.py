"""Who is logged in to the database as PostgreSQL has proved it: the name under which people's commands act."""

from dataclasses import dataclass
from typing import Final, LiteralString

from infra.postgres import SyncConnection

WHO: Final[LiteralString] = "SELECT personal_login(), session_user::text, shared_logins_allowed()"


@dataclass(frozen=True, slots=True)
class DatabaseLogin:
    """One connection's log-in."""

    person: str | None
    """None: the log-in is shared by several, or nothing proves who it is."""
    role: str
    shared_allowed: bool
    """Whether this database lets people name themselves, as a trial on one machine does."""


def who_is_logged_in(connection: SyncConnection) -> DatabaseLogin:
    """Asked of the database, which writes the same into the trail whatever a client says."""
    rows = connection.execute(WHO).fetchall()
    return DatabaseLogin(*rows[0])
