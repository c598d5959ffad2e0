"""Every person event has one applied entry."""

from pydantic import ValidationError

from config.topics import Topic
from models.person_event import PersonEvent
from ops.accounts import Account, Hop, Missing
from ops.hops.absent import absent
from ops.hops.desk import LISTED, Desk


def count(desk: Desk) -> Account:
    """Person events against applied entries; one whose origin was applied by another is accounted for."""
    total, applied, again, young, old = 0, 0, 0, 0, 0
    for partition, bounds in desk.log.bounds(Topic.PERSON_EVENTS).items():
        total += bounds[1] - bounds[0]
        found = desk.number(
            'SELECT count(*) FROM applied WHERE partition = %s AND "offset" >= %s AND "offset" < %s',
            (partition, *bounds),
        )
        applied += found
        gone = absent(desk, "applied", None, partition, bounds, found)
        for message in desk.log.read(Topic.PERSON_EVENTS, partition, gone[:LISTED]):
            if _origin_applied(desk, message.value() or b""):
                again += 1
            elif desk.is_young(message.timestamp()[1]):
                young += 1
            else:
                old += 1
                desk.missing.append(
                    Missing(
                        hop=Hop.APPLIED,
                        what="not applied",
                        topic=Topic.PERSON_EVENTS,
                        partition=partition,
                        offset=message.offset(),
                    )
                )
        old += max(0, len(gone) - LISTED)
    parts = {"applied": applied}
    if again:
        parts["driven_again"] = again
    return Account(hop=Hop.APPLIED, total=total, parts=parts, under_way=young, unaccounted=old)


def _origin_applied(desk: Desk, value: bytes) -> bool:
    try:
        origin = PersonEvent.model_validate_json(value).origin
    except ValidationError:
        return False
    return bool(
        desk.number(
            "SELECT count(*) FROM applied WHERE (origin_topic, origin_partition, origin_offset) = (%s, %s, %s)",
            origin.place,
        )
    )
