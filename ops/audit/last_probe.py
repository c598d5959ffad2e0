"""The last probe that came home, as the ledger alone says: whoever sends them is not asked.

A canary's notice names the person event that made it due, and that event its input record: so a canary is home where a
notice of its unit has been delivered, and was sent when the brokers received that record.
"""

from datetime import datetime
from typing import Final

from models.events.probe_identity import SENDERS, UNIT
from ops.audit.checks.context import CheckContext

_LAST_HOME: Final = """
SELECT max(r.appended_at)
FROM tasks t JOIN deliveries d ON d.task_id = t.id
JOIN applied a ON (a.partition, a."offset") = (split_part(d.cause, ':', 1)::int, split_part(d.cause, ':', 2)::bigint)
JOIN receipts r ON (r.topic, r.partition, r."offset") = (a.origin_topic, a.origin_partition, a.origin_offset)
WHERE t.unit_id = %s AND t.changed_at > now() - interval '1 day'
AND d.status = 'delivered' AND d.occasion IN ('new', 'more_messages') AND r.sender = ANY(%s)
"""


def last_home(context: CheckContext) -> datetime | None:
    """When the brokers had received it; None where none came home within a day."""
    ((found,),) = context.rows(_LAST_HOME, (UNIT, sorted(SENDERS)))
    return found if isinstance(found, datetime) else None
