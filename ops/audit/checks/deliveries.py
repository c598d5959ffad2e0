"""Every due notice has an attempt or a reason, and the attempts agree with what its status says."""

from typing import Final, LiteralString

from ops.audit.checks.context import DELIVERIES, LISTED, CheckContext
from ops.audit.report import Check, CheckResult

LATE: Final[LiteralString] = """
WITH handled AS (
    SELECT channel, max(due_at) AS upto, max(ended_at) AS last FROM deliveries
    WHERE status IN ('delivered', 'refused') GROUP BY 1
)
SELECT d.task_id, d.channel, d.due_at,
       coalesce(d.due_at < h.upto - %(grace)s AND d.created_at < h.last - %(grace)s, false)
FROM deliveries d LEFT JOIN handled h USING (channel)
WHERE d.status = 'due' AND d.due_at < %(now)s - %(grace)s
    AND (d.lease_until IS NULL OR d.lease_until < %(now)s - %(grace)s)
"""
"""And whether the notifier has passed it by: it sends in the order in which they fall due."""
DISAGREE: Final = """
WITH tried AS (
    SELECT delivery_id, count(*) AS times, max(attempt) AS last, max(at) AS last_at,
           count(*) FILTER (WHERE outcome = 'delivered') AS delivered,
           count(*) FILTER (WHERE outcome = 'refused') AS refused
    FROM attempts GROUP BY delivery_id
), returned AS (
    SELECT delivery_id, count(*) AS times FROM bounces WHERE action = 'failed' AND found = 'delivered' GROUP BY 1
), reasons AS (
    SELECT DISTINCT detail ->> 'delivery_id' AS delivery_id, kind FROM audit
    WHERE kind IN ('delivery_refused', 'delivery_exhausted', 'delivery_superseded')
), judged AS (
    SELECT d.task_id, CASE
        WHEN d.status = 'delivered' AND coalesce(t.delivered, 0) - coalesce(b.times, 0) <= 0
            THEN 'delivered, and no attempt says so'
        WHEN d.status <> 'delivered' AND t.delivered - coalesce(b.times, 0) > 0
            THEN 'an attempt delivered it, and it is not delivered'
        WHEN t.delivered - coalesce(b.times, 0) > 1 THEN 'delivered by more than one attempt'
        WHEN d.status = 'refused' AND coalesce(t.refused, 0) = 0 THEN 'refused, and no attempt says so'
        WHEN d.status IN ('refused', 'exhausted', 'superseded') AND r.kind IS NULL THEN 'ended without a reason'
        WHEN d.status <> 'due' AND d.ended_at IS NULL THEN 'ended, and nobody knows when'
        WHEN t.last_at > d.ended_at + interval '1 second' THEN 'an attempt after its end'
        WHEN coalesce(t.times, 0) <> d.attempts OR coalesce(t.last, 0) <> d.attempts
            THEN 'its attempts are not as many as it says'
    END AS what, d.status FROM deliveries d LEFT JOIN tried t ON t.delivery_id = d.id
    LEFT JOIN returned b ON b.delivery_id = d.id
    LEFT JOIN reasons r ON (r.delivery_id, r.kind) = (d.id::text, 'delivery_' || d.status)
)
SELECT task_id, what, status FROM judged WHERE what IS NOT NULL
"""
COPIES: Final = """
SELECT (SELECT count(*) FROM attempts a WHERE a.outcome = 'indeterminate'
        AND EXISTS (SELECT 1 FROM attempts b WHERE b.delivery_id = a.delivery_id AND b.attempt > a.attempt))
     + (SELECT count(*) FROM audit WHERE kind = 'delivery_lease_lost'
        AND detail ->> 'outcome' IN ('delivered', 'indeterminate'))
"""
"""Attempts that may have been taken though another one followed: the same mail may have come again."""
RETURNED: Final = "SELECT count(*) FROM bounces WHERE action = 'failed' AND found IN ('delivered', 'due')"
"""Notices that the relay had taken, and that came back."""
STANDING: Final[LiteralString] = "SELECT status, count(*) FROM deliveries GROUP BY status"


def count(context: CheckContext) -> CheckResult:
    """Due notices against their end: sent, refused, exhausted, superseded, or still to be sent."""
    found = context.counts(STANDING)
    late = []
    for task_id, channel, due_at, passed in context.rows(LATE, {"grace": context.grace, "now": context.now}):
        if not context.under_way(due_at, waits=not passed):
            late.append(task_id)
        elif not passed:
            context.wait(due_at, DELIVERIES + channel)
    for task_id in late[:LISTED]:
        context.miss(Check.DELIVERIES, "due, and nobody has tried", task_id=str(task_id))
    disagree = context.rows(DISAGREE)
    for task_id, what, _ in disagree[:LISTED]:
        context.miss(Check.DELIVERIES, what, task_id=str(task_id))
    total = sum(found.values())
    for _, _, status in disagree:
        found[status] -= 1
    waiting = found.pop("due", 0)
    return CheckResult(
        hop=Check.DELIVERIES,
        total=total,
        parts={name: found.get(name, 0) for name in ("delivered", "refused", "exhausted", "superseded")},
        under_way=max(0, waiting - len(late)),
        unaccounted=len(late) + len(disagree),
        beside={"possible_copies": context.number(COPIES), "came_back": context.number(RETURNED)},
    )
