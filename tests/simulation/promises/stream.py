"""The stream and the ledger: each record answered, applied, decided and projected."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from config.topics import Topic
from infra.partitioner import PersonPartitions
from ledger.store.erasures import ERASED
from streams.person_store import PersonStore
from tests.simulation import expected, ledgers
from tests.simulation.expected import Message
from tests.simulation.final_state import Books
from tests.simulation.kafka_in_memory import person_event
from tests.simulation.world import World
from tests.unit.models.eligibility.hostile import HOSTILE


def receipts(books: Books) -> Iterator[str]:
    """Every record has one receipt, and every receipt of it says the same."""
    for event in books.events:
        row = books.receipts.get(event["place"])
        if row is None:
            yield f"no receipt for {event['place']}"
        elif (row["status"] == "accepted") != event["accepted"]:
            yield f"{event['place']} is {row['status']}"
    if len(books.receipts) > len(books.events):
        yield "receipts for records that were never sent"
    said: dict[tuple[str, int, int], set[bytes]] = defaultdict(set)
    for record in books.world.log.all_of(Topic.RECEIPTS):
        origin = json.loads(record.value or b"")
        if not {"repeat", "left_out", "names_nothing"} & origin.keys():
            place = origin["origin"]
            said[place["topic"], place["partition"], place["offset"]].add(record.value or b"")
    for place, texts in said.items():
        if len(texts) > 1:
            yield f"two receipts of {place} say different things"


def applied(books: Books) -> Iterator[str]:
    """Every person event is applied, and every accepted record is a person event; nothing was driven again."""
    origins = set()
    for record in books.world.log.all_of(Topic.PERSON_EVENTS):
        if record.value is None:
            continue
        event = json.loads(record.value)
        origins.add(tuple(event["origin"][name] for name in ("topic", "partition", "offset")))
        row = books.applied.get((record.partition, record.offset))
        if row is None:
            yield f"person event {record.partition}@{record.offset} was not applied"
        elif row["person_id"] != event["person_id"] and not _names_nobody(books, row, event):
            yield f"person event {record.partition}@{record.offset} was applied to another person"
    for event in books.accepted:
        if event["place"] not in origins:
            yield f"{event['place']} never became a person event"


def _names_nobody(books: Books, row: dict[str, Any], event: dict[str, Any]) -> bool:
    return row["person_id"] == ERASED and event["person_id"] in books.world.eraser.cut_offs


def decisions(books: Books) -> Iterator[str]:
    """Every accepted message has one final decision: the oracle's, under the highest revision that was published."""
    for name in books.verdicts.keys() ^ books.messages.keys():
        if name[2] in books.blurred:
            continue
        yield f"message {name} is known to {'the oracle' if name in books.verdicts else 'the ledger'} only"
    highest: Counter[Message] = Counter()
    for decision in books.decisions:
        message = decision["message"]
        name = (message["sender"], message["message_id"], message["person_id"])
        highest[name] = max(highest[name], decision["revision"])
    for name in books.verdicts.keys() & books.messages.keys():
        row, verdict = books.messages[name], books.verdicts[name]
        said = _in_the_oracles_words(row)
        if name[2] in books.blurred:
            continue
        if said != verdict:
            yield f"message {name}: decided {said}, the oracle says {verdict}"
        if (row["outcome"], row["reason"], row["unit_id"]) != (
            verdict["outcome"], verdict["reason"], verdict["unit_id"],
        ):  # fmt: skip
            yield f"message {name}: the row says other than its decision"
        if row["revision"] != highest[name]:
            yield f"message {name} stands at revision {row['revision']} of {highest[name]}"


def non_interference(books: Books) -> Iterator[str]:
    """What the hostile institution has sent changes no decision on another one's message, but that it is named."""
    without = expected.verdicts(
        [event for event in books.accepted if event["sender"] != HOSTILE],
        [event for event in books.erased if event["sender"] != HOSTILE],
    )
    for name, verdict in without.items():
        if name[2] in books.blurred or name not in books.messages:
            continue
        said = _in_the_oracles_words(books.messages[name])
        said["contradicted_by"] = [one for one in said["contradicted_by"] if one != HOSTILE]
        if said != verdict:
            yield f"message {name}: decided {said}, and without the hostile institution it would be {verdict}"


def names_nothing(books: Books) -> Iterator[str]:
    """The ledger knows what takes back nothing; whoever has waited long enough was told, once."""
    vague = {event["place"] for event in books.accepted if event["person_id"] in books.blurred}
    nothing = expected.names_nothing(books.accepted) - vague
    known = {_place_of(row) for row in books.subjects if row["names_nothing"]} - vague
    if known != nothing:
        yield f"names nothing: the ledger says {known - nothing} besides, and misses {nothing - known}"
    told = {row["id"] for row in books.outbox if row["id"].startswith("names-nothing/")}
    for row in books.subjects:
        name = "/".join(["names-nothing", *map(str, _place_of(row))])
        if row["told_at"] is not None and name not in told:
            yield f"{_place_of(row)} was told, and nothing was said"


def _place_of(row: dict[str, Any]) -> tuple[str, int, int]:
    return (row["topic"], row["partition"], row["offset"])


def _in_the_oracles_words(row: dict[str, Any]) -> dict[str, Any]:
    found = row["decision"]["verdict"]
    return {
        **{key: found.get(key) for key in ("outcome", "reason", "law_version", "unit_id", "review_on")},
        "mentor_last_day": found.get("mentor_last_day"),
        "enrolment_id": found["evidence"].get("enrolment_id"),
        "municipality_code": found["evidence"].get("municipality_code"),
        "contradicted_by": found["evidence"].get("contradicted_by") or [],
    }


def position(books: Books) -> Iterator[str]:
    """The ledger stands at the end of everything that it reads."""
    for place in ledgers.places(books.world.log):
        if books.world.log.read(place, books.position.get(place, 0), books.world.log.end(place)):
            yield f"the ledger has not come to the end of {place}"
        if books.position.get(place, 0) > books.world.log.end(place):
            yield f"the ledger stands past the end of {place}"


async def people(world: World) -> Any:
    """Whoever loads `people` now has each person with the last of its events applied."""
    last: dict[tuple[int, str], int] = {}
    for record in world.log.all_of(Topic.PERSON_EVENTS):
        if record.value is None:
            continue
        event = person_event(record.value)
        last[record.partition, event.person_id] = record.offset
    loaded = PersonStore(world.log.reader)
    generation = PersonPartitions(1 if world.grower.done else 0)
    for partition in generation.all:
        await loaded.load(partition)
    for (partition, person), offset in last.items():
        if partition not in generation.all:
            continue  # decided there before, or passed on from there
        applied_last = loaded.get(partition, person).applied
        if applied_last != offset and not (world.eraser.is_erased(person) and applied_last > offset):
            yield f"the record of {person} has applied {applied_last}, and its last event is {offset}"
