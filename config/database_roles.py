"""The users of the database: what each is called, and who comes as it. What each may do: `ledger.schema.rights`.

The names are fixed: roles belong to a whole PostgreSQL server, so two services need two servers.
"""

from enum import StrEnum
from typing import Final


class DatabaseRole(StrEnum):
    """A log-in role for each process, and for commands by what they write."""

    LEDGER = "frafaldsvarsel_ledger"
    NOTIFY = "frafaldsvarsel_notify"
    INBOX = "frafaldsvarsel_inbox"
    """Pages and interface are one process."""
    ACT = "frafaldsvarsel_act"
    """What the inbox becomes within an act; nobody logs in as it."""
    AUDIT = "frafaldsvarsel_audit"
    """Reads only; `redecide` and `erase verify` too."""
    CANARY = "frafaldsvarsel_canary"
    TRAIL = "frafaldsvarsel_trail"
    """The keeper of the audit trail."""
    OPERATOR = "frafaldsvarsel_operator"
    """The commands of people: lists, `status`, `doctor`, `quarantine`, `deliveries`, `dismiss`, `ledger skip`."""
    INSIGHT = "frafaldsvarsel_insight"
    """`insight export`: which looks are a person's."""
    RETENTION = "frafaldsvarsel_retention"
    """`retention plan`, `accept` and `run`: the one role that may take rows away when their time is over."""
    REBUILD = "frafaldsvarsel_rebuild"
    """`rebuild ledger`, which may replace everything that follows from Kafka; `keys shred`."""


OWNER: Final = "frafaldsvarsel_owner"
"""Owns schema and tables. Nobody can log in as it."""
MIGRATE: Final = "frafaldsvarsel_migrate"
"""`migrate`: may become the owner, and has no right of its own."""
NO_LOG_IN: Final = (OWNER, DatabaseRole.ACT)
BECOMES: Final = {MIGRATE: OWNER, DatabaseRole.INBOX: DatabaseRole.ACT}
"""Who may become whom (`SET ROLE`), without having its rights before."""
EVERY_ROLE: Final = (OWNER, MIGRATE, *DatabaseRole)
