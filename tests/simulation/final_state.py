"""What a run has left behind: the tables, and the log in plain words."""

import json
from datetime import datetime
from typing import Any

from config.topics import Topic
from tests.simulation import expected
from tests.simulation.expected import Message, Plain, Subject
from tests.simulation.expected_tasks import Key, Lives, in_order
from tests.simulation.units import DAYS_OFF, REACT_BY_DAYS
from tests.simulation.workers import INPUTS, origin_of
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
        self.tables = tables
        self.figures = [row for row in tables["tasks"] if ":" in row["person_id"]]
        """What is left of erased people's tasks."""
        self.tasks = {row["id"]: row for row in tables["tasks"] if ":" not in row["person_id"]}
        self.open = [row for row in self.tasks.values() if row["status"] == "open"]
        self.deliveries = {row["id"]: row for row in tables["deliveries"]}
        self.audit = tables["audit"]
        self.position = {(row["topic"], row["partition"]): row["next_offset"] for row in tables["position"]}
        self.events = [_plain(world, record) for topic in INPUTS for record in world.log.all_of(topic)]
        every = [event for event in self.events if event["accepted"]]
        gone = [event for event in every if self.is_erased(event)]
        left = [event for event in every if not self.is_erased(event)]
        self.root = expected.roots(left)
        self.accepted = self._of_roots(left)
        """Of one person's numbers all are said of the one that all of them end at."""
        self.erased = self._of_roots(gone)
        said = [
            (record.partition, record.offset, json.loads(record.value or b""))
            for record in world.log.all_of(Topic.DECISIONS)
            if record.value is not None
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
        self.untold = self.contested | self.root.keys() | world.eraser.cut_offs.keys()
        """Whose tasks are not told again here: it matters when the ledger has learnt of a number, or forgotten one."""
        self.blurred = expected.beside(self.erased, self.accepted)
        self.blurred |= expected.across(self.accepted, world.eraser.cut_offs)
        self.blurred |= self._forwarded_in_between()
        # Numbers that were erased and joined later: nobody waits for what they still say (docs/decisions/0054).
        self.blurred |= self.root.keys() & world.eraser.cut_offs.keys()
        # The earlier task of the same duty has gone, and a rebuild counts from the later one.
        later = {row["person_id"] for row in self.tasks.values() if row["ordinal"] > 1}
        self.blurred |= later & world.eraser.cut_offs.keys()
        # A hand-over goes with the messages that it was about, and what came into that task later stays where it is.
        self.blurred |= world.eraser.handed_over & world.eraser.cut_offs.keys()
        self.blurred |= {number for number, root in self.root.items() if root in self.blurred}
        """Of whom depends on the order what was erased: they name what an erased record names (docs/decisions/0054)."""
        self.lives = self._told()
        self.verdicts = expected.verdicts(self.accepted, self.erased)

    def _forwarded_in_between(self) -> set[str]:
        """Numbers that got, from one that was joined before the cut-off, what was sent after it: both have it then."""
        found = set()
        for record in self.world.log.all_of(Topic.PERSON_EVENTS):
            event = json.loads(record.value or b"{}")
            if "forwarded" not in event or self.is_erased(event):
                continue
            number, other = event["person_id"], event["forwarded"]["by"]
            if number in self.world.eraser.cut_offs and self.root.get(number) != self.root.get(other, other):
                found |= {number, other}
        return found

    def is_erased(self, event: Plain) -> bool:
        """Whether the brokers had it before the cut-off of its person."""
        cut_off = self.world.eraser.cut_offs.get(event["person_id"])
        return cut_off is not None and datetime.fromisoformat(event["origin"]["appended_at"]) < cut_off

    def _of_roots(self, events: list[Plain]) -> list[Plain]:
        return [
            {**event, "person_id": self.root.get(event["person_id"], event["person_id"])}
            for event in events
            if event["content"]["kind"] != "person-number.changed"
        ]

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
        said |= event.model_copy(update={"origin": origin_of(record)}).model_dump(mode="json")
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
