"""The acts as the table holds them: added, and read again at the place where they were done. Decides nothing."""

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from typing import Any, Final, LiteralString
from uuid import UUID

from psycopg.rows import dict_row
from psycopg.types.json import Jsonb
from pydantic import TypeAdapter

from infra.postgres import Connection
from models.tasks.actions import Action, Actor, RecordedAction

_deeds: Final[TypeAdapter[Action]] = TypeAdapter(Action)
READ: Final[LiteralString] = """
SELECT id, task_id, number, kind, detail, by_id, by_name, via, at, person_id, partition, after_offset, serial, successor
FROM acts
"""
ADD: Final = """
INSERT INTO acts (id, task_id, number, kind, detail, by_id, by_name, via, at, person_id, partition, after_offset,
                  successor)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (id) DO NOTHING
"""
BY_ID: Final[LiteralString] = "WHERE id = %s"
ATTEMPTS: Final[LiteralString] = "WHERE task_id = %s AND kind = 'attempt' ORDER BY number"
PEOPLE_OF: Final[LiteralString] = "SELECT DISTINCT person_id FROM tasks WHERE id = ANY(%s)"
COUNT: Final[LiteralString] = "SELECT count(*) FROM acts"
BETWEEN: Final[LiteralString] = """
WHERE partition = %s AND after_offset > %s AND after_offset <= %s ORDER BY after_offset, serial
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRow:
    """An act and where it stands."""

    act: RecordedAction
    number: int
    """1, 2, … of its task."""
    person_id: str
    partition: int
    """Of the person's decisions."""
    after_offset: int
    """The first decision that was not projected yet when this was done."""
    successor: UUID | None = None
    serial: int = 0
    """Given by the table."""


async def add(connection: Connection, row: ActionRow) -> bool:
    """Add one; False where an act of that id is there already."""
    act = row.act
    cursor = await connection.execute(
        ADD,
        (
            act.id,
            act.task_id,
            row.number,
            act.deed.kind,
            Jsonb(act.deed.model_dump(mode="json", exclude={"kind"}, exclude_none=True)),
            act.by.id,
            act.by.name,
            act.by.via,
            act.at,
            row.person_id,
            row.partition,
            row.after_offset,
            row.successor,
        ),
    )
    return cursor.rowcount == 1


async def find(connection: Connection, act_id: UUID) -> ActionRow | None:
    """The act of that id."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(READ + BY_ID, (act_id,))
        row = await cursor.fetchone()
    return None if row is None else row_of(row)


async def attempts_of(connection: Connection, task_id: UUID) -> list[ActionRow]:
    """Every attempt at contact on a task, in the order in which they were recorded."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(READ + ATTEMPTS, (task_id,))
        return [row_of(row) for row in await cursor.fetchall()]


async def count(connection: Connection) -> int:
    """How many there are."""
    cursor = await connection.execute(COUNT)
    ((number,),) = await cursor.fetchall()
    return int(number)


async def people_of(connection: Connection, tasks: Collection[UUID]) -> set[str]:
    """Whose `tasks` are now: an act names the number that the person had then."""
    if not tasks:
        return set()
    cursor = await connection.execute(PEOPLE_OF, (list(tasks),))
    return {person for (person,) in await cursor.fetchall()}


async def between(connection: Connection, partition: int, after: int, until: int) -> AsyncIterator[ActionRow]:
    """The acts of a partition with `after` < offset <= `until`, in the order in which they were done."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(
            READ + BETWEEN,
            (partition, after, until),
        )
        async for row in cursor:
            yield row_of(row)


def row_of(row: dict[str, Any]) -> ActionRow:
    """The record of a row."""
    return ActionRow(
        act=RecordedAction(
            id=row["id"],
            task_id=row["task_id"],
            by=Actor(id=row["by_id"], name=row["by_name"], via=row["via"]),
            at=row["at"],
            deed=_deeds.validate_python({**row["detail"], "kind": row["kind"]}),
        ),
        number=row["number"],
        person_id=row["person_id"],
        partition=row["partition"],
        after_offset=row["after_offset"],
        successor=row["successor"],
        serial=row["serial"],
    )
