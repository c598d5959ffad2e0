"""Every duty that a unit has instead of the one that the rules name was given to it by an act, and by the last one."""

from typing import Final, LiteralString

from ops.audit.checks.context import LISTED, CheckContext
from ops.audit.report import Check, CheckResult

UNFOUNDED: Final = """
SELECT a.task_id, r.act_id FROM transfers r LEFT JOIN acts a ON a.id = r.act_id LEFT JOIN tasks t ON t.id = a.task_id
WHERE a.id IS NULL OR a.kind <> 'hand_over' OR a.detail ->> 'to_unit' IS DISTINCT FROM r.unit_id
OR (t.person_id, t.enrolment_id) IS DISTINCT FROM (r.person_id, r.enrolment_id) OR r.unit_id = r.decided_unit
"""
NOT_ENDED: Final = """
SELECT a.task_id, a.id FROM acts a JOIN tasks t ON t.id = a.task_id LEFT JOIN tasks s ON s.id = a.successor
WHERE a.kind = 'hand_over' AND (s.id IS NULL
OR (s.person_id, s.enrolment_id, s.unit_id) IS DISTINCT FROM (t.person_id, t.enrolment_id, a.detail ->> 'to_unit'))
"""
TRANSFERS: Final[LiteralString] = "SELECT count(*) FROM transfers"
HAND_OVERS: Final[LiteralString] = "SELECT count(*) FROM acts WHERE kind = 'hand_over'"


def count(context: CheckContext) -> CheckResult:
    """Transfers in force against the acts, and hand-overs against the tasks that they have made."""
    total = context.number(TRANSFERS)
    unfounded = context.rows(UNFOUNDED)
    astray = context.rows(NOT_ENDED)
    for what, rows in (
        ("a transfer that no act has made", unfounded),
        ("handed over, and no task of the other unit", astray),
    ):
        for task_id, _ in rows[:LISTED]:
            context.miss(Check.TRANSFERS, what, task_id=None if task_id is None else str(task_id))
    return CheckResult(
        hop=Check.TRANSFERS,
        total=total + len(astray),
        parts={"by_an_act": total - len(unfounded)},
        unaccounted=len(unfounded) + len(astray),
        beside={"hand_overs": context.number(HAND_OVERS)},
    )
