"""Opens what is sealed of a task's messages, for its unit and a stated purpose; the audit line stands before the read.

It hands over ciphertext: only the process that holds the keys makes words of it. To look a person up is noted here
as well: whoever types a CPR learns whether the unit has a task about that person.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, LiteralString
from uuid import UUID

from psycopg.types.json import Jsonb

from infra.postgres import Connection
from ledger.actions.chain_wait import NO_WAIT, ChainWait
from ledger.actions.perform import NoSuchTask
from ledger.store import audit_trail
from models.audit_kind import AuditKind
from models.events.sensitive_fields import OpenPurpose, sealed_for
from models.tasks.actions import Actor, Via

THERE: Final[LiteralString] = "SELECT FROM tasks WHERE id = %(task)s AND unit_id = ANY(%(units)s)"
SEALED: Final[LiteralString] = """
SELECT m.sender, m.message_id, coalesce(m.decision #>> '{message,sent_as}', m.person_id), coalesce(r.sealed, m.sealed)
FROM messages m JOIN tasks t ON t.id = m.task_id
LEFT JOIN resealed r ON r.sender = m.sender AND r.message_id = m.message_id
    AND r.sent_as = coalesce(m.decision #>> '{message,sent_as}', m.person_id)
WHERE t.id = %(task)s AND t.unit_id = ANY(%(units)s) AND m.sealed IS NOT NULL
ORDER BY m.appended_at, m.sender, m.message_id
"""


LOOKS_LATELY: Final[LiteralString] = """
SELECT count(DISTINCT at) FROM audit
WHERE kind IN ('opened', 'found_by_cpr') AND at > now() - interval '1 hour' AND detail ->> 'by_id' = %(by)s
"""
MOST_LOOKS_AN_HOUR: Final = 120
"""Of one person at the pages; a search is one look, however many tasks it finds. At half of it an alert rings
(`ops/alerts.yaml`); no case work comes so far."""


class TooManyLooks(RuntimeError):
    """The person has opened or looked up so many within the hour that the next one waits; it is noted."""


class NothingToOpen(RuntimeError):
    """The task was withdrawn: nothing obliges the unit any more, so nothing entitles it to the particulars either."""


@dataclass(frozen=True, slots=True)
class SealedMessage:
    """A message whose particulars may be opened now."""

    sender: str
    message_id: str
    sent_as: str
    """The person's number under which it was sent, as a pseudonym."""
    sealed: str

    @property
    def sealed_for(self) -> str:
        """What the vault must be told to open it."""
        return sealed_for(self.sender, self.message_id, self.sent_as)


async def reveal_messages(
    connection: Connection,
    *,
    task_id: UUID,
    units: frozenset[str],
    by: Actor,
    purpose: OpenPurpose,
    chained: ChainWait = NO_WAIT,
) -> tuple[SealedMessage, ...]:
    """Note who opens the task's messages and why, for good; then hand them over, the earliest first.

    `chained`: how long the note is waited for to be part of the trail's chain.

    `connection` is in autocommit, so that the note stands whatever happens next.
    Raises `NoSuchTask`, `NothingToOpen`, `TooManyLooks`.
    """
    await _must_be_at_pace(connection, by)
    detail = {**audit_trail.by_actor(by), "purpose": purpose.value}
    about = {"task": task_id, "units": sorted(units)}
    noted = await connection.execute(
        audit_trail.APPEND_WHERE_IN_FORCE, {**about, "kind": AuditKind.OPENED, "detail": Jsonb(detail)}
    )
    line = await noted.fetchone()
    if line is None:
        there = await connection.execute(THERE, about)
        raise NothingToOpen(str(task_id)) if there.rowcount == 1 else NoSuchTask(str(task_id))
    await chained.for_lines(connection, line)
    found = await connection.execute(SEALED, about)
    return tuple(SealedMessage(*row) for row in await found.fetchall())


async def reveal_tasks(
    connection: Connection,
    *,
    task_ids: Sequence[UUID],
    units: frozenset[str],
    by: Actor,
    purpose: OpenPurpose,
    chained: ChainWait = NO_WAIT,
) -> Mapping[UUID, tuple[SealedMessage, ...]]:
    """The same for several tasks, a note at each; without those that were withdrawn, or are not of `units`.

    All notes stand, and were waited for together, before anything is handed over. Raises `TooManyLooks` before the
    first where the last would be one too many.
    """
    await _must_be_at_pace(connection, by, looks=len(task_ids))
    detail = Jsonb({**audit_trail.by_actor(by), "purpose": purpose.value})
    noted: dict[UUID, int] = {}
    for task_id in task_ids:
        values = {"task": task_id, "units": sorted(units), "kind": AuditKind.OPENED, "detail": detail}
        line = await (await connection.execute(audit_trail.APPEND_WHERE_IN_FORCE, values)).fetchone()
        if line is not None:
            noted[task_id] = line[0]
    await chained.for_lines(connection, list(noted.values()))
    found: dict[UUID, tuple[SealedMessage, ...]] = {}
    for task_id in noted:
        rows = await connection.execute(SEALED, {"task": task_id, "units": sorted(units)})
        found[task_id] = tuple(SealedMessage(*row) for row in await rows.fetchall())
    return found


async def note_export(
    connection: Connection, *, units: frozenset[str], by: Actor, query: str, tasks: int, with_cpr: bool
) -> None:
    """Note that a list left as a file: which list (`query` of its address), how long, and whether with CPR."""
    detail = {
        **audit_trail.by_actor(by),
        "units": sorted(units),
        "list": query,
        "tasks": tasks,
        "with_cpr": with_cpr,
    }
    await connection.execute(audit_trail.APPEND, audit_trail.line(AuditKind.LIST_EXPORTED, detail))


async def note_search(
    connection: Connection,
    *,
    person_id: str,
    people: Sequence[str],
    units: frozenset[str],
    by: Actor,
    purpose: OpenPurpose,
    chained: ChainWait = NO_WAIT,
) -> int:
    """Note who looked a person up and why, at each task of `units` that it shows, for good; returns how many those are.

    `people`: all numbers of the person, `person_id` among them.

    Where there is none, the line names the pseudonym: looking for people who are not the unit's is misuse that must
    be found. `connection` is in autocommit, so that the note stands before anything is shown. Raises `TooManyLooks`.
    """
    await _must_be_at_pace(connection, by)
    noted = await connection.execute(
        audit_trail.APPEND_TO_PERSONS_TASKS,
        {
            "kind": AuditKind.FOUND_BY_CPR,
            "detail": Jsonb({**audit_trail.by_actor(by), "purpose": purpose.value, "units": sorted(units)}),
            "person": person_id,
            "people": list(people),
            "units": sorted(units),
        },
    )
    lines = await noted.fetchall()
    await chained.for_lines(connection, [audit_id for audit_id, _ in lines])
    return sum(task_id is not None for _, task_id in lines)


async def _must_be_at_pace(connection: Connection, by: Actor, *, looks: int = 1) -> None:
    """Programs have a pace of their own, by client (`api.rate_limit`)."""
    if by.via is not Via.PAGE:
        return
    row = await (await connection.execute(LOOKS_LATELY, {"by": by.id})).fetchone()
    if row is not None and row[0] + looks > MOST_LOOKS_AN_HOUR:
        detail = {**audit_trail.by_actor(by), "reason": "too_many_looks"}
        await connection.execute(audit_trail.APPEND, audit_trail.line(AuditKind.LOOK_REFUSED, detail))
        raise TooManyLooks(f"more than {MOST_LOOKS_AN_HOUR} within an hour")
