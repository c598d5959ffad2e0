"""Who may do what in the database: roles, their rights, and what PostgreSQL logs of their statements.

The processes' rights stand in `process_rights`, those of people's commands in `command_rights`.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from config.database_roles import DatabaseRole
from ledger.schema.command_rights import INSIGHT, OPERATOR, REBUILD, RETENTION
from ledger.schema.process_rights import ACT, AUDIT, CANARY, INBOX, LEDGER, NOTIFY, TRAIL
from ledger.schema.table_right import WHOLE, TableRight

RIGHTS: Final[Mapping[DatabaseRole, tuple[TableRight, ...]]] = {
    DatabaseRole.LEDGER: LEDGER,
    DatabaseRole.NOTIFY: NOTIFY,
    DatabaseRole.INBOX: INBOX,
    DatabaseRole.ACT: ACT,
    DatabaseRole.AUDIT: AUDIT,
    DatabaseRole.CANARY: CANARY,
    DatabaseRole.TRAIL: TRAIL,
    DatabaseRole.OPERATOR: OPERATOR,
    DatabaseRole.INSIGHT: INSIGHT,
    DatabaseRole.RETENTION: RETENTION,
    DatabaseRole.REBUILD: REBUILD,
}
SILENT: Final[Mapping[str, str]] = {
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_error_verbosity": "terse",
    "log_min_messages": "log",
}
"""What PostgreSQL's own log must not hold: a statement, its parameters, the row in an error's detail, and (the last)
the value that an error's own words repeat, such as `invalid input syntax for type uuid: "…"`. The process logs the
error's code itself. LOG stands above ERROR there, so lock waits and the like are still logged."""


class Privilege(NamedTuple):
    """One right as PostgreSQL keeps it."""

    role: str
    table: str
    name: str
    """SELECT, INSERT, UPDATE, DELETE, MAINTAIN; found may be others."""
    column: str = ""
    """Empty: the whole table."""


def privileges(role: DatabaseRole) -> frozenset[Privilege]:
    """The rights of `role`, one by one."""
    return frozenset(each for right in RIGHTS[role] for each in _of(role, right))


def every_privilege() -> frozenset[Privilege]:
    """Of all roles."""
    return frozenset(each for role in RIGHTS for each in privileges(role))


def _of(role: str, right: TableRight) -> list[Privilege]:
    flags = (("INSERT", right.add), ("DELETE", right.remove), ("MAINTAIN", right.lock))
    columns = (("SELECT", right.read), ("UPDATE", right.change))
    return [Privilege(role, right.table, name) for name, held in flags if held] + [
        Privilege(role, right.table, name, "" if held == WHOLE else column)
        for name, held in columns
        for column in held
    ]
