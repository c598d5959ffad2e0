"""Opens what is sealed of a task's messages, for its unit and a stated purpose; the audit line stands before the read.

It hands over ciphertext: only the process that holds the key ring makes words of it. To look a person up is noted here
as well: whoever types a CPR learns whether the unit has a task about that person.
"""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from ledger.actions.perform import NoSuchTask
from models.events.sensitive_fields import OpenPurpose, sealed_for
from models.tasks.actions import Actor

Connection = psycopg.AsyncConnection[Any]

OPENED: Final = "opened"
FOUND_BY_CPR: Final = "found_by_cpr"
"""The audit lines' kinds."""


class NothingToOpen(RuntimeError):
    """The task was withdrawn: nothing obliges the unit any more, so nothing entitles it to the particulars either."""


@dataclass(frozen=True, slots=True)
class SealedMessage:
    """A message whose particulars may be opened now."""

    sender: str
    message_id: str
    person_id: str
    sealed: str

    @property
    def sealed_for(self) -> str:
        """What the vault must be told to open it."""
        return sealed_for(self.sender, self.message_id, self.person_id)


async def reveal_messages(
    connection: Connection, *, task_id: UUID, units: frozenset[str], by: Actor, purpose: OpenPurpose
) -> tuple[SealedMessage, ...]:
    """Note who opens the task's messages and why, for good; then hand them over, the earliest first.

    `connection` is in autocommit, so that the note stands whatever happens next.
    Raises `NoSuchTask`, `NothingToOpen`.
    """
    noted = await connection.execute(
        "INSERT INTO audit (kind, task_id, detail) SELECT %s, id, %s FROM tasks "
        "WHERE id = %s AND unit_id = ANY(%s) AND status <> 'withdrawn'",
        (
            OPENED,
            Jsonb(
                {"by_id": by.id, "by_name": by.name, "via": by.via.value, "purpose": purpose.value},
            ),
            task_id,
            sorted(units),
        ),
    )
    if noted.rowcount != 1:
        there = await connection.execute(
            "SELECT FROM tasks WHERE id = %s AND unit_id = ANY(%s)", (task_id, sorted(units))
        )
        raise NothingToOpen(str(task_id)) if there.rowcount == 1 else NoSuchTask(str(task_id))
    found = await connection.execute(
        "SELECT m.sender, m.message_id, m.person_id, m.sealed FROM messages m JOIN tasks t ON t.id = m.task_id "
        "WHERE t.id = %s AND t.unit_id = ANY(%s) AND m.sealed IS NOT NULL "
        "ORDER BY m.appended_at, m.sender, m.message_id",
        (task_id, sorted(units)),
    )
    return tuple(SealedMessage(*row) for row in await found.fetchall())


async def note_search(connection: Connection, *, person_id: str, units: frozenset[str], by: Actor) -> int:
    """Note who looked a person up, at each task of `units` that it shows, for good; returns how many those are.

    Where there is none, the line names the pseudonym: looking for people who are not the unit's is misuse that must
    be found. `connection` is in autocommit, so that the note stands before anything is shown.
    """
    noted = await connection.execute(
        "INSERT INTO audit (kind, task_id, detail) "
        "SELECT %(kind)s, t.id, %(detail)s::jsonb || CASE WHEN t.id IS NULL "
        "THEN jsonb_build_object('person_id', %(person)s::text) ELSE '{}' END "
        "FROM (SELECT) once LEFT JOIN tasks t ON t.person_id = %(person)s AND t.unit_id = ANY(%(units)s) "
        "RETURNING task_id",
        {
            "kind": FOUND_BY_CPR,
            "detail": Jsonb({"by_id": by.id, "by_name": by.name, "via": by.via.value}),
            "person": person_id,
            "units": sorted(units),
        },
    )
    return sum(task_id is not None for (task_id,) in await noted.fetchall())
