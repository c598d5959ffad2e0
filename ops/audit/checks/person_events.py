"""Every accepted record has become a person event and has been applied to its person, and no other record has."""

from typing import Any, Final, LiteralString

from config.topics import Topic
from models.events.event_types import InputTopic
from ops.audit.checks.context import LISTED, CheckContext, moment_of
from ops.audit.checks.followed import BEHIND, Followed, followed
from ops.audit.report import Check, CheckResult, GapKind

WITHOUT_REASON: Final = """
SELECT topic, partition, place, max(at_ms) FROM (
    SELECT o.topic, o.partition, o.place, e.at_ms FROM origin o JOIN event e
    ON (e.topic, e.origin_partition, e.origin_place) = (o.topic, o.partition, o.place)
    WHERE o.topic NOT IN ('ledger', 'erasures') AND o.topic NOT LIKE 'ledger/%' AND instr(o.topic, '>') = 0
      AND (o.accepted = 0 OR (o.accepted IS NULL AND NOT ?))
) GROUP BY 1, 2, 3
"""
ACCEPTED: Final[LiteralString] = "SELECT count(*) FROM receipts WHERE status = 'accepted'"
ACCEPTED_OF_TOPIC: Final[LiteralString] = """
SELECT count(*) FROM receipts WHERE status = 'accepted' AND topic = %s
"""
UNAPPLIED: Final[LiteralString] = """
SELECT r.topic, r.partition, r."offset", r.event_id, r.recorded_at FROM receipts r
WHERE status = 'accepted' AND topic <> %s AND NOT EXISTS (SELECT 1 FROM applied a WHERE (a.origin_topic,
    a.origin_partition, a.origin_offset) = (r.topic, r.partition, r."offset"))
"""
AGAIN: Final[LiteralString] = "SELECT sum(events - 1) FROM origin WHERE events > 1"


def count(context: CheckContext) -> CheckResult:
    """Accepted receipts in the ledger against what match has applied, by origin; and both against the log."""
    total = context.number(ACCEPTED)
    about_nobody = context.number(
        ACCEPTED_OF_TOPIC,
        (str(InputTopic.CONTROL_TOTALS),),
    )
    rows = context.rows(UNAPPLIED, (str(InputTopic.CONTROL_TOTALS),))
    old = []
    for topic, partition, offset, event_id, recorded_at in rows:
        follows = followed(context, (topic, partition, offset))
        if not context.under_way(recorded_at, waits=follows is Followed.WAITING):
            old.append((topic, partition, offset, event_id, follows))
    for topic, partition, offset, event_id, follows in old[:LISTED]:
        context.miss(
            Check.PERSON_EVENTS,
            GapKind.NOT_FOLLOWED if follows is Followed.NOWHERE else BEHIND,
            topic=topic,
            partition=partition,
            offset=offset,
            message_id=event_id,
        )
    uncalled = _uncalled(context)
    parts = {"applied": total - about_nobody - len(rows)}
    if about_nobody:
        parts["about_nobody"] = about_nobody
    return CheckResult(
        hop=Check.PERSON_EVENTS,
        total=total + uncalled,
        parts=parts,
        under_way=len(rows) - len(old),
        unaccounted=len(old) + uncalled,
        beside={"written_again": _again(context)},
    )


def _uncalled(context: CheckContext) -> int:
    """Person events that no accepted receipt speaks of."""
    # Where retention has taken the oldest receipts, a missing one says nothing.
    shortened = context.shortened(Topic.RECEIPTS)
    found = [
        row
        for row in context.index.rows(WITHOUT_REASON, (shortened,))
        if not context.under_way(moment_of(row[3] or 0), waits=context.waits(*row[:3]))
    ]
    for topic, partition, offset, _ in found[:LISTED]:
        context.miss(
            Check.PERSON_EVENTS,
            "a person event without an accepted receipt",
            topic=topic,
            partition=partition,
            offset=offset,
        )
    return len(found)


def _again(context: CheckContext) -> int:
    found: Any = context.index.value(AGAIN)
    return found or 0
