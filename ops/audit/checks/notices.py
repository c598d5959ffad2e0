"""Every task's unit has a mail made out to it: a webhook, which a machine takes, tells nobody."""

from models.events.probe_identity import UNIT
from ops.audit.checks.context import LISTED, CheckContext
from ops.audit.report import Check, CheckResult, Missing


def count(context: CheckContext) -> CheckResult:
    """Tasks against the notices of their first day."""
    total = context.number("SELECT count(*) FROM tasks")
    rows = context.rows(
        "SELECT id FROM tasks t WHERE NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.task_id = t.id "
        "AND d.channel = 'email' AND d.occasion IN ('new', 'taken_over'))"
    )
    context.missing += [
        Missing(hop=Check.NOTICES, what="nobody was told", task_id=str(task_id))
        for (task_id,) in rows[:LISTED]
    ]
    canaries = context.number("SELECT count(*) FROM tasks WHERE unit_id = %s", (UNIT,))
    return CheckResult(
        hop=Check.NOTICES,
        total=total,
        parts={"with_notice": total - len(rows)},
        unaccounted=len(rows),
        beside={"of_canaries": canaries} if canaries else {},
    )
