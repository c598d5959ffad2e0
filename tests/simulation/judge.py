"""Holds the world at rest against what must have come of it. Each sentence here is a promise of the service."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Any, Final

from config.topics import PERSON_PARTITIONS, Topic
from models.person_event import PersonEvent
from streams.people import People
from tests.simulation import expected, ledgers
from tests.simulation.expected import Message, Plain, Subject
from tests.simulation.mailers import DOMAIN, Taken, recipients
from tests.simulation.workers import INPUTS
from tests.simulation.world import DAYS_OFF, REACT_BY_DAYS, World

Rows = list[dict[str, Any]]
_LAST_WAIT: Final = timedelta(minutes=31)
"""Where the next attempt would come after the deadline, none is planned."""


class Books:
    """What the run has left behind: the tables, and the log in plain words."""

    def __init__(self, world: World, tables: dict[str, Rows]) -> None:
        self.world = world
        self.receipts = {(row["topic"], row["partition"], row["offset"]): row for row in tables["receipts"]}
        self.applied = {(row["partition"], row["offset"]): row for row in tables["applied"]}
        self.messages = {
            (row["sender"], row["message_id"], row["person_id"]): row for row in tables["messages"]
        }
        self.tasks = {row["id"]: row for row in tables["tasks"]}
        self.open = [row for row in tables["tasks"] if row["status"] == "open"]
        self.deliveries = {row["id"]: row for row in tables["deliveries"]}
        self.audit = tables["audit"]
        self.position = {(row["topic"], row["partition"]): row["next_offset"] for row in tables["position"]}
        self.events = [_plain(world, record) for topic in INPUTS for record in world.log.all_of(topic)]
        self.accepted = [event for event in self.events if event["accepted"]]
        self.decisions = [json.loads(record.value or b"") for record in world.log.all_of(Topic.DECISIONS)]
        self.contested = expected.contested(self.accepted)
        self.verdicts = expected.verdicts(self.accepted)


def _plain(world: World, record: Any) -> Plain:
    event = world.story[int(record.value)].event
    said: Plain = {"accepted": event is not None}
    if event is not None:
        said |= event.model_copy(update={"origin": record.origin}).model_dump(mode="json")
    return {**said, "place": (record.topic, record.partition, record.offset)}


async def judge(world: World) -> list[str]:
    """Every promise that does not hold."""
    names = ("receipts", "applied", "messages", "tasks", "deliveries", "audit", "position")
    books = Books(world, {name: await world.database.rows(name) for name in names})
    found: list[str] = []
    for promise in (receipts, applied, decisions, tasks, dates, notices, mails, position, escalations):
        found += promise(books)
    found += [fault async for fault in people(world)]
    return found


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
        if "repeat" not in origin:
            place = origin["origin"]
            said[place["topic"], place["partition"], place["offset"]].add(record.value or b"")
    for place, texts in said.items():
        if len(texts) > 1:
            yield f"two receipts of {place} say different things"


def applied(books: Books) -> Iterator[str]:
    """Every person event is applied, and every accepted record is a person event; only a skipped tail was healed."""
    origins = set()
    for record in books.world.log.all_of(Topic.PERSON_EVENTS):
        event = json.loads(record.value or b"")
        origins.add(tuple(event["origin"][name] for name in ("topic", "partition", "offset")))
        row = books.applied.get((record.partition, record.offset))
        if row is None and (("person-events", record.partition), record.offset) not in books.world.healed:
            yield f"person event {record.partition}@{record.offset} was not applied"
        elif row is not None and row["person_id"] != event["person_id"]:
            yield f"person event {record.partition}@{record.offset} was applied to another person"
    for event in books.accepted:
        if event["place"] not in origins:
            yield f"{event['place']} never became a person event"
    for place, offset in books.world.unexplained:
        yield f"{place}@{offset} had to be healed, and its step says that it is past it"


def decisions(books: Books) -> Iterator[str]:
    """Every accepted message has one final decision: the oracle's, under the highest revision that was published."""
    for name in books.verdicts.keys() ^ books.messages.keys():
        yield f"message {name} is known to {'the oracle' if name in books.verdicts else 'the ledger'} only"
    highest: Counter[Message] = Counter()
    for decision in books.decisions:
        message = decision["message"]
        name = (message["sender"], message["message_id"], message["person_id"])
        highest[name] = max(highest[name], decision["revision"])
    for name in books.verdicts.keys() & books.messages.keys():
        row, verdict = books.messages[name], books.verdicts[name]
        found = row["decision"]["verdict"]
        said = {
            **{key: found.get(key) for key in ("outcome", "reason", "law_version", "unit_id", "review_on")},
            "mentor_last_day": found.get("mentor_last_day"),
            "enrolment_id": found["evidence"].get("enrolment_id"),
            "municipality_code": found["evidence"].get("municipality_code"),
        }
        if said != verdict:
            yield f"message {name}: decided {said}, the oracle says {verdict}"
        if (row["outcome"], row["reason"], row["unit_id"]) != (
            verdict["outcome"], verdict["reason"], verdict["unit_id"],
        ):  # fmt: skip
            yield f"message {name}: the row says other than its decision"
        if row["revision"] != highest[name]:
            yield f"message {name} stands at revision {row['revision']} of {highest[name]}"


def _obliged(books: Books) -> dict[Message, Subject]:
    return {
        name: (name[2], verdict["enrolment_id"], verdict["unit_id"])
        for name, verdict in books.verdicts.items()
        if verdict["outcome"] == "obliged"
    }


def _subject(task: Plain) -> Subject:
    return (task["person_id"], task["enrolment_id"], task["unit_id"])


def tasks(books: Books) -> Iterator[str]:
    """Every obliged message is in exactly one open task, of its unit; no open task is without one."""
    obliged = _obliged(books)
    open_subjects = Counter(_subject(task) for task in books.open)
    for subject in set(obliged.values()) | set(open_subjects):
        owed = subject in obliged.values()
        if open_subjects[subject] != int(owed):
            yield f"{open_subjects[subject]} open tasks of {subject}, {int(owed)} expected"
    for name, row in books.messages.items():
        task = None if row["task_id"] is None else books.tasks[row["task_id"]]
        found = None if task is None else _subject(task)
        if found != obliged.get(name):
            yield f"message {name} is in a task of {found}, and should be in {obliged.get(name)}"
        elif task is not None and task["status"] != "open":
            yield f"message {name} obliges, and its task is {task['status']}"


def dates(books: Books) -> Iterator[str]:
    """A task's date follows from the broker's time of one of its messages, and of the first where none has left."""
    _, left = expected.notices(books.decisions)
    obliged = _obliged(books)
    for task in books.open:
        subject = _subject(task)
        days = REACT_BY_DAYS.get(subject[2], 5)
        stamps = {
            event["origin"]["appended_at"]
            for event in books.accepted
            if event["person_id"] == subject[0] and event["content"]["kind"] == "dropout-risk.raised"
        }
        possible = {expected.react_by(stamp, days, DAYS_OFF) for stamp in stamps}
        if task["react_by"] not in possible:
            yield f"task of {subject} is due on {task['react_by']}, which follows from no message: {possible}"
        inside = [books.messages[name] for name, other in obliged.items() if other == subject]
        inside = [row for row in inside if row["task_id"] == task["id"]]
        if not inside or subject[0] in books.contested:
            continue
        first = min(row["appended_at"] for row in inside)
        latest = expected.react_by(first.isoformat(), days, DAYS_OFF)
        exact = subject not in left
        if task["react_by"] > latest or (exact and task["react_by"] != latest):
            yield f"task of {subject} is due on {task['react_by']}, and its first message says {latest}"


def notices(books: Books) -> Iterator[str]:
    """Each recipient of a unit is told once for each occasion, and of nothing else."""
    settled = [each for each in books.decisions if each["message"]["person_id"] not in books.contested]
    wanted, _ = expected.notices(settled)
    due = {(*notice, address) for notice in wanted for address in recipients(notice[0][2])}
    made = {
        (_subject(books.tasks[row["task_id"]]), row["occasion"], row["cause"], row["recipient"])
        for row in books.deliveries.values()
        if books.tasks[row["task_id"]]["person_id"] not in books.contested
    }
    for notice in due - made:
        yield f"nobody was told: {notice}"
    for notice in made - due:
        yield f"told without reason: {notice}"
    for task in books.open:
        for address in recipients(task["unit_id"]):
            called = [
                row
                for row in books.deliveries.values()
                if row["task_id"] == task["id"]
                and row["recipient"] == address
                and row["occasion"] in ("new", "taken_over", "more_messages")
                and row["status"] != "superseded"
            ]
            if not called:
                yield f"nothing calls {address} to act on {task['reference']}"


def mails(books: Books) -> Iterator[str]:
    """What is marked as sent was taken by the relay; one delivery is one mail; a copy has its reason."""
    relay = books.world.relay
    by_id: dict[str, list[Taken]] = defaultdict(list)
    for taken in relay.taken:
        by_id[taken.mail.message_id].append(taken)
    ids = {f"<{identity}@{DOMAIN}>": row for identity, row in books.deliveries.items()}
    ended = Counter(
        row["detail"].get("delivery_id") for row in books.audit if row["kind"].startswith("delivery_")
    )
    for name, row in ids.items():
        if row["status"] == "due":
            yield f"delivery {row['id']} is still due"
        elif row["status"] == "delivered":
            if name not in by_id:
                yield f"delivery {row['id']} is marked as sent, and no relay has taken it"
        elif not ended[str(row["id"])]:
            yield f"delivery {row['id']} ended as {row['status']} without a word in the audit trail"
        if row["status"] == "refused" and "refused" not in relay.answers[name]:
            yield f"delivery {row['id']} is marked as refused, and no relay has refused it"
        if row["status"] == "exhausted" and row["ended_at"] < row["deadline"] - _LAST_WAIT:
            yield f"delivery {row['id']} was given up before its deadline"
    for name, copies in by_id.items():
        recent = [copy for copy in copies if copy.age == relay.age]
        if recent and name not in ids:
            yield f"a mail {name} was sent that belongs to no delivery"
        for one, other in pairwise(copies):
            if one.age == other.age and one.mail != other.mail:
                yield f"two different mails were sent as {name}"
        restores = len({copy.age for copy in copies}) - 1
        if len(copies) - 1 > relay.excuses[name] + restores:
            yield f"{len(copies)} copies of {name}, with {relay.excuses[name]} reasons and {restores} restores"


def position(books: Books) -> Iterator[str]:
    """The ledger stands at the end of everything that it reads."""
    for place in ledgers.PLACES:
        if books.world.log.read(place, books.position.get(place, 0), books.world.log.end(place)):
            yield f"the ledger has not come to the end of {place}"
        if books.position.get(place, 0) > books.world.log.end(place):
            yield f"the ledger stands past the end of {place}"


def escalations(books: Books) -> Iterator[str]:
    """Not in the service yet: a duty without a reaction is escalated on its date. Judged here when it is."""
    yield from ()


async def people(world: World) -> Any:
    """Whoever loads `people` now has each person with the last of its events applied."""
    last: dict[tuple[int, str], int] = {}
    for record in world.log.all_of(Topic.PERSON_EVENTS):
        if ((str(Topic.PERSON_EVENTS), record.partition), record.offset) not in world.healed:
            event = PersonEvent.model_validate_json(record.value or b"")
            last[record.partition, event.person_id] = record.offset
    loaded = People(world.log.reader)
    for partition in range(PERSON_PARTITIONS):
        await loaded.load(partition)
    for (partition, person), offset in last.items():
        applied_last = loaded.get(partition, person).applied
        if applied_last != offset:
            yield f"the record of {person} has applied {applied_last}, and its last event is {offset}"
