"""How far a probe message has come: what is heard on Kafka and read in the ledger, leg by leg, and what stopped it.

Pure: bytes, rows and seconds in.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import orjson

from config.topics import Topic
from models.eligibility.decision import Outcome
from models.events import probe_identity
from models.events.receipt import ReceiptStatus
from models.tasks.status import TaskStatus

TracedPlace = tuple[str, int, int]


class Leg(StrEnum):
    """The legs of its way, in order."""

    PUBLISHED = "published"
    RECEIPT = "receipt"
    APPLIED = "applied"
    DECISION = "decision"
    LEDGER = "ledger"
    TASK = "task"
    MAIL = "mail"


ABOUT: Final[Mapping[Leg, str]] = {
    Leg.PUBLISHED: "its person's facts are applied, and the brokers have the message",
    Leg.RECEIPT: "intake has accepted it",
    Leg.APPLIED: "match has applied it",
    Leg.DECISION: "match has decided that it obliges the canary's unit",
    Leg.LEDGER: "receipt, applied entry and message are in the ledger",
    Leg.TASK: "it is part of an open task of the canary's unit",
    Leg.MAIL: "the relay has taken the unit's mail",
}
_WENT_WRONG: Final = frozenset({"refused", "exhausted"})


@dataclass(frozen=True, slots=True)
class LedgerState:
    """What the ledger says of the message."""

    outcome: Outcome
    reason: str
    booked: bool
    """Whether its receipt and its applied entry are there too."""
    unit: str | None
    """Whose task it is part of."""
    task: TaskStatus | None
    notices: Collection[str]
    """Where the notices stand that it was the cause of."""


@dataclass(slots=True)
class ProbeTrace:
    """One canary on its way."""

    message_id: str
    place: TracedPlace | None = None
    """Where the brokers have put the message."""
    reached: dict[Leg, float] = field(default_factory=dict)
    """When it was first seen there, in seconds of the caller's clock."""
    stopped: str | None = None
    """Why it will not come further."""
    hint: str | None = None
    """What was seen last that may be the reason if it does not."""

    @property
    def home(self) -> bool:
        """Whether it has come all the way."""
        return len(self.reached) == len(Leg)

    @property
    def waiting_for(self) -> Leg | None:
        """The first leg that it has not come over."""
        return next((leg for leg in Leg if leg not in self.reached), None)

    def reach(self, leg: Leg, at: float) -> None:
        """It has come over `leg`."""
        self.reached.setdefault(leg, at)

    def hear(self, topic: str, value: bytes, at: float) -> None:
        """A record of the service's own topics, whether it is about this canary or not."""
        if topic == Topic.APPLIED:
            if self.place is not None and self.place in applied_places(value):
                self.reach(Leg.APPLIED, at)
        elif self.message_id.encode() in value:
            said = orjson.loads(value)
            if topic == Topic.RECEIPTS:
                self._receipt(said, at)
            elif topic == Topic.DECISIONS and said["message"]["message_id"] == self.message_id:
                self._decision(said["verdict"], at)

    def read(self, state: LedgerState | None, at: float) -> None:
        """What the ledger says now; None while they do not know it."""
        if state is None or not state.booked:
            return
        self.reach(Leg.LEDGER, at)
        if state.outcome is not Outcome.OBLIGED:
            self.hint = f"it is {state.outcome}: {state.reason}"
            return
        if state.task is not TaskStatus.OPEN:
            return
        if state.unit != probe_identity.UNIT:
            self.stopped = f"its task is at {state.unit}"
            return
        self.reach(Leg.TASK, at)
        wrong = sorted(_WENT_WRONG.intersection(state.notices))
        if wrong:
            self.stopped = f"its mail is {wrong[0]}"
        elif "delivered" in state.notices:
            self.reach(Leg.MAIL, at)

    def seconds(self, began: float) -> dict[Leg, float]:
        """How long each leg took from the one before it; two that were seen in the other order took none."""
        found: dict[Leg, float] = {}
        before = began
        for leg in Leg:
            if leg in self.reached:
                found[leg] = max(0.0, self.reached[leg] - before)
                before = max(before, self.reached[leg])
        return found

    def _receipt(self, said: Mapping[str, object], at: float) -> None:
        if "status" not in said or self.place is None or _place(said["origin"]) != self.place:
            return
        if said["status"] == ReceiptStatus.ACCEPTED:
            self.reach(Leg.RECEIPT, at)
        else:
            self.stopped = f"intake has refused it: {said['reason']}"

    def _decision(self, verdict: Mapping[str, object], at: float) -> None:
        if verdict["outcome"] == Outcome.OBLIGED and verdict["unit_id"] == probe_identity.UNIT:
            self.reach(Leg.DECISION, at)
        else:
            self.hint = f"it is {verdict['outcome']}: {verdict['reason']}"


def applied_places(value: bytes) -> set[TracedPlace]:
    """The places of the input records behind one record of ``applied``."""
    return {
        (entry["origin_topic"], entry["origin_partition"], entry["origin_offset"])
        for entry in orjson.loads(value)["entries"]
    }


def refusal(value: bytes, places: Collection[TracedPlace]) -> str | None:
    """Why intake has refused one of the records at `places`, if this receipt says so."""
    said = orjson.loads(value)
    if said.get("status") != ReceiptStatus.REJECTED or _place(said["origin"]) not in places:
        return None
    reason: str = said["reason"]
    return reason


def _place(origin: object) -> TracedPlace | None:
    match origin:
        case {"topic": str(topic), "partition": int(partition), "offset": int(offset)}:
            return (topic, partition, offset)
    return None


@dataclass(frozen=True, slots=True)
class ProbeRun:
    """What came of one canary."""

    message_id: str
    seconds: Mapping[Leg, float]
    lost_at: Leg | None
    """The leg over which it did not come; None: it is home."""
    why: str | None = None

    @property
    def home(self) -> bool:
        """Whether it has come all the way."""
        return self.lost_at is None

    @property
    def total(self) -> float:
        """From the first fact to the last leg that it came over."""
        return sum(self.seconds.values())
