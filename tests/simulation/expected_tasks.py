"""What must have become of every task, worked out a second time and naively: from the decisions and the acts alone.

Written from the words of `docs/decisions/0016-life-of-a-task.md` and not from the code. It must import no rule of the
service; where it and the ledger differ, one of the two is wrong.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from tests.simulation.expected import Message, Plain, Subject, subject_of

Key = tuple[Subject, int]
"""A task: what it is about, and the how-manieth about it."""
Notice = tuple[Key, str, str]
"""Task, occasion, cause."""


@dataclass
class Life:
    """One task."""

    react_by: date
    status: str = "open"
    ending: str | None = None
    seen_by: str | None = None
    owner: str | None = None
    attempts: int = 0
    reached: str | None = None
    follows: int | None = None


@dataclass
class Held:
    """One message."""

    revision: int
    names: Subject | None
    """Whom the rules name."""
    task: Key | None
    first: str
    """The broker's time of it."""


@dataclass
class Lives:
    """Everybody's."""

    react_by: Callable[[str, str], date]
    """By the broker's time and the unit."""
    tasks: dict[Key, Life] = field(default_factory=dict)
    messages: dict[Message, Held] = field(default_factory=dict)
    given: dict[Subject, str] = field(default_factory=dict)
    """Who has what the rules say is another unit's."""
    notices: set[Notice] = field(default_factory=set)
    earliest: dict[Key, str] = field(default_factory=dict)

    def decide(self, decision: Plain) -> None:
        """A decision comes."""
        message = decision["message"]
        name = (message["sender"], message["message_id"], message["person_id"])
        before = self.messages.get(name)
        if before is not None and decision["revision"] <= before.revision:
            return
        names = subject_of(message, decision["verdict"])
        goes_to = None if names is None else (names[0], names[1], self.given.get(names, names[2]))
        old = None if before is None else before.task
        held = self.messages[name] = Held(decision["revision"], names, None, message["origin"]["appended_at"])
        cause = f"{decision['cause']['partition']}:{decision['cause']['offset']}"
        if before is not None and old is not None and self._remains(before, held, old, goes_to):
            held.task = old
            self._date(old, held.first)
        else:
            was_open = old is not None and self.tasks[old].status == "open"
            if old is not None and was_open and not self._inside(old):
                reason = decision["verdict"]["reason"]
                self._end(old, moved=goes_to is not None, by_institution=reason == "withdrawn", cause=cause)
            if goes_to is not None:
                held.task = self._receive(goes_to, held.first, moved=was_open, cause=cause)
        self._forget_what_is_void()

    def act(self, task: Key, act: Plain) -> None:
        """A person does something."""
        life, detail = self.tasks[task], act["detail"]
        if act["kind"] in ("acknowledge", "take", "attempt", "close", "note") and life.seen_by is None:
            life.seen_by = act["by_name"]
        match act["kind"]:
            case "take":
                life.owner = act["by_id"]
            case "release":
                life.owner = None
            case "attempt":
                life.attempts += 1
                if detail["reached"]:
                    life.reached = min(life.reached or detail["at"], detail["at"], key=_when)
            case "close":
                life.status, life.ending = "closed", detail["ending"]
            case "reopen":
                life.status, life.ending = "open", None
                for held in self.messages.values():
                    if held.task == task and held.names is None:
                        held.task = None
            case "hand_over":
                self._hand_over(task, detail["to_unit"], f"act:{act['id']}")

    def _remains(self, before: Held, held: Held, old: Key, goes_to: Subject | None) -> bool:
        """It stays when the rules name no other than before; a closed task lets go of it for another unit alone."""
        if held.names == before.names or goes_to == old[0]:
            return True
        return self.tasks[old].status == "closed" and held.names in (None, old[0])

    def _inside(self, task: Key) -> bool:
        return any(held.task == task for held in self.messages.values())

    def _end(self, task: Key, *, moved: bool, by_institution: bool, cause: str) -> None:
        life = self.tasks[task]
        life.status = "withdrawn"
        life.ending = "transferred" if moved else "withdrawn_by_institution" if by_institution else "lapsed"
        self.notices.add((task, "handed_over" if moved else "withdrawn", cause))

    def _receive(self, subject: Subject, first: str, *, moved: bool, cause: str) -> Key:
        task = self._open_one(subject)
        if task is not None:
            self._date(task, first)
            if not any(told[0] == task and told[2] == cause for told in self.notices):
                self.notices.add((task, "more_messages", cause))
            return task
        task = self._opened(subject, self.react_by(first, subject[2]))
        self.earliest[task] = first
        self.notices.add((task, "taken_over" if moved else "new", cause))
        return task

    def _open_one(self, subject: Subject) -> Key | None:
        return next(
            (task for task, life in self.tasks.items() if task[0] == subject and life.status == "open"), None
        )

    def _opened(self, subject: Subject, due: date) -> Key:
        """The last one again, if it was withdrawn; after a closed one the next."""
        last = max((number for about, number in self.tasks if about == subject), default=0)
        life = self.tasks.get((subject, last))
        if life is None or life.status == "closed":
            self.tasks[subject, last + 1] = Life(due, follows=last or None)
            return (subject, last + 1)
        life.status, life.ending, life.seen_by, life.owner, life.react_by = "open", None, None, None, due
        return (subject, last)

    def _date(self, task: Key, first: str) -> None:
        """An earlier message may bring the date forward, nothing moves it back; a closed task's is no longer asked."""
        life = self.tasks[task]
        if life.status == "open" and _when(first) < _when(self.earliest[task]):
            self.earliest[task] = first
            life.react_by = min(life.react_by, self.react_by(first, task[0][2]))

    def _hand_over(self, task: Key, unit: str, cause: str) -> None:
        life = self.tasks[task]
        life.status, life.ending = "withdrawn", "transferred"
        subject = (task[0][0], task[0][1], unit)
        other = self._open_one(subject)
        if other is None:
            other = self._opened(subject, life.react_by)
            self.earliest[other] = self.earliest[task]
        else:
            self.tasks[other].react_by = min(self.tasks[other].react_by, life.react_by)
            self.earliest[other] = min(self.earliest[other], self.earliest[task], key=_when)
        for held in self.messages.values():
            if held.task == task:
                held.task = other
                if held.names is not None and held.names[2] == unit:
                    self.given.pop(held.names, None)
                elif held.names is not None:
                    self.given[held.names] = unit
        self.notices |= {(task, "handed_over", cause), (other, "taken_over", cause)}

    def _forget_what_is_void(self) -> None:
        """The rules name somebody else, and nobody the one who gave it away."""
        named = {held.names for held in self.messages.values() if held.names is not None}
        for giver in self.given.keys() - named:
            if any(names[:2] == giver[:2] for names in named):
                del self.given[giver]


def _when(stamp: str) -> datetime:
    return datetime.fromisoformat(stamp)


def in_order(decisions: list[tuple[int, int, Plain]], acts: list[Plain]) -> Iterator[Plain]:
    """Decisions by partition and offset; before the one at an offset, the acts that were done when it was the next."""
    steps: list[tuple[tuple[int, int, int, int], Plain]] = []
    for partition, offset, decision in decisions:
        steps.append(((partition, offset, 1, 0), decision))
    for act in acts:
        steps.append(((act["partition"], act["after_offset"], 0, act["serial"]), act))
    yield from (step for _, step in sorted(steps, key=lambda step: step[0]))


def reaches(acts: list[Plain], tasks: dict[Any, Plain], message: Subject, unit: str) -> bool:
    """Whether people have handed the duty of `message`'s unit on to `unit`, from hand to hand."""
    holders = {message[2]}
    for act in sorted(acts, key=lambda act: act["serial"]):
        task = tasks[act["task_id"]]
        if act["kind"] == "hand_over" and (task["person_id"], task["enrolment_id"]) == message[:2]:
            holders |= {act["detail"]["to_unit"]} if task["unit_id"] in holders else set()
    return unit in holders
