"""Every accepted message has one decision, or repeats another."""

from typing import Final, LiteralString

from config.topics import Topic
from models.events.event_types import EVENT_TYPES
from ops.audit.checks.context import LISTED, CheckContext
from ops.audit.checks.followed import BEHIND, Followed, followed
from ops.audit.report import Check, CheckResult, GapKind, Missing

_RAISED: Final = [name for name, row in EVENT_TYPES.items() if row.kind == "dropout-risk.raised"]
RISKS: Final[LiteralString] = "SELECT count(*) FROM receipts WHERE status = 'accepted' AND type = ANY(%s)"
REPEATS: Final[LiteralString] = """
SELECT p.kind, count(*) FROM repeats p JOIN receipts r USING (topic, partition, "offset")
WHERE r.type = ANY(%s) GROUP BY p.kind
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
SELECT r.topic, r.partition, r."offset", r.event_id, r.sender, r.recorded_at, EXISTS (
    SELECT 1 FROM applied a JOIN messages m
        ON (m.sender, m.message_id, m.person_id) = (r.sender, r.event_id, a.person_id)
    WHERE (a.origin_topic, a.origin_partition, a.origin_offset) = (r.topic, r.partition, r."offset")
        AND a.left_out IS NOT NULL) AS is_beside, EXISTS (
    SELECT 1 FROM applied a WHERE (a.origin_topic, a.origin_partition, a.origin_offset)
        = (r.topic, r.partition, r."offset") AND a.person_id = 'erased') AS is_erased
FROM receipts r
WHERE r.status = 'accepted' AND r.type = ANY(%s)
AND NOT EXISTS (
    SELECT 1 FROM repeats p WHERE (p.topic, p.partition, p."offset") = (r.topic, r.partition, r."offset"))
AND NOT EXISTS (
    SELECT 1 FROM messages m
    WHERE (m.origin_topic, m.origin_partition, m.origin_offset) = (r.topic, r.partition, r."offset"))
"""
"""`is_beside`: match has left it out, and another record with its id stands for the message. Match remembers neither,
so that the ledger keeps the one that arrived first, and the repeat is the one that was appended later."""
DECIDED: Final[LiteralString] = "SELECT partition, place FROM message WHERE (sender, message_id) = (?, ?)"
STANDS_FOR: Final[LiteralString] = """
SELECT origin_topic, origin_partition, origin_offset FROM messages WHERE (sender, message_id) = (%s, %s)
"""
RECEIPT: Final[LiteralString] = """
SELECT receipt_partition, receipt_place FROM origin WHERE (topic, partition, place) = (?, ?, ?)
"""


def count(context: CheckContext) -> CheckResult:
    """Accepted at-risk messages against their decisions."""
    total = context.number(RISKS, (_RAISED,))
    repeats = context.counts(
        REPEATS,
        (_RAISED,),
    )
    decided = context.counts(OUTCOMES)
    rows = context.rows(UNDECIDED, (_RAISED,))
    old, beside, erased = [], 0, 0
    for topic, partition, offset, event_id, sender, recorded_at, is_beside, is_erased in rows:
        if is_erased:
            erased += 1
            continue
        if is_beside:
            beside += 1
            continue
        place = (topic, partition, offset)
        follows = followed(context, place)
        waits = follows is Followed.WAITING or _decision_waits(context, sender, event_id)
        if not context.under_way(recorded_at, waits=waits):
            old.append((place, event_id, follows))
    context.missing += [
        Missing(
            hop=Check.DECISIONS,
            what=GapKind.NO_DECISION if follows is Followed.APPLIED else BEHIND,
            topic=topic,
            partition=partition,
            offset=offset,
            message_id=event_id,
        )
        for (topic, partition, offset), event_id, follows in old[:LISTED]
    ]
    parts = {name: decided.get(name, 0) for name in ("obliged", "not_obliged", "undecided")}
    parts |= {name: repeats.get(name, 0) for name in ("duplicate", "conflict")}
    parts["left_out"] = beside
    if erased:
        parts["erased"] = erased
    under_way = len(rows) - beside - erased - len(old)
    return CheckResult(
        hop=Check.DECISIONS, total=total, parts=parts, under_way=under_way, unaccounted=len(old)
    )


def _decision_waits(context: CheckContext, sender: str, message_id: str) -> bool:
    """Whether the ledger has still to read a decision of that id, or the receipt of the record that came first with it:
    only then does it know a repeat."""
    decisions = context.index.rows(DECIDED, (sender, message_id))
    if any(context.waits(str(Topic.DECISIONS), part, place) for part, place in decisions):
        return True
    first = context.rows(STANDS_FOR, (sender, message_id))
    receipts = [row for origin in first for row in context.index.rows(RECEIPT, origin)]
    return any(context.waits(str(Topic.RECEIPTS), part, place) for part, place in receipts)
