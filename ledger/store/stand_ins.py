"""Who stands in for whom at a unit, and whom the unit's readers can name. Beside the tasks: no act, and on no topic.

`connection` shows the rows of the reader's units (`ledger.queries.visit`).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Final, LiteralString

from psycopg.rows import class_row

from infra.postgres import Connection
from ledger.store import audit_trail
from models.audit_kind import AuditKind
from models.tasks.actions import Actor
from models.tasks.stand_in import StandIn

NOTE_COLLEAGUE: Final[LiteralString] = """
INSERT INTO colleagues (user_id, unit_id, user_name, seen_on)
SELECT %(reader)s, u, %(name)s, %(today)s FROM unnest(%(units)s::text[]) u
ON CONFLICT (unit_id, user_id) DO UPDATE SET user_name = excluded.user_name, seen_on = excluded.seen_on
"""
COLLEAGUES: Final[LiteralString] = """
SELECT user_id, unit_id, user_name FROM colleagues
WHERE unit_id = ANY(%(units)s) AND seen_on > %(today)s::date - 400 ORDER BY user_name, user_id, unit_id
"""
_COLUMNS: Final[LiteralString] = (
    "id, unit_id, user_id, user_name, stand_in_id, stand_in_name, first_day, last_day, set_at"
)
STAND_INS: Final[LiteralString] = f"""
SELECT {_COLUMNS} FROM stand_ins WHERE unit_id = ANY(%(units)s) AND ended_at IS NULL AND last_day >= %(today)s
ORDER BY first_day, user_name, id
"""
SET: Final[LiteralString] = """
INSERT INTO stand_ins (id, unit_id, user_id, user_name, stand_in_id, stand_in_name, first_day, last_day)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
"""
END: Final[LiteralString] = """
UPDATE stand_ins SET ended_at = now() WHERE id = %s AND unit_id = ANY(%s) AND ended_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who has logged in for a unit."""

    user_id: str
    unit_id: str
    user_name: str


async def note_colleague(
    connection: Connection, *, reader: str, name: str, units: Collection[str], today: date
) -> None:
    """At a log-in."""
    values = {"reader": reader, "name": name, "units": sorted(units), "today": today}
    await connection.execute(NOTE_COLLEAGUE, values)


async def colleagues(connection: Connection, units: frozenset[str], *, today: date) -> tuple[Colleague, ...]:
    """By name; who has not been here for more than a year is not among them."""
    cursor = await connection.execute(COLLEAGUES, {"units": sorted(units), "today": today})
    return tuple(Colleague(*row) for row in await cursor.fetchall())


async def stand_ins(connection: Connection, units: frozenset[str], *, today: date) -> tuple[StandIn, ...]:
    """Those that stand, and those to come."""
    async with connection.cursor(row_factory=class_row(StandIn)) as cursor:
        await cursor.execute(STAND_INS, {"units": sorted(units), "today": today})
        return tuple(await cursor.fetchall())


async def set_stand_in(connection: Connection, one: StandIn, by: Actor) -> bool:
    """With its line in the audit trail. False: its id was used before, and nothing was done."""
    values = (
        one.id, one.unit_id, one.user_id, one.user_name, one.stand_in_id, one.stand_in_name, one.first_day,
        one.last_day,
    )  # fmt: skip
    async with connection.transaction():
        done = (await connection.execute(SET, values)).rowcount == 1
        if done:
            await _note(connection, AuditKind.STAND_IN_SET, one, by)
    return done


async def end_stand_in(connection: Connection, one: StandIn, by: Actor) -> None:
    """Before its last day; ended already is as good."""
    async with connection.transaction():
        if (await connection.execute(END, (one.id, [one.unit_id]))).rowcount == 1:
            await _note(connection, AuditKind.STAND_IN_ENDED, one, by)


async def _note(connection: Connection, kind: AuditKind, one: StandIn, by: Actor) -> None:
    detail = {
        **audit_trail.by_actor(by),
        "units": [one.unit_id],
        "away_id": one.user_id,
        "away_name": one.user_name,
        "stand_in_id": one.stand_in_id,
        "stand_in_name": one.stand_in_name,
        "first_day": one.first_day.isoformat(),
        "last_day": one.last_day.isoformat(),
    }
    await connection.execute(audit_trail.APPEND, audit_trail.line(kind, detail))
