"""Person events: a digest of each, and of the facts those that routing needs."""

from collections.abc import Sequence
from typing import Any, Final, LiteralString

from confluent_kafka import Message

from ops.audit.digest import digest
from ops.audit.index import AuditIndex
from ops.audit.readers import erasures
from ops.audit.readers.decode import each, forwarded_topic, moment_ms

EVENT: Final = """
INSERT INTO event (partition, place, said, at_ms, topic, origin_partition, origin_place, person, erased)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET said = excluded.said, at_ms = excluded.at_ms, topic = excluded.topic,
    origin_partition = excluded.origin_partition, origin_place = excluded.origin_place, person = excluded.person,
    erased = excluded.erased
"""
ORIGIN_EVENT: Final = """
INSERT INTO origin (topic, partition, place, events, event_partition, event_first, event_place)
VALUES (?1, ?2, ?3, 1, ?4, ?5, ?5)
ON CONFLICT DO UPDATE SET events = events + 1, event_partition = excluded.event_partition,
    event_first = coalesce(event_first, excluded.event_first), event_place = excluded.event_place
"""
PERSON: Final = """
INSERT INTO person (id, moved_ms, moved_partition, moved_place) VALUES (?, ?, ?, ?)
ON CONFLICT DO UPDATE SET events = events + 1, moved_ms = max(moved_ms, excluded.moved_ms),
    moved_partition = CASE WHEN excluded.moved_place IS NULL
        OR (excluded.moved_partition, excluded.moved_place) < (moved_partition, moved_place)
        THEN moved_partition ELSE excluded.moved_partition END,
    moved_place = CASE WHEN excluded.moved_place IS NULL
        OR (excluded.moved_partition, excluded.moved_place) < (moved_partition, moved_place)
        THEN moved_place ELSE excluded.moved_place END
"""
"""Partitions are read in any order. What stands in one with a higher number came later (docs/decisions/0069)."""
STALE: Final[LiteralString] = "UPDATE message SET stale = 1 WHERE person = ?"


def read(index: AuditIndex, records: Sequence[Message]) -> None:
    """Person events, and of the facts those that routing needs."""
    events: list[tuple[Any, ...]] = []
    origins, people, homes, lost, refused = [], [], [], [], []
    cuts, fresh = erasures.known(index), set()

    def one(record: Message, said: Any) -> None:
        at, origin, content = record.timestamp()[1], said["origin"], said["content"]
        place = (origin["topic"], origin["partition"], origin["offset"])
        person = digest(said["person_id"])
        said_of = digest(record.offset(), *place, said["person_id"])
        noted = place
        if said.get("forwarded") is not None or content["kind"] == "person.joined":
            noted = (forwarded_topic(place[0], said["person_id"]), *place[1:])
        origins.append((*noted, record.partition(), record.offset()))
        appended_ms = moment_ms(origin["appended_at"])
        is_erasing = content["kind"] == "person.erased"
        at_place = (record.partition() or 0, record.offset() or 0)
        is_gone = erasures.is_before(cuts, person, appended_ms) or erasures.is_behind(cuts, person, at_place)
        if is_erasing or is_gone:
            said_of = erasures.place_digest(record.offset(), place)
            events.append((record.partition(), record.offset(), said_of, at, *noted, None, 1))
            if is_erasing:
                before = cuts.get(person, (0, 0, 0))
                cuts[person] = (max(before[0], appended_ms), *max(before[1:], at_place))
                fresh.add(person)
            return
        events.append((record.partition(), record.offset(), said_of, at, *noted, person, 0))
        gone = _lost(said)
        moves = gone is not None or content["kind"] in ("residence.registered", "event.refused")
        people.append((person, at, record.partition(), record.offset()) if moves else (person, 0, None, None))
        if content["kind"] == "residence.registered":
            homes.append(
                (
                    person,
                    *place,
                    origin["appended_at"],
                    said["sender"],
                    said["event_id"],
                    said["fingerprint"],
                    content["residence_id"],
                    content["municipality_code"],
                    content["valid_from"],
                    said["registered_at"],
                )
            )
        elif gone is not None:
            lost.append((person, *gone))
        elif content["kind"] == "event.refused":
            refused.append((content["topic"], content["partition"], content["offset"]))

    each(index, records, one)
    index.many(EVENT, events)
    index.many(ORIGIN_EVENT, origins)
    index.many(PERSON, people)
    index.many("INSERT OR IGNORE INTO home VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", homes)
    index.many("INSERT OR IGNORE INTO lost VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", lost)
    index.many("INSERT OR IGNORE INTO refused VALUES (?, ?, ?)", refused)
    index.many(STALE, [(person,) for person, at, *_ in people if at])
    for person in fresh:
        erasures.forget(index, person, cuts[person])


def _lost(said: Any) -> tuple[Any, ...] | None:
    """Of an annulled residence, and of the ledger's word on one: the row of ``lost`` without its person."""
    content = said["content"]
    origin, word = said["origin"], content
    match content["kind"]:
        case "residence.annulled":
            word = {**origin, **said, "name": content["residence_id"]}
        case "subject.moved" | "subject.taken_back" if content["subject"] == "residence":
            # An id of its own: the version that it names stands with another person.
            word = {**content, "event_id": said["event_id"]}
        case _:
            return None
    return (
        word["topic"],
        word["partition"],
        word["offset"],
        word["appended_at"],
        word["sender"],
        word["event_id"],
        word["name"],
        word["registered_at"],
        content["kind"] == "subject.moved",
        content.get("owner"),
        content.get("owned_since"),
    )
