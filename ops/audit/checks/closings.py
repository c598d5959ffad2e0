"""A closed task was closed by a person, as its ending says; and what a person has closed only a person opens again."""

from typing import Final

from ops.audit.checks.context import LISTED, CheckContext
from ops.audit.report import Check, CheckResult

# Of an erased person the acts are gone, and the task stays for figures.
CONTRADICTED: Final = """
WITH last AS (
    SELECT DISTINCT ON (task_id) task_id, kind, detail ->> 'ending' AS ending, at FROM acts
    WHERE kind IN ('close', 'reopen') ORDER BY task_id, number DESC
)
SELECT t.id, CASE
    WHEN t.status = 'closed' AND l.kind IS DISTINCT FROM 'close' THEN 'closed, and nobody has closed it'
    WHEN t.status = 'closed' AND (t.ending, t.closed_at) IS DISTINCT FROM (l.ending, l.at)
        THEN 'closed otherwise than the act says'
    WHEN t.status <> 'closed' AND l.kind = 'close' THEN 'closed by a person, and not closed'
END FROM tasks t LEFT JOIN last l ON l.task_id = t.id
WHERE (t.status = 'closed' OR l.kind = 'close') AND NOT starts_with(t.person_id, 'erased:')
"""


def count(context: CheckContext) -> CheckResult:
    """Tasks that are closed, or that a person has closed last, against each other."""
    rows = context.rows(CONTRADICTED)
    wrong = [(task_id, what) for task_id, what in rows if what is not None]
    for task_id, what in wrong[:LISTED]:
        context.miss(Check.CLOSINGS, what, task_id=str(task_id))
    return CheckResult(
        hop=Check.CLOSINGS,
        total=len(rows),
        parts={"closed_by_a_person": len(rows) - len(wrong)},
        unaccounted=len(wrong),
    )
