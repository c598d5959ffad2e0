"""What people have put aside of the audit's exceptions, as `ops.recovery.dismissals` has written it.

In PostgreSQL, not in the auditor's notes: those may be thrown away at any time. Reading only.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, LiteralString

from psycopg.rows import class_row

from infra.postgres import SyncConnection
from models.events.event_types import TYPE_PREFIX
from models.events.exception_case import Case, Gap, Twice, WrongTotal, parse

ALL: Final[LiteralString] = (
    'SELECT "case", dismissed_by, because, dismissed_at FROM dismissed ORDER BY dismissed_at, "case"'
)
FIRST_OF_GAP: Final[LiteralString] = """
SELECT min(sequence) FROM receipts WHERE sender = %s AND sequence BETWEEN %s AND %s
"""
OF_NUMBER: Final[LiteralString] = """
SELECT count(DISTINCT event_id) FROM receipts WHERE sender = %s AND sequence = %s
"""
OF_DAY: Final[LiteralString] = """
SELECT count(DISTINCT event_id) FROM receipts WHERE sender = %s AND registered_on = %s AND type = %s
"""


@dataclass(frozen=True, slots=True)
class Dismissed:
    """One case, who has put it aside, and why."""

    case: str
    dismissed_by: str
    because: str
    dismissed_at: datetime


def everything(connection: SyncConnection) -> list[Dismissed]:
    """All of them, the oldest first."""
    with connection.cursor(row_factory=class_row(Dismissed)) as cursor:
        return cursor.execute(ALL).fetchall()


def cases(connection: SyncConnection) -> list[Case]:
    """All of them, as the audit compares them."""
    return [parse(one.case) for one in everything(connection)]


def objection(connection: SyncConnection, case: Case) -> str | None:
    """Why the ledger says that there is no such case; None where it does not contradict it."""
    match case:
        case Gap():
            rows = connection.execute(
                FIRST_OF_GAP,
                (case.sender, case.first, case.last),
            ).fetchall()
            return None if rows[0][0] is None else f"number {rows[0][0]} has come"
        case Twice():
            rows = connection.execute(
                OF_NUMBER,
                (case.sender, case.number),
            ).fetchall()
            return None if rows[0][0] > 1 else "no two events with that number have come"
        case WrongTotal():
            rows = connection.execute(
                OF_DAY,
                (case.sender, case.day, TYPE_PREFIX + case.kind),
            ).fetchall()
            return None if rows[0][0] == case.came else f"{rows[0][0]} have come"
