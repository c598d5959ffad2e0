"""Every obliged message is in one open task of its unit."""

from ops.accounts import Account, Hop, Missing
from ops.hops.desk import LISTED, Desk


def count(desk: Desk) -> Account:
    """Obliged messages against open tasks: same person, enrolment and unit."""
    total = desk.number("SELECT count(*) FROM messages WHERE outcome = 'obliged'")
    rows = desk.rows(
        "SELECT m.message_id, m.task_id FROM messages m LEFT JOIN tasks t ON t.id = m.task_id "
        "WHERE m.outcome = 'obliged' AND (t.id IS NULL OR t.status <> 'open' "
        "OR (t.person_id, t.enrolment_id, t.unit_id) IS DISTINCT FROM (m.person_id, m.enrolment_id, m.unit_id))"
    )
    empty = desk.rows(
        "SELECT t.id FROM tasks t WHERE t.status = 'open' "
        "AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.task_id = t.id AND m.outcome = 'obliged')"
    )
    desk.missing += [
        Missing(hop=Hop.TASKS, what="not in an open task of its unit", message_id=message_id)
        for message_id, _ in rows[:LISTED]
    ]
    desk.missing += [
        Missing(hop=Hop.TASKS, what="an open task without a message that obliges", task_id=str(task_id))
        for (task_id,) in empty[:LISTED]
    ]
    return Account(
        hop=Hop.TASKS,
        total=total + len(empty),
        parts={"in_open_tasks": total - len(rows)},
        unaccounted=len(rows) + len(empty),
    )
