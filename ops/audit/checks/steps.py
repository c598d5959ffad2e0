"""Every step that fell due came to a notice or to a reason, every open task has its steps, and no failure is silent."""

from datetime import datetime
from typing import Final, LiteralString

from ops.audit.checks.context import LISTED, STEPS, CheckContext
from ops.audit.report import Check, CheckResult

STANDING: Final[LiteralString] = """
SELECT CASE WHEN status = 'waiting' AND due_at > %s THEN 'to_come'
            WHEN status = 'waiting' THEN 'due'
            WHEN status = 'fired' AND reason IS NOT NULL THEN 'in_morning_mail'
            ELSE status END, count(*)
FROM steps GROUP BY 1
"""
LATE: Final[LiteralString] = """
SELECT task_id, due_at, coalesce(due_at < (
    SELECT max(due_at) FROM steps WHERE status = 'fired' AND failed_delivery IS NULL) - %s, false)
FROM steps WHERE status = 'waiting' AND due_at < %s
"""
"""And whether the ledger has passed it by: it fires in the order in which they fall due."""
LAST_WORK: Final[LiteralString] = """
SELECT greatest((SELECT max(planned_at) FROM plans), (SELECT max(ended_at) FROM steps))
"""
"""When the ledger last planned or fired anything."""
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
SELECT t.id, t.changed_at FROM footings f JOIN tasks t ON t.id = f.task_id
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
        for task_id, due_at, passed in context.rows(LATE, (context.grace, context.now - context.grace))
        if not _waits(context, due_at, passed=passed)
    ]
    disagree = context.rows(DISAGREE, (context.now,))
    ((last_work,),) = context.rows(LAST_WORK)

    def lost(since: datetime) -> bool:
        return not _waits(context, since, passed=last_work is not None and since < last_work - context.grace)

    unplanned = [(task_id, lost(since)) for task_id, since in context.rows(UNPLANNED)]
    unfollowed = [(task_id, lost(since)) for task_id, since in context.rows(UNFOLLOWED)]
    mornings = context.rows(MORNINGS, (context.grace,))
    for task_id in late[:LISTED]:
        context.miss(Check.STEPS, "due, and nothing has happened", task_id=str(task_id))
    for task_id, what, _ in disagree[:LISTED]:
        context.miss(Check.STEPS, what, task_id=str(task_id))
    unseen = [
        (task_id, "open, and its steps are not planned as it stands") for task_id, old in unplanned if old
    ]
    unseen += [
        (task_id, "a notice failed, and nobody was told instead") for task_id, old in unfollowed if old
    ]
    for task_id, what in unseen[:LISTED]:
        context.miss(Check.STEPS, what, task_id=str(task_id))
    silent = sum(wrong for _, wrong in mornings)
    if silent:
        context.miss(
            Check.STEPS, "a morning mail is neither there nor explained", detail=f"{silent} mornings"
        )
    total = sum(found.values()) + len(unplanned) + len(unfollowed) + len(mornings)
    for _, _, part in disagree:
        found[part] -= 1
    young = sum(not old for _, old in [*unplanned, *unfollowed])
    return CheckResult(
        hop=Check.STEPS,
        total=total,
        parts={name: found.get(name, 0) for name in ("fired", "in_morning_mail", "stopped", "to_come")}
        | {"mornings": len(mornings) - silent},
        under_way=max(0, found.get("due", 0) - len(late)) + young,
        unaccounted=len(late) + len(disagree) + len(unseen) + silent,
        beside={"nobody_left": context.number(NOBODY_LEFT)},
    )


def _waits(context: CheckContext, since: datetime, *, passed: bool) -> bool:
    """Whether the ledger has still to come to it."""
    if not passed:
        context.wait(since, STEPS)
    return context.under_way(since, waits=not passed)
