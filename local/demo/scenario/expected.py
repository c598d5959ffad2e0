"""An independent count of what the story must end in.

Written from the rules' prose over each person's whole history; it calls nothing of what it checks: not the
models' fold, not `decide`, not `step`. To be plain is its virtue.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from local.demo.scenario.history import ExpectedVerdict, History
from local.demo.scenario.invalid_records import BadRecord
from local.demo.scenario.story import Story
from models.eligibility.law import Law
from publisher.events import PlainEvent

TaskKey = tuple[str, str, str]
"""CPR, enrolment, unit."""
MessageKey = tuple[str, str]
"""Sender, id."""


@dataclass(slots=True)
class Expected:
    """What must come of the acts played so far."""

    published: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    """By reason."""
    duplicates: int = 0
    conflicts: int = 0
    decisions: Counter[str] = field(default_factory=Counter)
    """Raised messages by outcome; what is rejected, and repeats, are not among them."""
    reasons: Counter[str] = field(default_factory=Counter)
    """The same by reason."""
    tasks: Counter[str] = field(default_factory=Counter)
    """Open tasks by unit."""
    totals: int = 0
    """Types of days that control totals speak of: each must agree with what has come."""
    notices: Counter[str] = field(default_factory=Counter)
    """Notices by unit: one mail for each recipient of the unit."""

    @property
    def accepted(self) -> int:
        """Records that intake takes, repeats included."""
        return self.published - self.rejected.total()


class Tally:
    """Counts act by act; `after` each act it can say what must stand everywhere."""

    def __init__(self, law: Law) -> None:
        self._law = law
        self._said: dict[MessageKey, PlainEvent] = {}
        self._people: defaultdict[str, History] = defaultdict(History)
        self._verdicts: dict[MessageKey, ExpectedVerdict] = {}
        self._tasks: defaultdict[TaskKey, set[MessageKey]] = defaultdict(set)
        self._sum = Expected()

    def play(self, items: Iterable[PlainEvent | BadRecord]) -> Expected:
        """Count one act, when everything before it has settled."""
        touched: dict[str, set[MessageKey]] = {}
        for item in items:
            self._sum.published += 1
            if isinstance(item, BadRecord):
                self._sum.rejected[item.reason.value] += 1
                continue
            key = (item.sender, item.id)
            if key in self._said:
                self._repeated(self._said[key], item)
                continue
            self._said[key] = item
            if "cpr" not in item.data:
                self._sum.totals += len(item.data["counts"])
                continue
            touched.setdefault(_cpr(item), set()).add(key)
            self._people[_cpr(item)].add(item)
        for cpr, new in touched.items():
            self._settle(cpr, new)
        return self._expected()

    def _repeated(self, first: PlainEvent, again: PlainEvent) -> None:
        """The first one wins; what follows has no effect."""
        same = (first.type, first.time, first.data) == (again.type, again.time, again.data)
        self._sum.duplicates += same
        self._sum.conflicts += not same

    def _settle(self, cpr: str, new: set[MessageKey]) -> None:
        """Judge all of the person's messages again, and see whom the difference makes it due to tell."""
        joined: defaultdict[TaskKey, list[MessageKey]] = defaultdict(list)
        left: set[TaskKey] = set()
        history = self._people[cpr]
        if not history.messages:
            return
        for message in history.messages:
            key = (message.sender, message.id)
            old = _task(cpr, self._verdicts.get(key))
            verdict = history.judge(message, self._law)
            self._verdicts[key] = verdict
            task = _task(cpr, verdict)
            if task == old:
                continue
            if old is not None:
                self._tasks[old].discard(key)
                left.add(old)
            if task is not None:
                self._tasks[task].add(key)
                joined[task].append(key)
        for task, keys in joined.items():
            # A message that is new is a cause of its own; all that were known before were moved by one fact.
            fresh = sum(key in new for key in keys)
            self._sum.notices[task[2]] += fresh + (fresh < len(keys))
        for task in left:
            self._sum.notices[task[2]] += not self._tasks[task]

    def _expected(self) -> Expected:
        result = self._sum
        result.decisions = Counter(verdict.outcome for verdict in self._verdicts.values())
        result.reasons = Counter(verdict.reason for verdict in self._verdicts.values())
        result.tasks = Counter(task[2] for task, messages in self._tasks.items() if messages)
        return result


def count(story: Story, law: Law) -> Expected:
    """What must stand when the whole story has been played, act by act."""
    counting = Tally(law)
    expected = Expected()
    for act in story.acts:
        expected = counting.play(act.items)
    return expected


def _cpr(event: PlainEvent) -> str:
    cpr: str = event.data["cpr"]
    return cpr


def _task(cpr: str, verdict: ExpectedVerdict | None) -> TaskKey | None:
    if verdict is None or verdict.unit is None:
        return None
    return (cpr, verdict.enrolment, verdict.unit)
