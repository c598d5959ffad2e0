"""Holds the world at rest against what must have come of it. Each sentence here is a promise of the service."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final

from config.topics import PERSON_PARTITIONS, Topic
from models.person_event import PersonEvent
from streams.people import People
from tests.simulation import expected, ledgers
from tests.simulation.expected import Message, Plain, Subject
from tests.simulation.lives import Key, Lives, in_order, reaches
from tests.simulation.mailers import DOMAIN, Taken, recipients
from tests.simulation.offices import UNITS
from tests.simulation.remade import differences
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
        self.acts = sorted(tables["acts"], key=lambda act: act["serial"])
        self.transfers = tables["transfers"]
        self.contested = expected.contested(self.accepted)
        self.lives = self._told()
        self.verdicts = expected.verdicts(self.accepted)

    def _told(self) -> Lives:
        """Decisions and acts, played through."""
        told = Lives(lambda stamp, unit: expected.react_by(stamp, REACT_BY_DAYS.get(unit, 5), DAYS_OFF))
        places = [
            (record.partition, record.offset, json.loads(record.value or b""))
            for record in self.world.log.all_of(Topic.DECISIONS)
        ]
        settled = [place for place in places if place[2]["message"]["person_id"] not in self.contested]
        acts = [act for act in self.acts if act["person_id"] not in self.contested]
        for step in in_order(settled, acts):
            if "kind" in step:
                told.act(_key(self.tasks[step["task_id"]]), step)
            else:
                told.decide(step)
        return told


def _plain(world: World, record: Any) -> Plain:
    event = world.story[int(record.value)].event
    said: Plain = {"accepted": event is not None}
    if event is not None:
        said |= event.model_copy(update={"origin": record.origin}).model_dump(mode="json")
    return {**said, "place": (record.topic, record.partition, record.offset)}


async def judge(world: World) -> list[str]:
    """Every promise that does not hold."""
    names = (
        "receipts",
        "applied",
        "messages",
        "tasks",
        "deliveries",
        "audit",
        "position",
        "acts",
        "transfers",
    )
    tables = {name: await world.database.rows(name) for name in names}
    books = Books(world, tables)
    found: list[str] = []
    for promise in (
        receipts,
        applied,
        decisions,
        tasks,
        lives,
        dates,
        acts,
        notices,
        mails,
        position,
        escalations,
    ):
        found += promise(books)
    found += [fault async for fault in people(world)]
    found += await differences(world, tables, books.contested)
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


def _key(task: Plain) -> Key:
    return _subject(task), task["ordinal"]


def tasks(books: Books) -> Iterator[str]:
    """Every obliged message is in one open or closed task, of its unit or of whom people gave it to; none is empty."""
    obliged = _obliged(books)
    for subject, number in Counter(_subject(task) for task in books.open).items():
        if number > 1:
            yield f"{number} open tasks of {subject}"
    held = {row["task_id"] for name, row in books.messages.items() if name in obliged}
    for task in books.open:
        if task["id"] not in held:
            yield f"the open task of {_subject(task)} has no message that obliges"
    for name, row in books.messages.items():
        holder, duty = books.tasks.get(row["task_id"]), obliged.get(name)
        if duty is None:
            if holder is not None and holder["status"] != "closed":
                yield f"message {name} obliges nobody, and is in a task that is {holder['status']}"
        elif holder is None or holder["status"] == "withdrawn":
            yield f"message {name} obliges, and its task is {holder and holder['status']}"
        elif (holder["person_id"], holder["enrolment_id"]) != duty[:2] or not reaches(
            books.acts, books.tasks, duty, holder["unit_id"]
        ):
            yield f"message {name} is in a task of {_subject(holder)}, and should be in {duty}"


def lives(books: Books) -> Iterator[str]:
    """Told from the decisions and the acts, each task, each message's place and each hand-over is what stands there."""
    told = books.lives
    for identity, row in books.tasks.items():
        life = told.tasks.get(_key(row))
        if row["person_id"] in books.contested:
            continue
        if life is None:
            yield f"task {_key(row)} should not be there"
            continue
        closed = row["follows"] and _key(books.tasks[row["follows"]])
        found = {
            "react_by": row["react_by"],
            "status": row["status"],
            "ending": row["ending"],
            "seen_by": row["acknowledged_by"],
            "owner": row["owner_id"],
            "attempts": row["attempts"],
            "reached": row["reached_at"],
            "follows": closed and closed[1],
        }
        wanted = vars(life) | {"reached": life.reached and datetime.fromisoformat(life.reached)}
        if found != wanted:
            yield f"task {_key(row)} is {found}, and should be {wanted}"
        if (row["status"] == "closed") != (row["closed_at"] is not None):
            yield f"task {identity} is {row['status']}, closed at {row['closed_at']}"
    for key in told.tasks.keys() - {_key(row) for row in books.tasks.values()}:
        if key[0][0] not in books.contested:
            yield f"task {key} is missing"
    for name, held in told.messages.items():
        found_in = books.tasks.get(books.messages[name]["task_id"]) if name in books.messages else None
        if name[2] not in books.contested and held.task != (found_in and _key(found_in)):
            yield f"message {name} is in {found_in and _key(found_in)}, and should be in {held.task}"
    given = {
        (row["person_id"], row["enrolment_id"], row["decided_unit"]): row["unit_id"]
        for row in books.transfers
    }
    for named in given.keys() | told.given.keys():
        if named[0] not in books.contested and given.get(named) != told.given.get(named):
            yield f"{named} is with {given.get(named)}, and should be with {told.given.get(named)}"


def dates(books: Books) -> Iterator[str]:
    """A task's date follows from the broker's time of one of its person's messages, by some unit's target."""
    for task in books.open:
        stamps = {
            event["origin"]["appended_at"]
            for event in books.accepted
            if event["person_id"] == task["person_id"] and event["content"]["kind"] == "dropout-risk.raised"
        }
        targets = {REACT_BY_DAYS.get(unit, 5) for unit in UNITS}
        possible = {expected.react_by(stamp, days, DAYS_OFF) for stamp in stamps for days in targets}
        if task["react_by"] not in possible:
            yield f"task {_key(task)} is due on {task['react_by']}, which follows from no message: {possible}"


def acts(books: Books) -> Iterator[str]:
    """What a person was told is done stands there once; acts have no holes; tasks say what was done and no more."""
    by_task: dict[Any, list[Plain]] = defaultdict(list)
    for act in sorted(books.acts, key=lambda act: act["number"]):
        by_task[act["task_id"]].append(act)
    known = {act["id"]: act for act in books.acts}
    for identity, (pressed, _) in books.world.office.done.items():
        found = known.get(identity)
        deed = pressed.deed.model_dump(mode="json", exclude={"kind"}, exclude_none=True)
        if found is None:
            yield f"{pressed.deed.kind} on {pressed.task_id} was told as done, and is not there"
        elif (found["task_id"], found["kind"], found["detail"], found["by_id"]) != (
            pressed.task_id, pressed.deed.kind, deed, pressed.by.id,
        ):  # fmt: skip
            yield f"{pressed.deed.kind} on {pressed.task_id} is written down as another deed"
    for identity in known.keys() - books.world.office.sent:
        yield f"{known[identity]['kind']} was done once more than anybody has sent it"
    for task_id, done in by_task.items():
        if [act["number"] for act in done] != list(range(1, len(done) + 1)):
            yield f"the acts on {task_id} are numbered {[act['number'] for act in done]}"
    for task_id, task in books.tasks.items():
        done = by_task[task_id]
        last = [act["kind"] for act in done if act["kind"] in ("close", "reopen")][-1:]
        if (task["status"] == "closed") != (last == ["close"]):
            yield f"task {_key(task)} is {task['status']}, and the last that a person did with it is {last}"
        if task["attempts"] != sum(act["kind"] == "attempt" for act in done):
            yield f"task {_key(task)} counts {task['attempts']} attempts"
        if task["version"] < 1 + len(done):
            yield f"task {_key(task)} has version {task['version']} after {len(done)} acts"


def notices(books: Books) -> Iterator[str]:
    """Each recipient of a unit is told once for each occasion, and of nothing else."""
    due = {
        (*notice, address)
        for notice in books.lives.notices
        for address in recipients(notice[0][0][2])
        if notice[0][0][0] not in books.contested
    }
    made = {
        (_key(books.tasks[row["task_id"]]), row["occasion"], row["cause"], row["recipient"])
        for row in books.deliveries.values()
        if books.tasks[row["task_id"]]["person_id"] not in books.contested
    }
    for notice in due - made:
        yield f"nobody was told: {notice}"
    for notice in made - due:
        yield f"told without reason: {notice}"
    reopened = {act["task_id"] for act in books.acts if act["kind"] == "reopen"}
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
            if not called and task["id"] not in reopened:
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
