"""Every task's unit has a mail made out to it: a webhook, which a machine takes, tells nobody."""

from typing import Final, LiteralString

from models.events.probe_identity import UNIT
from models.notifications.delivery import Occasion
from ops.audit.checks.context import LISTED, CheckContext
from ops.audit.report import Check, CheckResult, Missing

TASKS: Final[LiteralString] = "SELECT count(*) FROM tasks t WHERE NOT starts_with(t.person_id, 'erased:')"
"""Of an erased person the notices are gone."""
UNTOLD: Final[LiteralString] = """
SELECT id FROM tasks t
WHERE NOT starts_with(t.person_id, 'erased:') AND NOT EXISTS (
    SELECT 1 FROM deliveries d WHERE d.task_id = t.id AND d.channel = 'email' AND d.occasion = ANY(%s))
"""
TASKS_OF_UNIT: Final[LiteralString] = "SELECT count(*) FROM tasks WHERE unit_id = %s"


def count(context: CheckContext) -> CheckResult:
    """Tasks against the notices of their first day."""
    total = context.number(TASKS)
    rows = context.rows(UNTOLD, ([Occasion.NEW, Occasion.TAKEN_OVER],))
    context.missing += [
        Missing(hop=Check.NOTICES, what="nobody was told", task_id=str(task_id))
        for (task_id,) in rows[:LISTED]
    ]
    canaries = context.number(TASKS_OF_UNIT, (UNIT,))
    return CheckResult(
        hop=Check.NOTICES,
        total=total,
        parts={"with_notice": total - len(rows)},
        unaccounted=len(rows),
        beside={"of_canaries": canaries} if canaries else {},
    )
