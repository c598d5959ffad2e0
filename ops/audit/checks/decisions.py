"""Every accepted message has one decision, or repeats another."""

from typing import Final, LiteralString

from models.events.event_types import TYPE_PREFIX
from ops.audit.checks.context import LISTED, CheckContext
from ops.audit.report import Check, CheckResult, GapKind, Missing

_RAISED: Final = f"{TYPE_PREFIX}dropout-risk.raised.v1"
RISKS: Final[LiteralString] = "SELECT count(*) FROM receipts WHERE status = 'accepted' AND type = %s"
REPEATS: Final[LiteralString] = """
SELECT p.kind, count(*) FROM repeats p JOIN receipts r USING (topic, partition, "offset")
WHERE r.type = %s GROUP BY p.kind
"""
OUTCOMES: Final[LiteralString] = """
SELECT m.outcome, count(*) FROM messages m
JOIN receipts r ON (r.topic, r.partition, r."offset") = (m.origin_topic, m.origin_partition, m.origin_offset)
    AND r.status = 'accepted'
WHERE NOT EXISTS (
    SELECT 1 FROM repeats p
    WHERE (p.topic, p.partition, p."offset") = (m.origin_topic, m.origin_partition, m.origin_offset))
GROUP BY m.outcome
"""
UNDECIDED: Final[LiteralString] = """
SELECT r.topic, r.partition, r."offset", r.event_id, r.recorded_at < now() - %s FROM receipts r
WHERE r.status = 'accepted' AND r.type = %s
AND NOT EXISTS (
    SELECT 1 FROM repeats p WHERE (p.topic, p.partition, p."offset") = (r.topic, r.partition, r."offset"))
AND NOT EXISTS (
    SELECT 1 FROM messages m
    WHERE (m.origin_topic, m.origin_partition, m.origin_offset) = (r.topic, r.partition, r."offset"))
"""


def count(context: CheckContext) -> CheckResult:
    """Accepted at-risk messages against their decisions."""
    total = context.number(RISKS, (_RAISED,))
    repeats = context.counts(
        REPEATS,
        (_RAISED,),
    )
    decided = context.counts(OUTCOMES)
    rows = context.rows(
        UNDECIDED,
        (context.grace, _RAISED),
    )
    old = [row for row in rows if row[4]]
    context.missing += [
        Missing(
            hop=Check.DECISIONS,
            what=GapKind.NO_DECISION,
            topic=topic,
            partition=partition,
            offset=offset,
            message_id=event_id,
        )
        for topic, partition, offset, event_id, _ in old[:LISTED]
    ]
    parts = {name: decided.get(name, 0) for name in ("obliged", "not_obliged", "undecided")}
    parts |= {name: repeats.get(name, 0) for name in ("duplicate", "conflict")}
    return CheckResult(
        hop=Check.DECISIONS, total=total, parts=parts, under_way=len(rows) - len(old), unaccounted=len(old)
    )
