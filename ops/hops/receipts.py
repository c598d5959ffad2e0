"""Every input record has one receipt."""

from collections.abc import Sequence

from models.events import InputTopic
from ops.accounts import Account, Hop, Missing
from ops.hops.absent import absent
from ops.hops.desk import LISTED, Desk


def count(desk: Desk) -> Account:
    """Input records against receipts: by offset, in what the brokers still hold."""
    total, young, old = 0, 0, 0
    accepted, rejected, markers = 0, 0, 0
    for topic in InputTopic:
        for partition, bounds in desk.log.bounds(topic).items():
            total += bounds[1] - bounds[0]
            found = desk.counts(
                "SELECT status, count(*) FROM receipts WHERE topic = %s AND partition = %s "
                'AND "offset" >= %s AND "offset" < %s GROUP BY status',
                (topic, partition, *bounds),
            )
            accepted += found.get("accepted", 0)
            rejected += found.get("rejected", 0)
            gone = absent(desk, "receipts", topic, partition, bounds, sum(found.values()))
            waiting, lost, empty = _ages(desk, Hop.RECEIPTS, topic, partition, gone, "no receipt")
            young, old, markers = young + waiting, old + lost, markers + empty
    parts = {"accepted": accepted, "rejected": rejected}
    if markers:
        parts["transaction_markers"] = markers
    return Account(hop=Hop.RECEIPTS, total=total, parts=parts, under_way=young, unaccounted=old)


def _ages(
    desk: Desk, hop: Hop, topic: str, partition: int, gone: Sequence[int], what: str
) -> tuple[int, int, int]:
    """Of the missing: how many are under way, how many are lost, and how many offsets hold no record at all."""
    young = old = 0
    listed = gone[:LISTED]
    for message in desk.log.read(topic, partition, listed):
        if desk.is_young(message.timestamp()[1]):
            young += 1
            continue
        old += 1
        desk.missing.append(
            Missing(hop=hop, what=what, topic=topic, partition=partition, offset=message.offset())
        )
    return young, old + len(gone) - len(listed), len(listed) - young - old
