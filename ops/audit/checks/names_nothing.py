"""What ends, annuls or withdraws something that its sender has registered about nobody, after the grace time.

It is no gap and stops no heartbeat: a typing error of one sender must not silence the sign of life of the service.
"""

from typing import Final, LiteralString

from ops.audit.checks.context import LISTED, CheckContext
from ops.audit.report import Check, CheckResult

NAMES_NOTHING: Final = "an event takes back what its sender has registered about nobody"
LISTED_DAYS: Final = 30
"""Since its sender was told. Nobody but the sender can mend it, and a mistyped id is never registered."""
ROWS: Final[LiteralString] = """
SELECT s.topic, s.partition, s."offset", s.kind, s.sender, s.event_id, s.told_at > now() - %s * interval '1 day'
FROM subjects s WHERE s.names_nothing AND s.told_at IS NOT NULL ORDER BY s.topic, s.partition, s."offset"
"""


def count(context: CheckContext) -> CheckResult:
    """Those whose senders were told: lately, and those that are let be."""
    parts = {"told": 0, "let_be": 0}
    for topic, partition, offset, kind, sender, event_id, lately in context.rows(ROWS, (LISTED_DAYS,)):
        parts["told" if lately else "let_be"] += 1
        if lately and parts["told"] <= LISTED:
            context.miss(
                Check.NAMES_NOTHING,
                NAMES_NOTHING,
                topic=topic,
                partition=partition,
                offset=offset,
                message_id=event_id,
                detail=f"sender {sender}: {kind}",
            )
    return CheckResult(hop=Check.NAMES_NOTHING, total=sum(parts.values()), parts=parts)
