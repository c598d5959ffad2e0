"""How each task stood when a reader looked at it last, and what others have changed since. Of no case, on no topic.

`connection` shows the reader's own rows, and none of another's (`ledger.queries.visit`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, LiteralString
from uuid import UUID

from infra.postgres import Connection, literals
from models.audit_kind import AuditKind

OTHERS_DOING: Final = (AuditKind.MESSAGE_JOINED, AuditKind.MESSAGE_LEFT, AuditKind.TASK_REOPENED)
"""What the stream brings about that the list names."""
SEE: Final[LiteralString] = """
INSERT INTO seen_tasks (user_id, task_id, version)
SELECT %(reader)s, id, %(version)s FROM tasks WHERE id = %(task)s AND unit_id = ANY(%(units)s)
ON CONFLICT (user_id, task_id) DO UPDATE SET version = excluded.version, seen_at = now()
"""
CHANGED: Final[LiteralString] = f"""
SELECT s.task_id,
    (SELECT l.kind FROM audit l WHERE l.task_id = s.task_id AND l.at > s.seen_at
       AND l.kind IN ({literals(OTHERS_DOING)}) ORDER BY l.id DESC LIMIT 1) AS stream,
    (SELECT a.kind FROM acts a WHERE a.task_id = s.task_id AND a.at > s.seen_at AND a.by_id <> %(reader)s
     ORDER BY a.number DESC LIMIT 1) AS act
FROM seen_tasks s JOIN tasks t ON t.id = s.task_id
WHERE s.user_id = %(reader)s AND t.unit_id = ANY(%(units)s) AND s.task_id = ANY(%(tasks)s)
  AND t.version - s.version > (
    SELECT count(*) FROM acts a WHERE a.task_id = s.task_id AND a.at > s.seen_at AND a.by_id = %(reader)s)
"""
"""Every change of a task counts its version up by one; those of the reader are no news."""


@dataclass(frozen=True, slots=True)
class SinceSeen:
    """What has happened since. Neither is known where it is something else, as another date."""

    stream: str | None
    """The last that the stream brought, of `OTHERS_DOING`."""
    act: str | None
    """The kind of the last act of somebody else."""

    @property
    def words(self) -> tuple[str, ...]:
        """Keys of what the list says."""
        return tuple(each for each in (self.stream, self.act) if each) or ("otherwise",)


async def see(
    connection: Connection, reader: str, units: frozenset[str], *, task_id: UUID, version: int
) -> None:
    """The reader has the task before his eyes, as it stands at `version`."""
    values = {"reader": reader, "units": sorted(units), "task": task_id, "version": version}
    await connection.execute(SEE, values)


async def changed(
    connection: Connection, reader: str, units: frozenset[str], tasks: Sequence[UUID]
) -> Mapping[UUID, SinceSeen]:
    """Those of `tasks` that others have changed since the reader looked; what was never looked at is not among them."""
    if not tasks:
        return {}
    values = {"reader": reader, "units": sorted(units), "tasks": list(tasks)}
    cursor = await connection.execute(CHANGED, values)
    return {task: SinceSeen(stream, act) for task, stream, act in await cursor.fetchall()}
