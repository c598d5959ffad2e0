"""What people have put aside of the audit's exceptions: written with who and why, into the audit trail too.

In PostgreSQL, not in the auditor's notes: those may be thrown away at any time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, LiteralString

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from models.events.event_types import TYPE_PREFIX
from models.events.exception_case import Case, Gap, Twice, WrongTotal, parse
from models.operator import Operator

Connection = psycopg.Connection[tuple[Any, ...]]
ACT: Final = "exception_dismissed"
_ADD: Final[LiteralString] = """
INSERT INTO dismissed ("case", dismissed_by, because) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING
"""
_ALL: Final[LiteralString] = (
    'SELECT "case", dismissed_by, because, dismissed_at FROM dismissed ORDER BY dismissed_at, "case"'
)


@dataclass(frozen=True, slots=True)
class Dismissed:
    """One case, who has put it aside, and why."""

    case: str
    dismissed_by: str
    because: str
    dismissed_at: datetime


def everything(connection: Connection) -> list[Dismissed]:
    """All of them, the oldest first."""
    with connection.cursor(row_factory=class_row(Dismissed)) as cursor:
        return cursor.execute(_ALL).fetchall()


def cases(connection: Connection) -> list[Case]:
    """All of them, as the audit compares them."""
    return [parse(one.case) for one in everything(connection)]


def objection(connection: Connection, case: Case) -> str | None:
    """Why the ledger says that there is no such case; None where they do not contradict it."""
    match case:
        case Gap():
            rows = connection.execute(
                "SELECT min(sequence) FROM receipts WHERE sender = %s AND sequence BETWEEN %s AND %s",
                (case.sender, case.first, case.last),
            ).fetchall()
            return None if rows[0][0] is None else f"number {rows[0][0]} has come"
        case Twice():
            rows = connection.execute(
                "SELECT count(DISTINCT event_id) FROM receipts WHERE sender = %s AND sequence = %s",
                (case.sender, case.number),
            ).fetchall()
            return None if rows[0][0] > 1 else "no two events with that number have come"
        case WrongTotal():
            rows = connection.execute(
                "SELECT count(DISTINCT event_id) FROM receipts "
                "WHERE sender = %s AND registered_on = %s AND type = %s",
                (case.sender, case.day, TYPE_PREFIX + case.kind),
            ).fetchall()
            return None if rows[0][0] == case.came else f"{rows[0][0]} have come"


def dismiss(connection: Connection, chosen: Sequence[Case], operator: Operator) -> int:
    """Put them aside; returns how many were not so before. Each new one stands in the audit trail."""
    added = 0
    with connection.transaction():
        for case in chosen:
            if connection.execute(_ADD, (str(case), operator.by, operator.because)).rowcount:
                added += 1
                detail = {"case": str(case), "by": operator.by, "because": operator.because}
                connection.execute(
                    "INSERT INTO audit (kind, sender, detail) VALUES (%s, %s, %s)",
                    (ACT, case.sender, Jsonb(detail)),
                )
    return added
