"""Every accepted record has become a person event and has been applied to its person, and no other record has."""

from typing import Any, Final

from config.topics import Topic
from models.events.event_types import InputTopic
from ops.audit.checks.context import LISTED, Desk
from ops.audit.report import Account, Hop, Lack

_WITHOUT_REASON: Final = """
SELECT topic, partition, place, max(at_ms) FROM (
    SELECT o.topic, o.partition, o.place, e.at_ms FROM origin o JOIN event e
    ON (e.topic, e.origin_partition, e.origin_place) = (o.topic, o.partition, o.place)
    WHERE o.topic <> 'ledger' AND (o.accepted = 0 OR (o.accepted IS NULL AND NOT ?))
) GROUP BY 1, 2, 3
"""


def count(desk: Desk) -> Account:
    """Accepted receipts in the ledger against what match has applied, by origin; and both against the log."""
    total = desk.number("SELECT count(*) FROM receipts WHERE status = 'accepted'")
    about_nobody = desk.number(
        "SELECT count(*) FROM receipts WHERE status = 'accepted' AND topic = %s",
        (str(InputTopic.CONTROL_TOTALS),),
    )
    rows = desk.rows(
        'SELECT r.topic, r.partition, r."offset", r.event_id, r.recorded_at < now() - %s '
        "FROM receipts r WHERE status = 'accepted' AND topic <> %s AND NOT EXISTS (SELECT 1 FROM applied a WHERE "
        '(a.origin_topic, a.origin_partition, a.origin_offset) = (r.topic, r.partition, r."offset"))',
        (desk.grace, str(InputTopic.CONTROL_TOTALS)),
    )
    old = [row for row in rows if row[4]]
    for topic, partition, offset, event_id, _ in old[:LISTED]:
        desk.miss(
            Hop.PERSON_EVENTS,
            Lack.NOT_FOLLOWED,
            topic=topic,
            partition=partition,
            offset=offset,
            message_id=event_id,
        )
    uncalled = _uncalled(desk)
    parts = {"applied": total - about_nobody - len(rows)}
    if about_nobody:
        parts["about_nobody"] = about_nobody
    return Account(
        hop=Hop.PERSON_EVENTS,
        total=total + uncalled,
        parts=parts,
        under_way=len(rows) - len(old),
        unaccounted=len(old) + uncalled,
        beside={"written_again": _again(desk)},
    )


def _uncalled(desk: Desk) -> int:
    """Person events that no accepted receipt speaks of."""
    # Where retention has taken the oldest receipts, a missing one says nothing.
    shortened = desk.shortened(Topic.RECEIPTS)
    found = [row for row in desk.notes.rows(_WITHOUT_REASON, (shortened,)) if not desk.is_young(row[3] or 0)]
    for topic, partition, offset, _ in found[:LISTED]:
        desk.miss(
            Hop.PERSON_EVENTS,
            "a person event without an accepted receipt",
            topic=topic,
            partition=partition,
            offset=offset,
        )
    return len(found)


def _again(desk: Desk) -> int:
    found: Any = desk.notes.value("SELECT sum(events - 1) FROM origin WHERE events > 1")
    return found or 0
