"""What match has left out because its sender is over its bound: accounted for, and an exception until people decide.

It is no gap, and stops no heartbeat: else one sender could silence the sign of life of the whole service.
"""

from typing import Final, LiteralString

from config.topics import Topic
from ops.audit.checks.context import LISTED, CheckContext
from ops.audit.report import Check, CheckResult

LEFT_OUT: Final = "an event has no effect: its sender is over its bound for the person"
ROWS: Final[LiteralString] = """
SELECT a.partition, a."offset", a.left_out, r.sender, r.event_id, q.state,
    EXISTS (SELECT 1 FROM receipts s JOIN applied b
        ON (s.topic, s.partition, s."offset") = (b.origin_topic, b.origin_partition, b.origin_offset)
        WHERE (s.sender, s.event_id, s.fingerprint) = (r.sender, r.event_id, r.fingerprint)
          AND b.person_id = a.person_id AND b.left_out IS NULL)
FROM applied a LEFT JOIN receipts r
    ON (r.topic, r.partition, r."offset") = (a.origin_topic, a.origin_partition, a.origin_offset)
LEFT JOIN quarantine q ON q.kind = 'left_out' AND q.id = concat_ws('/', 'person-events', a.partition, a."offset")
WHERE a.left_out IS NOT NULL ORDER BY a.partition, a."offset"
"""


def count(context: CheckContext) -> CheckResult:
    """Events that were left out: released since, put aside by a person, or waiting for one."""
    parts = {"left_out": 0, "released": 0, "dismissed": 0}
    for partition, offset, why, sender, event_id, state, counts in context.rows(ROWS):
        if counts:
            parts["released"] += 1
        elif state == "dismissed":
            parts["dismissed"] += 1
        else:
            parts["left_out"] += 1
            if parts["left_out"] <= LISTED:
                context.miss(
                    Check.BOUNDS,
                    LEFT_OUT,
                    topic=str(Topic.PERSON_EVENTS),
                    partition=partition,
                    offset=offset,
                    message_id=event_id,
                    detail=f"sender {sender or 'unknown'}: {why}",
                )
    return CheckResult(hop=Check.BOUNDS, total=sum(parts.values()), parts=parts)
