"""Every step that fell due came to a notice or to a reason, every open task has its steps, and no failure is silent."""

from datetime import datetime
from typing import Final, LiteralString

from ops.audit.checks.context import LISTED, STEPS_DUE, STEPS_FAILED, STEPS_UNPLANNED, CheckContext
from ops.audit.report import Check, CheckResult

STANDING: Final[LiteralString] = """
SELECT CASE WHEN status = 'waiting' AND due_at > %s THEN 'to_come'
            WHEN status = 'waiting' THEN 'due'
            WHEN status = 'fired' AND reason IS NOT NULL THEN 'in_morning_mail'
            ELSE status END, count(*)
FROM steps GROUP BY 1
"""
LATE: Final[LiteralString] = """
WITH late AS (
    SELECT s.task_id, s.due_at, p.planned_at FROM steps s LEFT JOIN plans p ON p.task_id = s.task_id
    WHERE s.status = 'waiting' AND s.due_at < %(now)s - %(grace)s
), first AS (
    SELECT task_id, min(due_at) AS due_at, max(ended_at) AS ended_at FROM steps
    WHERE status = 'fired' AND failed_delivery IS NULL AND ended_at >= (SELECT min(due_at) FROM late) GROUP BY 1
), upto AS (
    SELECT max(due_at) AS due_at, max(ended_at) AS ended_at FROM first
)
SELECT l.task_id, l.due_at, coalesce(l.due_at < u.due_at - %(grace)s
    AND coalesce(l.planned_at, '-infinity') < u.ended_at - %(grace)s, false)
FROM late l, upto u
"""
"""And whether the ledger has passed it by. It takes tasks in the order in which their first step fell due, and fires
all that is due of them: so of each task the first step tells how far it has come."""
LAST_FOLLOWED: Final[LiteralString] = "SELECT max(failed_at) FROM steps"
"""The last failure that the ledger has followed: it takes them in their order."""
DISAGREE: Final[LiteralString] = """
WITH told AS (
    SELECT DISTINCT cause_ref AS step FROM deliveries WHERE cause_kind = 'step'
), judged AS (
    SELECT s.task_id, CASE WHEN s.status = 'waiting' AND s.due_at > %s THEN 'to_come'
                           WHEN s.status = 'waiting' THEN 'due'
                           WHEN s.status = 'fired' AND s.reason IS NOT NULL THEN 'in_morning_mail'
                           ELSE s.status END AS part, CASE
        WHEN s.status = 'stopped' AND s.reason IS NULL THEN 'stopped without a reason'
        WHEN s.status = 'fired' AND s.reason IS NULL AND t.step IS NULL THEN 'fired, and nobody was told'
        WHEN s.status <> 'fired' AND t.step IS NOT NULL THEN 'somebody was told, and it has not fired'
        WHEN s.status <> 'waiting' AND s.ended_at IS NULL THEN 'ended, and nobody knows when'
        WHEN s.status = 'fired' AND s.failed_delivery IS NULL AND s.ended_at < s.due_at THEN 'fired before its time'
    END AS what
    FROM steps s LEFT JOIN told t ON t.step = s.id::text
)
SELECT task_id, what, part FROM judged WHERE what IS NOT NULL
"""
UNPLANNED: Final[LiteralString] = """
SELECT t.changed_at FROM footings f JOIN tasks t ON t.id = f.task_id
LEFT JOIN plans p ON p.task_id = t.id
WHERE t.status = 'open' AND (p.task_id IS NULL
    OR (f.status, f.react_by, f.mentor_until, f.seen) IS DISTINCT FROM (p.status, p.react_by, p.mentor_until, p.seen))
"""
UNFOLLOWED: Final[LiteralString] = """
SELECT d.task_id, d.ended_at FROM deliveries d
WHERE d.status IN ('refused', 'exhausted') AND d.task_id IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM steps s WHERE s.failed_delivery = d.id
                  AND (s.failed_at IS NULL OR s.failed_at = d.ended_at))
  AND NOT EXISTS (SELECT 1 FROM deliveries o WHERE o.status = 'due' AND o.channel = 'email'
                  AND (o.task_id, o.occasion, o.cause_kind, o.cause_ref)
                  = (d.task_id, d.occasion, d.cause_kind, d.cause_ref))
  AND NOT EXISTS (SELECT 1 FROM audit a WHERE a.task_id = d.task_id AND a.kind = 'delivery_rebuilt'
                  AND a.detail ->> 'delivery_id' = d.id::text)
  AND NOT EXISTS (SELECT 1 FROM quarantine q WHERE (q.kind, q.id, q.since) = ('delivery', d.id::text, d.ended_at))
"""
MORNINGS: Final[LiteralString] = """
SELECT g.unit_id, g.status = 'fired' AND NOT EXISTS (
    SELECT 1 FROM deliveries d WHERE d.unit_id = g.unit_id AND d.occasion = 'digest'
    AND (d.cause_kind, d.cause_ref) = ('digest', g.day::text)) OR g.status = 'stopped' AND g.reason IS NULL
    OR g.status = 'fired' AND g.reason IS NULL AND (
        SELECT bool_and(d.status IN ('refused', 'exhausted') AND d.ended_at < now() - %s) FROM deliveries d
        WHERE d.unit_id = g.unit_id AND d.occasion = 'digest' AND (d.cause_kind, d.cause_ref) = ('digest', g.day::text)
        AND g.day > now()::date - 7) IS TRUE
FROM digests g
"""
NOBODY_LEFT: Final[LiteralString] = """
SELECT (SELECT count(*) FROM steps s JOIN footings f USING (task_id)
        WHERE s.reason = 'nobody_left' AND f.status = 'open' AND NOT f.seen)
     + (SELECT count(*) FROM digests g WHERE g.reason = 'nobody_left'
        AND EXISTS (SELECT 1 FROM tasks t WHERE t.unit_id = g.unit_id AND t.status = 'open')
        AND NOT EXISTS (SELECT 1 FROM digests l WHERE l.unit_id = g.unit_id AND l.day > g.day AND l.status = 'fired')
        AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.unit_id = g.unit_id AND d.occasion = 'digest'
                        AND (d.cause_kind, d.cause_ref) = ('digest', g.day::text) AND d.status IN ('delivered', 'due')))
"""
"""Of a unit's morning mails the last one counts: it lists what the others did."""


def count(context: CheckContext) -> CheckResult:
    """Steps against their end: fired, in a morning mail, stopped for a reason, to come, or due just now."""
    found = context.counts(STANDING, (context.now,))
    late = [
        task_id
        for task_id, due_at, passed in context.rows(LATE, {"now": context.now, "grace": context.grace})
        if not _waits(context, STEPS_DUE, due_at, passed=passed)
    ]
    disagree = context.rows(DISAGREE, (context.now,))
    # In no order, so nothing says that one was passed by: what waits too long is stuck.
    unplanned = [
        _waits(context, STEPS_UNPLANNED, since, passed=False) for (since,) in context.rows(UNPLANNED)
    ]
    ((last,),) = context.rows(LAST_FOLLOWED)
    unfollowed = [
        (
            task_id,
            _waits(context, STEPS_FAILED, since, passed=last is not None and since < last - context.grace),
        )
        for task_id, since in context.rows(UNFOLLOWED)
    ]
    mornings = context.rows(MORNINGS, (context.grace,))
    for task_id in late[:LISTED]:
        context.miss(Check.STEPS, "due, and nothing has happened", task_id=str(task_id))
    for task_id, what, _ in disagree[:LISTED]:
        context.miss(Check.STEPS, what, task_id=str(task_id))
    unheard = [task_id for task_id, waits in unfollowed if not waits]
    for task_id in unheard[:LISTED]:
        context.miss(Check.STEPS, "a notice failed, and nobody was told instead", task_id=str(task_id))
    silent = sum(wrong for _, wrong in mornings)
    if silent:
        context.miss(
            Check.STEPS, "a morning mail is neither there nor explained", detail=f"{silent} mornings"
        )
    total = sum(found.values()) + len(unplanned) + len(unfollowed) + len(mornings)
    for _, _, part in disagree:
        found[part] -= 1
    young = len(unplanned) + len(unfollowed) - len(unheard)
    return CheckResult(
        hop=Check.STEPS,
        total=total,
        parts={name: found.get(name, 0) for name in ("fired", "in_morning_mail", "stopped", "to_come")}
        | {"mornings": len(mornings) - silent},
        under_way=max(0, found.get("due", 0) - len(late)) + young,
        unaccounted=len(late) + len(disagree) + len(unheard) + silent,
        beside={"nobody_left": context.number(NOBODY_LEFT)},
    )


def _waits(context: CheckContext, what: str, since: datetime, *, passed: bool) -> bool:
    """Whether the ledger has still to come to it."""
    if not passed:
        context.wait(since, what)
    return context.under_way(since, waits=not passed)
