"""How the country stands with its duties, for those who watch the service: counts and ages, nobody's name.

Read every half minute: nothing here may cost more the longer the service has lived.
"""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final, LiteralString

from psycopg.rows import kwargs_row

from infra.postgres import Connection
from ledger.queries.undecided import undecided_count
from models.calendar import copenhagen_date, is_working_day
from models.events import probe_identity

_CONTACT_DAYS: Final = 30
"""First contacts of the last days are looked at."""


class DutyState(StrEnum):
    """How far a unit has come with an open task; each is in one of them."""

    WAITING = "waiting"
    """Nobody has reached the person, and the date has not passed."""
    OVERDUE = "overdue"
    """Nobody has reached the person, and the date has passed."""
    REACHED = "reached"
    """The person was reached, and a decision is to be made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitDuties:
    """The open tasks of one unit in one state."""

    unit_id: str
    state: DutyState
    tasks: int
    next_react_by: date
    """The earliest date of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyFigures:
    """All of it at one moment."""

    duties: Sequence[UnitDuties]
    undecided: int
    """Messages past the date on which people must look."""
    contact_days: Sequence[int]
    """Working days from the first message until the person was first reached, of the last 30 days, ascending."""
    outbox_since: datetime | None
    """Since when the oldest record waits that is to go to Kafka; None: none does."""
    at: datetime
    """The database's clock."""


OPEN: Final[LiteralString] = """
SELECT unit_id, count(*)::int AS tasks, min(react_by) AS next_react_by,
       CASE WHEN reached_at IS NOT NULL THEN 'reached' WHEN react_by < %(today)s THEN 'overdue' ELSE 'waiting' END
           AS state
FROM tasks WHERE status = 'open' AND unit_id <> %(canary)s GROUP BY 1, 4 ORDER BY 1, 4
"""
"""Without the canary's: its tasks are nobody's duty."""
CONTACTS: Final[LiteralString] = """
SELECT (appended_at AT TIME ZONE 'Europe/Copenhagen')::date, (reached_at AT TIME ZONE 'Europe/Copenhagen')::date,
       count(*)
FROM tasks WHERE reached_at >= %(since)s GROUP BY 1, 2
"""
OUTBOX: Final[LiteralString] = "SELECT now(), (SELECT min(due_at) FROM outbox WHERE sent_at IS NULL)"


async def duty_figures(connection: Connection, days_off: Container[date]) -> DutyFigures:
    """Everything, at the moment of one transaction."""
    async with connection.transaction():
        cursor = await connection.execute(OUTBOX)
        ((at, outbox_since),) = await cursor.fetchall()
        today = copenhagen_date(at)
        async with connection.cursor(row_factory=kwargs_row(_duties)) as rows:
            await rows.execute(OPEN, {"today": today, "canary": probe_identity.UNIT})
            duties = await rows.fetchall()
        cursor = await connection.execute(CONTACTS, {"since": at - timedelta(days=_CONTACT_DAYS)})
        contacts = await cursor.fetchall()
        undecided = await undecided_count(connection, today=today)
    days = sorted(
        days
        for arrived, reached, tasks in contacts
        for days in [working_days(arrived, reached, days_off)] * tasks
    )
    return DutyFigures(
        duties=duties, undecided=undecided, contact_days=days, outbox_since=outbox_since, at=at
    )


def working_days(arrived: date, reached: date, days_off: Container[date]) -> int:
    """Working days after `arrived` until `reached`, as a target in working days counts them."""
    return sum(
        is_working_day(arrived + timedelta(days=day), days_off)
        for day in range(1, (reached - arrived).days + 1)
    )


def _duties(**row: object) -> UnitDuties:
    columns: Mapping[str, object] = row | {"state": DutyState(str(row["state"]))}
    return UnitDuties(**columns)  # type: ignore[arg-type]  # the columns are its fields
