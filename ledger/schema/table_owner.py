"""What is said of a table and of whoever writes it; `ledger.schema.owners` says it of all."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class TableOwner:
    """One table."""

    table: str
    holds: str
    """A line of the page."""
    written_by: str
    """The processes and commands that run the module's statements, for the page."""
    module: str
    others: Mapping[str, str] = field(default_factory=dict)
    """Further modules with a statement that writes it, and why each does."""


FORGET: Final = "ledger/store/erasures.py"
FORGOTTEN: Final = {FORGET: "Of an erased person, in one transaction for all tables."}
RETENTION: Final = "ops/retention/rows.py"
TIMED: Final = {RETENTION: "`retention run`, when its time is over."}
"""Further modules of tables that forget."""
