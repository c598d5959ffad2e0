"""Every notice is sent, or there is a reason."""

from ops.accounts import Account, Hop, Missing
from ops.hops.desk import LISTED, Desk


def count(desk: Desk) -> Account:
    """Due notices against their end: sent, refused, exhausted, superseded, or still to be sent."""
    found = desk.counts("SELECT status, count(*) FROM deliveries GROUP BY status")
    late = desk.rows(
        "SELECT id, task_id FROM deliveries WHERE status = 'due' AND due_at < now() - %s "
        "AND (lease_until IS NULL OR lease_until < now() - %s)",
        (desk.grace, desk.grace),
    )
    desk.missing += [
        Missing(hop=Hop.DELIVERIES, what="due, and nobody has tried", task_id=str(task_id))
        for _, task_id in late[:LISTED]
    ]
    waiting = found.pop("due", 0)
    return Account(
        hop=Hop.DELIVERIES,
        total=sum(found.values()) + waiting,
        parts={name: found.get(name, 0) for name in ("delivered", "refused", "exhausted", "superseded")},
        under_way=waiting - len(late),
        unaccounted=len(late),
    )
