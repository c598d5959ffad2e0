"""Who comes to PostgreSQL as whom, and what the roles may do there. The catalogue is everybody's to read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, LiteralString

from config.database_roles import OWNER, DatabaseRole
from ledger.schema.apply_policies import policy_differences, read_policies
from ledger.schema.found_rights import AskCatalogue, RightsDifference, differences, read_rights

ROLE_OF: Final[Mapping[str, DatabaseRole]] = {
    "frafaldsvarsel-ledger": DatabaseRole.LEDGER,
    "frafaldsvarsel-outbox": DatabaseRole.LEDGER,
    "frafaldsvarsel-steps": DatabaseRole.LEDGER,
    "frafaldsvarsel-notify": DatabaseRole.NOTIFY,
    "frafaldsvarsel-inbox": DatabaseRole.INBOX,
    "frafaldsvarsel-audit": DatabaseRole.AUDIT,
    "frafaldsvarsel-canary": DatabaseRole.CANARY,
    "frafaldsvarsel-trail": DatabaseRole.TRAIL,
}
"""As the processes call their connections."""
WHO_I_AM: Final[LiteralString] = """
SELECT r.rolname, r.rolsuper, o.oid IS NOT NULL AND pg_has_role(r.oid, o.oid, 'MEMBER') FROM pg_roles r
LEFT JOIN pg_roles o ON o.rolname = %s WHERE r.rolname = current_user
"""
CONNECTED: Final[LiteralString] = """
SELECT DISTINCT application_name, usename FROM pg_stat_activity
WHERE datname = current_database() AND application_name = ANY(%s) ORDER BY 1, 2
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseRights:
    """What was seen."""

    user: str
    """Ours."""
    is_superuser: bool
    may_own: bool
    """Whether our user is the tables' owner, or may become it."""
    strangers: Sequence[tuple[str, str]]
    """Connections of processes that come as another user than their role: the connection's name, and the user."""
    differences: Sequence[RightsDifference]


def read_database_rights(ask: AskCatalogue) -> DatabaseRights:
    """Everything about it."""
    ((user, superuser, may_own),) = ask(WHO_I_AM, (OWNER,))
    return DatabaseRights(
        user=user,
        is_superuser=superuser,
        may_own=may_own,
        strangers=[
            (name, who)
            for name, who in ask(CONNECTED, ([*ROLE_OF],))
            if who is not None and who != ROLE_OF[name]
        ],
        differences=[*differences(read_rights(ask)), *policy_differences(read_policies(ask))],
    )
