"""Steps in PostgreSQL: planned in the transaction that changes a task, fired once in one that writes their notices.

Whoever plans or fires holds the task's row. It decides nothing: `reminders` and `reminder_diff` in `models.tasks` do.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final, LiteralString
from uuid import UUID

from msgspec.structs import asdict
from psycopg.rows import dict_row

from infra.failpoints import Point, reach
from infra.postgres import Connection, json_rows, literals
from ledger.store.deliveries import add_in_order
from ledger.tasks.projection import deadline_of
from ledger.tasks.rows import NewDelivery
from models.calendar import copenhagen_date
from models.notifications.cause import DeliveryCause
from models.notifications.delivery import Audience, Channel
from models.tasks.escalation import reached
from models.tasks.reminder_diff import (
    FiredBecause,
    KeptReminder,
    ReminderDiff,
    ReminderStatus,
    diff_reminders,
)
from models.tasks.reminders import ReminderInputs, ReminderKind, ReminderPolicy, ReminderRule, plan
from models.tasks.status import TaskStatus

LOCK: Final[LiteralString] = "LOCK TABLE tasks, deliveries IN ROW EXCLUSIVE MODE"
"""First: a rebuild that replaces the tables must not meet one who holds rows of them."""
FOOTINGS: Final[LiteralString] = """
SELECT task_id, unit_id, status, appended_at, react_by, mentor_until, open_since, seen
FROM footings WHERE task_id = ANY(%s)
"""
KEPT: Final[LiteralString] = """
SELECT id, task_id, kind, level, about, until_seen, status, ended_at FROM steps
WHERE task_id = ANY(%s) AND failed_delivery IS NULL
"""
ADD: Final[LiteralString] = """
INSERT INTO steps (id, task_id, kind, level, due_at, about, until_seen, status, reason, ended_at)
SELECT id, task_id, kind, level, due_at, about, until_seen, CASE WHEN reason IS NULL THEN 'waiting' ELSE 'stopped' END,
       reason, CASE WHEN reason IS NOT NULL THEN now() END
FROM json_to_recordset(%s) AS t (id uuid, task_id uuid, kind text, level int, due_at timestamptz, about date,
    until_seen bool, reason text)
ON CONFLICT DO NOTHING
"""
"""A `Reminder` each; one that was stopped before it was ever waited for has a `reason` besides."""
STOP: Final[LiteralString] = """
UPDATE steps s SET status = 'stopped', reason = e.reason, ended_at = now()
FROM unnest(%s::uuid[], %s::text[]) AS e (id, reason) WHERE s.id = e.id AND s.status = 'waiting'
"""
AGAIN: Final[LiteralString] = """
UPDATE steps SET status = 'waiting', reason = NULL, ended_at = NULL WHERE id = ANY(%s) AND status = 'stopped'
"""
PLANNED: Final[LiteralString] = """
INSERT INTO plans (task_id, status, react_by, mentor_until, seen, policy)
SELECT task_id, status, react_by, mentor_until, seen, %s
FROM json_to_recordset(%s) AS t (task_id uuid, status text, react_by date, mentor_until date, seen bool)
ON CONFLICT (task_id) DO UPDATE SET status = excluded.status, react_by = excluded.react_by,
    mentor_until = excluded.mentor_until, seen = excluded.seen, policy = excluded.policy, planned_at = now()
"""
"""The `ReminderInputs` of each."""
STALE: Final[LiteralString] = """
WITH stale AS (
    SELECT f.task_id AS id FROM footings f LEFT JOIN plans p USING (task_id) WHERE f.status = 'open'
    AND (p.task_id IS NULL OR (f.status, f.react_by, f.mentor_until, f.seen, %(policy)s::text)
         IS DISTINCT FROM (p.status, p.react_by, p.mentor_until, p.seen, p.policy))
    UNION ALL
    SELECT t.id FROM plans p JOIN tasks t ON t.id = p.task_id WHERE p.status = 'open' AND t.status <> 'open'
)
SELECT t.id FROM tasks t JOIN stale USING (id)
WHERE NOT t.id = ANY(%(but)s) AND (%(only)s::uuid IS NULL OR t.id = %(only)s)
ORDER BY t.id LIMIT %(limit)s FOR NO KEY UPDATE OF t SKIP LOCKED
"""
WITH_DUE: Final[LiteralString] = """
SELECT t.id FROM steps s JOIN tasks t ON t.id = s.task_id
WHERE s.status = 'waiting' AND s.due_at <= clock_timestamp() AND NOT t.id = ANY(%(but)s)
  AND (%(only)s::uuid IS NULL OR t.id = %(only)s)
ORDER BY s.due_at, s.id LIMIT %(limit)s
FOR NO KEY UPDATE OF t SKIP LOCKED
"""
KINDS_IN_ORDER: Final = literals(ReminderKind)
"""Of what falls due at one moment, what is said first."""
DUE: Final[LiteralString] = f"""
SELECT s.id, s.task_id, s.kind, s.level, t.unit_id, t.react_by, t.appended_at
FROM steps s JOIN tasks t ON t.id = s.task_id
WHERE s.task_id = ANY(%s) AND s.status = 'waiting' AND s.due_at <= clock_timestamp()
ORDER BY s.due_at, array_position(ARRAY[{KINDS_IN_ORDER}], s.kind), s.level, s.id
FOR UPDATE OF s
"""
PUT_OFF: Final[LiteralString] = "UPDATE steps SET due_at = %s WHERE id = %s AND status = 'waiting'"
FIRED: Final[LiteralString] = """
UPDATE steps s SET status = 'fired', reason = e.reason, ended_at = clock_timestamp()
FROM unnest(%s::uuid[], %s::text[]) AS e (id, reason) WHERE s.id = e.id AND s.status = 'waiting'
"""
CLOCK: Final[LiteralString] = "SELECT clock_timestamp()"


@dataclass(frozen=True, slots=True)
class Standing:
    """How tasks stand in a transaction that holds their rows, and what is planned about them."""

    inputs: Sequence[ReminderInputs]
    kept: Mapping[UUID, Sequence[KeptReminder]]
    now: datetime


async def plan_reminders(connection: Connection, tasks: Iterable[UUID], policy: ReminderPolicy) -> None:
    """Plan what falls due about `tasks` as they stand in this transaction, which holds their rows."""
    wanted = list(tasks)
    if wanted:
        await write_plans(connection, await standing_of(connection, wanted), policy)


async def standing_of(connection: Connection, tasks: list[UUID]) -> Standing:
    """Of `tasks`, whose rows this transaction holds."""
    async with connection.pipeline(), connection.cursor(row_factory=dict_row) as standing:
        await standing.execute(FOOTINGS, (tasks,))
        async with connection.cursor(row_factory=dict_row) as planned:
            await planned.execute(KEPT, (tasks,))
            clock = await connection.execute(CLOCK)
            inputs = [
                ReminderInputs(**{**row, "status": TaskStatus(row["status"])})
                for row in await standing.fetchall()
            ]
            kept: dict[UUID, list[KeptReminder]] = defaultdict(list)
            for row in await planned.fetchall():
                kept[row.pop("task_id")].append(
                    KeptReminder(
                        **{**row, "kind": ReminderKind(row["kind"]), "status": ReminderStatus(row["status"])}
                    )
                )
            ((now,),) = await clock.fetchall()
    return Standing(inputs, kept, now)


async def write_plans(connection: Connection, standing: Standing, policy: ReminderPolicy) -> None:
    """What falls due about these tasks, and for which policy that is."""
    found = [
        diff_reminders(task, plan(task, policy), standing.kept.get(task.task_id, ()), now=standing.now)
        for task in standing.inputs
    ]
    await _write(connection, found)
    await connection.execute(PLANNED, (policy.fingerprint, json_rows(standing.inputs)))


async def _write(connection: Connection, found: Sequence[ReminderDiff]) -> None:
    stop = [one for each in found for one in each.stop]
    again = [one for each in found for one in each.again]
    add: list[object] = [step for each in found for step in each.add]
    add += [{**asdict(step), "reason": reason} for each in found for step, reason in each.add_stopped]
    if stop:
        await connection.execute(STOP, ([one for one, _ in stop], [reason for _, reason in stop]))
    if again:
        await connection.execute(AGAIN, (again,))
    if add:
        await connection.execute(ADD, (json_rows(add),))


async def plan_stale(
    connection: Connection,
    policy: ReminderPolicy,
    *,
    limit: int,
    but: Collection[UUID] = (),
    only: UUID | None = None,
) -> int:
    """Plan again for tasks that stand otherwise than when they were planned, whoever changed them; how many.

    `but`: tasks that are left alone; `only`: the one that is not.
    """
    async with connection.transaction():
        await connection.execute(LOCK)
        tasks = await stale(connection, policy, limit=limit, but=but, only=only)
        await plan_reminders(connection, tasks, policy)
    return len(tasks)


async def stale(
    connection: Connection,
    policy: ReminderPolicy,
    *,
    limit: int,
    but: Collection[UUID] = (),
    only: UUID | None = None,
) -> list[UUID]:
    """Which tasks `plan_stale` plans again; held for as long as the transaction lasts, if there is one."""
    values = {"policy": policy.fingerprint, "limit": limit, "but": list(but), "only": only}
    cursor = await connection.execute(STALE, values)
    return [task for (task,) in await cursor.fetchall()]


async def fire_due(
    connection: Connection,
    policy: ReminderPolicy,
    *,
    limit: int,
    but: Collection[UUID] = (),
    only: UUID | None = None,
) -> list[UUID]:
    """Fire what is due about up to `limit` tasks, each held and planned again first; returns the tasks.

    `but`: tasks that are left alone; `only`: the one that is not.
    """
    async with connection.transaction():
        await connection.execute(LOCK)
        cursor = await connection.execute(WITH_DUE, {"limit": limit, "but": list(but), "only": only})
        tasks = list(dict.fromkeys(task for (task,) in await cursor.fetchall()))
        if tasks:
            await plan_reminders(connection, tasks, policy)
            await _fire(connection, tasks, policy)
            reach(Point.STEPS_BEFORE_COMMIT)
    if tasks:
        reach(Point.STEPS_FIRED)
    return tasks


async def _fire(connection: Connection, tasks: list[UUID], policy: ReminderPolicy) -> None:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(DUE, (tasks,))
        due = await cursor.fetchall()
    now = await _now(connection)
    notices: list[NewDelivery] = []
    fired: list[tuple[UUID, str | None]] = []
    for step in due:
        opening = policy.hours(step["unit_id"]).next_open(now)
        if opening > now:
            await connection.execute(PUT_OFF, (opening, step["id"]))
            continue
        written = list(_notices(step, policy, now))
        notices += written
        fired.append((step["id"], None if written else FiredBecause.IN_DIGEST))
    if notices:
        await add_in_order(connection, notices)
    if fired:
        await connection.execute(FIRED, ([one for one, _ in fired], [reason for _, reason in fired]))


def _notices(step: dict[str, Any], policy: ReminderPolicy, now: datetime) -> Iterable[NewDelivery]:
    kind, unit = ReminderKind(step["kind"]), step["unit_id"]
    rule = _rule(policy.rules(unit, copenhagen_date(step["appended_at"])), kind, step["level"])
    digest = policy.digest(unit, copenhagen_date(now))
    for audience in rule.to:
        if audience is Audience.UNIT and digest is not None and digest.instead and kind in _IN_DIGEST:
            continue
        for channel in rule.channels:
            for recipient in reached(audience, partial(_addresses, policy, unit, channel)):
                yield NewDelivery(
                    task_id=step["task_id"],
                    occasion=kind.occasion,
                    cause=DeliveryCause.of_step(step["id"]),
                    channel=channel,
                    audience=audience,
                    unit_id=unit,
                    recipient=recipient,
                    deadline=deadline_of(step["react_by"], now),
                )


def _addresses(policy: ReminderPolicy, unit: str, channel: Channel, audience: Audience) -> Sequence[str]:
    return policy.addresses(unit, audience, channel)


_IN_DIGEST: Final = (ReminderKind.REMINDER, ReminderKind.OVERDUE)


def _rule(rules: Iterable[ReminderRule], kind: ReminderKind, level: int) -> ReminderRule:
    return next(rule for rule in rules if (rule.kind, rule.level) == (kind, level))


async def _now(connection: Connection) -> datetime:
    rows: list[tuple[datetime]] = await (await connection.execute(CLOCK)).fetchall()
    return rows[0][0]
