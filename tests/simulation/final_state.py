"""What a run has left behind: the tables, and the log in plain words."""

import json
from typing import Any

from config.topics import Topic
from tests.simulation import expected
from tests.simulation.expected import Message, Plain, Subject
from tests.simulation.expected_tasks import Key, Lives, in_order
from tests.simulation.units import DAYS_OFF, REACT_BY_DAYS
from tests.simulation.workers import INPUTS
from tests.simulation.world import World

Rows = list[dict[str, Any]]


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
        every = [event for event in self.events if event["accepted"]]
        self.root = expected.roots(every)
        self.accepted = [
            {**event, "person_id": self.root.get(event["person_id"], event["person_id"])}
            for event in every
            if event["content"]["kind"] != "person-number.changed"
        ]
        """Of one person's numbers all are said of the one that all of them end at."""
        said = [
            (record.partition, record.offset, json.loads(record.value or b""))
            for record in world.log.all_of(Topic.DECISIONS)
        ]
        self._decided = [place for place in said if "message" in place[2]]
        self.decisions = [decision for _, _, decision in self._decided]
        self.acts = sorted(tables["acts"], key=lambda act: act["serial"])
        self.transfers = tables["transfers"]
        self.subjects = tables["subjects"]
        self.outbox = tables["outbox"]
        self.steps = tables["steps"]
        self.attempts = tables["attempts"]
        self.endpoints = tables["endpoints"]
        self.bounces = tables["bounces"]
        contested = {self.root.get(person, person) for person in expected.contested(every)}
        self.contested = contested | {number for number, root in self.root.items() if root in contested}
        self.untold = self.contested | self.root.keys()
        """Whose tasks are not told again here: it matters when the ledger has learnt of a number."""
        self.lives = self._told()
        self.verdicts = expected.verdicts(self.accepted)

    def _told(self) -> Lives:
        """Decisions and acts, played through."""
        told = Lives(lambda stamp, unit: expected.react_by(stamp, REACT_BY_DAYS.get(unit, 5), DAYS_OFF))
        settled = [place for place in self._decided if place[2]["message"]["person_id"] not in self.untold]
        acts = [act for act in self.acts if act["person_id"] not in self.untold]
        for step in in_order(settled, acts):
            if "kind" in step:
                told.act(key_of(self.tasks[step["task_id"]]), step)
            else:
                told.decide(step)
        return told


def _plain(world: World, record: Any) -> Plain:
    event = world.story[int(record.value)].event
    said: Plain = {"accepted": event is not None}
    if event is not None:
        said |= event.model_copy(update={"origin": record.origin}).model_dump(mode="json")
    return {**said, "place": (record.topic, record.partition, record.offset)}


def obliged(books: Books) -> dict[Message, Subject]:
    """What the oracle says of each message that makes a duty."""
    return {
        name: (name[2], verdict["enrolment_id"], verdict["unit_id"])
        for name, verdict in books.verdicts.items()
        if verdict["outcome"] == "obliged"
    }


def subject_of(task: Plain) -> Subject:
    """What a task is about."""
    return (task["person_id"], task["enrolment_id"], task["unit_id"])


def key_of(task: Plain) -> Key:
    """The how-manieth about it."""
    return subject_of(task), task["ordinal"]
