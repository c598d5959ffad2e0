"""Every accepted record has been applied to its person."""

from ops.accounts import Account, Hop, Missing
from ops.hops.desk import LISTED, Desk


def count(desk: Desk) -> Account:
    """Accepted receipts against what match has applied, by origin."""
    total = desk.number("SELECT count(*) FROM receipts WHERE status = 'accepted'")
    rows = desk.rows(
        'SELECT r.topic, r.partition, r."offset", r.event_id, r.recorded_at < now() - %s '
        "FROM receipts r WHERE status = 'accepted' AND NOT EXISTS (SELECT 1 FROM applied a WHERE "
        '(a.origin_topic, a.origin_partition, a.origin_offset) = (r.topic, r.partition, r."offset"))',
        (desk.grace,),
    )
    old = [row for row in rows if row[4]]
    for topic, partition, offset, event_id, _ in old[:LISTED]:
        desk.missing.append(
            Missing(
                hop=Hop.PERSON_EVENTS,
                what="accepted, but not applied",
                topic=topic,
                partition=partition,
                offset=offset,
                message_id=event_id,
            )
        )
    return Account(
        hop=Hop.PERSON_EVENTS,
        total=total,
        parts={"applied": total - len(rows)},
        under_way=len(rows) - len(old),
        unaccounted=len(old),
    )
