"""One deed of one person, done once: the only way in which a person's or a program's act reaches a task.

It follows the projection's own locks and its own fold, so that a rebuild which does the act again at the place that
it notes gives the same. It sends nothing and knows no page and no interface.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, LiteralString
from uuid import UUID, uuid5

from config.database_roles import DatabaseRole
from config.topics import Topic
from infra.failpoints import Point, reach
from infra.postgres import Connection
from ledger.reminders.scheduler import plan_reminders
from ledger.store import action_log, repository
from ledger.store.action_log import ActionRow
from ledger.tasks.projection import Policy, Projection
from models.tasks.actions import (
    ATTEMPTS_APART,
    Action,
    ActionRefusal,
    Actor,
    Close,
    ContactAttempt,
    Ending,
    RecordedAction,
    Via,
    attempts_apart,
    refusal,
)

STAND: Final = """
SELECT t.version, coalesce((SELECT max(a.number) FROM acts a WHERE a.task_id = t.id), 0) + 1,
       coalesce(p.next_offset, 0), now()
FROM tasks t LEFT JOIN position p ON p.topic = %s AND p.partition = %s WHERE t.id = %s
"""
LOCK: Final[LiteralString] = """
LOCK TABLE messages, tasks, deliveries, acts, transfers IN ROW EXCLUSIVE MODE
"""
PERSON_OF: Final[LiteralString] = """
SELECT person_id, admit_person(id) FROM tasks WHERE id = %s AND unit_id = ANY(%s)
"""
BECOME_ACT: Final[LiteralString] = f"""
SELECT set_config('role', '{DatabaseRole.ACT}', true) WHERE session_user = '{DatabaseRole.INBOX}'
"""
"""From here on the database shows what the person has, at other units too, until the transaction ends."""
BECOME_ONESELF: Final[LiteralString] = "SELECT set_config('role', 'none', true)"
LOCK_MESSAGES: Final[LiteralString] = """
SELECT (decision -> 'cause' ->> 'partition')::int FROM messages
WHERE person_id = %s FOR NO KEY UPDATE
"""


_NUMBERS: Final = 3
"""Tries: a person's number seldom changes twice in a moment."""


class NoSuchTask(LookupError):
    """There is none, or it is another unit's: nobody learns which."""


class TaskChanged(RuntimeError):
    """The task is no longer as the caller has seen it: look again."""

    def __init__(self, version: int) -> None:
        super().__init__(f"the task has version {version}")
        self.version = version


class ActionRefused(RuntimeError):
    """The task is not in a state in which this can be done."""

    def __init__(self, refusal: ActionRefusal) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal


class ActionDiffers(RuntimeError):
    """The same id was used for another deed: use another id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the municipalities have set."""

    policy: Policy
    not_reached_after: Callable[[str], int]
    """Attempts without contact after which a unit may close a task."""
    attempts_apart: timedelta = ATTEMPTS_APART
    """How far they lie apart at least."""
    units: frozenset[str]
    """Who may be given a task."""


@dataclass(frozen=True)
class Performed:
    """What was done, now or when the act was sent first."""

    task_id: UUID
    act_id: UUID
    """Under which it stands; not the one that was sent where the same attempt was recorded before."""
    version: int
    repeated: bool
    """The act had been done before, and nothing has happened now."""
    successor: UUID | None
    """The task at the other unit after a hand-over."""


async def perform(
    connection: Connection,
    *,
    task_id: UUID,
    units: frozenset[str],
    act_id: UUID,
    by: Actor,
    deed: Action,
    rules: Rules,
    expected_version: int | None = None,
) -> Performed:
    """Do `deed` in a transaction of its own; `connection` is in autocommit.

    `units`: those whose tasks the actor may touch. Raises `NoSuchTask`, `ActionDiffers`, `TaskChanged` where
    `expected_version` is another than the task's, and `ActionRefused`, in this order.
    """
    async with connection.transaction():
        person_id, partition = await _lock(connection, task_id, units)
        messages, tasks = await repository.rows_of(connection, {person_id})
        before = await action_log.find(connection, act_id)
        if before is not None and _tenant(before.act.by) != _tenant(by):
            # Whoever sends a form chooses its id: somebody else's must not stand in the way of this one.
            act_id = uuid5(act_id, "|".join(_tenant(by)))
            before = await action_log.find(connection, act_id)
        cursor = await connection.execute(STAND, (Topic.DECISIONS, partition, task_id))
        ((version, number, after_offset, now),) = await cursor.fetchall()
        attempts = await _attempts(connection, task_id, deed)
        if before is None and isinstance(deed, ContactAttempt):
            # The Back button of a browser brings the form once more, under an id of its own.
            before = next((row for row in attempts if _is_same(row, by, deed)), None)
        if before is not None:
            return _repeated(before, task_id, by, deed, version)
        if expected_version is not None and expected_version != version:
            raise TaskChanged(version)
        projection = Projection(
            messages,
            tasks,
            await repository.transfers_of(connection, {person_id}),
            policy=rules.policy,
            now=now,
        )
        standing = replace(
            projection.standing(task_id),
            attempts=attempts_apart(map(_moment, attempts), rules.attempts_apart),
        )
        refused = refusal(
            standing,
            deed,
            now=now,
            not_reached_after=rules.not_reached_after(standing.unit_id),
            units=rules.units,
        )
        made = RecordedAction(id=act_id, task_id=task_id, by=by, at=now, deed=deed)
        effect = None if refused is not None else projection.do(made)
        if effect is None:
            raise ActionRefused(refused or ActionRefusal.TASK_NOT_OPEN)
        row = ActionRow(
            act=made,
            number=number,
            person_id=person_id,
            partition=partition,
            after_offset=after_offset,
            successor=effect.successor,
        )
        if not await action_log.add(connection, row):
            # At the same moment it was used about somebody else: only then have the locks not kept the two apart.
            raise ActionDiffers(str(act_id))
        await repository.write(connection, projection.changes)
        if rules.policy.steps is not None:
            await plan_reminders(connection, projection.changes.tasks, rules.policy.steps)
        reach(Point.ACT_BEFORE_COMMIT)
    reach(Point.ACT_COMMITTED)
    return Performed(task_id, act_id, effect.version, repeated=False, successor=effect.successor)


async def _lock(connection: Connection, task_id: UUID, units: frozenset[str]) -> tuple[str, int]:
    """Lock what the projection locks first: whoever waits here reads, afterwards, what the other has written."""
    # First, and all together: a rebuild that replaces the tables must not meet one who holds rows of them.
    await connection.execute(LOCK)
    for _ in range(_NUMBERS):
        await connection.execute(BECOME_ONESELF)
        cursor = await connection.execute(PERSON_OF, (task_id, list(units)))
        found = await cursor.fetchone()
        if found is None:
            raise NoSuchTask(str(task_id))
        person_id = found[0]
        await connection.execute(BECOME_ACT)
        cursor = await connection.execute(LOCK_MESSAGES, (person_id,))
        if partitions := await cursor.fetchall():
            # What is decided of the person now comes from the last of them (docs/decisions/0069).
            return person_id, max(partition for (partition,) in partitions)
        # Who has waited for the projection finds the task under another number of the person.
    raise NoSuchTask(str(task_id))


async def _attempts(connection: Connection, task_id: UUID, deed: Action) -> list[ActionRow]:
    """Those on the task, where the deed depends on them."""
    if isinstance(deed, ContactAttempt) or (isinstance(deed, Close) and deed.ending is Ending.NOT_REACHED):
        return await action_log.attempts_of(connection, task_id)
    return []


def _is_same(row: ActionRow, by: Actor, deed: ContactAttempt) -> bool:
    """Whether the same person has recorded the same attempt: one moment, one form, one outcome."""
    return (row.act.by.via, row.act.by.id, row.act.deed) == (by.via, by.id, deed)


def _moment(row: ActionRow) -> datetime:
    deed = row.act.deed
    return deed.at if isinstance(deed, ContactAttempt) else row.act.at


def _tenant(by: Actor) -> tuple[str, str]:
    """Who must not use an id twice: a person, or a program with all of its workers."""
    return by.via.value, by.id.partition("/")[0] if by.via is Via.API else by.id


def _repeated(before: ActionRow, task_id: UUID, by: Actor, deed: Action, version: int) -> Performed:
    if (before.act.task_id, before.act.by.id, before.act.deed) != (task_id, by.id, deed):
        raise ActionDiffers(str(before.act.id))
    return Performed(task_id, before.act.id, version, repeated=True, successor=before.successor)
