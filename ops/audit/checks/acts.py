"""What people did with a task is numbered without holes, and the task counts as many attempts as there were."""

from typing import Final, LiteralString

from ops.audit.checks.context import LISTED, CheckContext
from ops.audit.report import Check, CheckResult

HOLES: Final = """
SELECT task_id, max(number) - count(*) FROM acts GROUP BY task_id
HAVING max(number) <> count(*) OR min(number) <> 1
"""
MISCOUNTED: Final = """
SELECT t.id FROM tasks t LEFT JOIN (
    SELECT task_id, count(*) AS times, min((detail ->> 'at')::timestamptz) FILTER (WHERE detail ->> 'reached' = 'true')
           AS reached_at
    FROM acts WHERE kind = 'attempt' GROUP BY task_id
) a ON a.task_id = t.id
WHERE (t.attempts <> coalesce(a.times, 0) OR t.reached_at IS DISTINCT FROM a.reached_at)
    AND NOT starts_with(t.person_id, 'erased:')
"""
ACTS: Final[LiteralString] = "SELECT count(*) FROM acts"


def count(context: CheckContext) -> CheckResult:
    """Acts against the highest number of each task, and attempts against the task's own word."""
    there = context.number(ACTS)
    holes = context.rows(HOLES)
    for task_id, _ in holes[:LISTED]:
        context.miss(Check.ACTS, "an act is missing: the numbers have a hole", task_id=str(task_id))
    miscounted = context.rows(MISCOUNTED)
    for (task_id,) in miscounted[:LISTED]:
        context.miss(Check.ACTS, "its attempts are not those that were recorded", task_id=str(task_id))
    gone = sum(max(1, number) for _, number in holes)
    return CheckResult(
        hop=Check.ACTS,
        total=there + gone + len(miscounted),
        parts={"done": there},
        unaccounted=gone + len(miscounted),
    )
