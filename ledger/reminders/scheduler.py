"""Steps in PostgreSQL: planned in the transaction that changes a task, fired once in one that writes their notices.

Whoever plans or fires holds the task's row. It decides nothing: `reminders` and `reminder_diff` in `models.tasks` do.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final, LiteralString
from uuid import UUID

from psycopg.rows import dict_row

from infra.failpoints import Point, reach
from infra.postgres import Connection, literals
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
SELECT a.*, CASE WHEN a.status = 'stopped' THEN now() END
FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::int[], %s::timestamptz[], %s::date[], %s::bool[], %s::text[],
            %s::text[]) AS a (id, task_id, kind, level, due_at, about, until_seen, status, reason)
ON CONFLICT DO NOTHING
"""
STOP: Final[LiteralString] = """
UPDATE steps s SET status = 'stopped', reason = e.reason, ended_at = now()
FROM unnest(%s::uuid[], %s::text[]) AS e (id, reason) WHERE s.id = e.id AND s.status = 'waiting'
"""
AGAIN: Final[LiteralString] = """
UPDATE steps SET status = 'waiting', reason = NULL, ended_at = NULL WHERE id = ANY(%s) AND status = 'stopped'
"""
PLANNED: Final[LiteralString] = """
INSERT INTO plans (task_id, status, react_by, mentor_until, seen, policy)
SELECT * FROM unnest(%s::uuid[], %s::text[], %s::date[], %s::date[], %s::bool[], %s::text[])
ON CONFLICT (task_id) DO UPDATE SET status = excluded.status, react_by = excluded.react_by,
    mentor_until = excluded.mentor_until, seen = excluded.seen, policy = excluded.policy, planned_at = now()
"""
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


async def plan_reminders(connection: Connection, tasks: Iterable[UUID], policy: ReminderPolicy) -> None:
    """Plan what falls due about `tasks` as they stand in this transaction, which holds their rows."""
    wanted = list(tasks)
    if not wanted:
        return
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(FOOTINGS, (wanted,))
        footings = [
            ReminderInputs(**{**row, "status": TaskStatus(row["status"])}) for row in await cursor.fetchall()
        ]
        await cursor.execute(KEPT, (wanted,))
        kept: dict[UUID, list[KeptReminder]] = defaultdict(list)
        for row in await cursor.fetchall():
            kept[row.pop("task_id")].append(
                KeptReminder(
                    **{**row, "kind": ReminderKind(row["kind"]), "status": ReminderStatus(row["status"])}
                )
            )
        now = await _now(connection)
        found = [diff_reminders(task, plan(task, policy), kept[task.task_id], now=now) for task in footings]
        await _write(connection, found)
        await cursor.execute(
            PLANNED,
            (
                [task.task_id for task in footings],
                [task.status for task in footings],
                [task.react_by for task in footings],
                [task.mentor_until for task in footings],
                [task.seen for task in footings],
                [policy.fingerprint] * len(footings),
            ),
        )


async def _write(connection: Connection, found: Sequence[ReminderDiff]) -> None:
    stop = [one for each in found for one in each.stop]
    again = [one for each in found for one in each.again]
    add = [(step, ReminderStatus.WAITING, None) for each in found for step in each.add]
    rows = [
        *add,
        *((step, ReminderStatus.STOPPED, reason) for each in found for step, reason in each.add_stopped),
    ]
    if stop:
        await connection.execute(STOP, ([one for one, _ in stop], [reason for _, reason in stop]))
    if again:
        await connection.execute(AGAIN, (again,))
    if rows:
        await connection.execute(
            ADD,
            (
                [step.id for step, *_ in rows],
                [step.task_id for step, *_ in rows],
                [step.kind for step, *_ in rows],
                [step.level for step, *_ in rows],
                [step.due_at for step, *_ in rows],
                [step.about for step, *_ in rows],
                [step.until_seen for step, *_ in rows],
                [status for _, status, _ in rows],
                [reason for *_, reason in rows],
            ),
        )


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
