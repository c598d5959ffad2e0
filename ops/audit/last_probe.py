"""The last probe that came home, as the ledger alone says: whoever sends them is not asked.

A canary's notice names the person event that made it due, and that event its input record: so a canary is home where a
notice of its unit has been delivered, and was sent when the brokers received that record.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final, LiteralString

from models.events.probe_identity import SENDERS, UNIT
from models.notifications.cause import CauseKind, DeliveryCause
from models.notifications.delivery import Occasion

Rows = Callable[[LiteralString, Sequence[Any]], Sequence[tuple[Any, ...]]]
"""All rows that the ledger has for a query with its parameters."""

CAUSES: Final[LiteralString] = """
SELECT DISTINCT d.cause_ref FROM tasks t JOIN deliveries d ON d.task_id = t.id
WHERE t.unit_id = %s AND t.changed_at > now() - interval '1 day'
AND d.status = 'delivered' AND d.occasion = ANY(%s) AND d.cause_kind = 'event'
"""
LAST_HOME: Final[LiteralString] = """
SELECT max(r.appended_at)
FROM unnest(%s::int[], %s::bigint[]) AS cause (partition, "offset") JOIN applied a USING (partition, "offset")
JOIN receipts r ON (r.topic, r.partition, r."offset") = (a.origin_topic, a.origin_partition, a.origin_offset)
WHERE r.sender = ANY(%s)
"""


def last_home(rows: Rows) -> datetime | None:
    """When the brokers had received it; None where none came home within a day."""
    found_in = rows(CAUSES, (UNIT, [Occasion.NEW, Occasion.MORE_MESSAGES]))
    causes = [DeliveryCause(CauseKind.EVENT, ref).place for (ref,) in found_in]
    partitions, offsets = [partition for partition, _ in causes], [offset for _, offset in causes]
    ((found,),) = rows(LAST_HOME, (partitions, offsets, sorted(SENDERS)))
    return found if isinstance(found, datetime) else None
