"""The accounting as records: what went into a hop, what came out, and what is missing by name."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from pydantic import AwareDatetime, Field

from models.base import Frozen


class Check(StrEnum):
    """The hops that must balance, in the order of the flow."""

    SEQUENCES = "sequences"
    RECEIPTS = "receipts"
    TOTALS = "totals"
    PERSON_EVENTS = "person_events"
    APPLIED = "applied"
    BOUNDS = "bounds"
    FOREIGN = "foreign"
    NAMES_NOTHING = "names_nothing"
    DECISIONS = "decisions"
    REVISIONS = "revisions"
    TASKS = "tasks"
    ACTS = "acts"
    CLOSINGS = "closings"
    TRANSFERS = "transfers"
    NOTICES = "notices"
    DELIVERIES = "deliveries"
    WEBHOOKS = "webhooks"
    BOUNCES = "bounces"
    STEPS = "steps"
    OFFSETS = "offsets"


ABOUT: Mapping[Check, str] = {
    Check.SEQUENCES: "every number of a sender that counts its events has come, each with one event",
    Check.RECEIPTS: "every input record has one answer, on the log and in the ledger",
    Check.TOTALS: "of every day for which a sender has declared its total, as many events have come as it says",
    Check.PERSON_EVENTS: "every accepted record has been applied to its person, if it is about one",
    Check.APPLIED: "every person event has one applied entry, on the log and in the ledger",
    Check.BOUNDS: "what has no effect because its sender is over its bound for a person is listed until people decide",
    Check.FOREIGN: "what others wrote on the service's own topics is in quarantine, and is listed until people decide",
    Check.NAMES_NOTHING: "what takes back something that nobody has registered is told to its sender, and listed",
    Check.DECISIONS: "every accepted message has one decision, or repeats another",
    Check.REVISIONS: "every message's last revision is in the ledger, and none is missing or said twice",
    Check.TASKS: "every obliged message is in one task, open or closed, at the oracle's unit or where people gave it",
    Check.ACTS: "what people did with a task is numbered without holes, and its attempts are as many as it says",
    Check.CLOSINGS: "every closed task has the act that closed it, and nothing but a person opens it again",
    Check.TRANSFERS: "every duty that another unit has was handed over by an act",
    Check.NOTICES: "every task's unit has a mail made out to it",
    Check.DELIVERIES: "every notice is sent, or there is a reason",
    Check.WEBHOOKS: "every notice has its webhooks, each is sent or has a reason, and no endpoint is off in silence",
    Check.BOUNCES: "every mail that came back ended its notice, is noted or is a case, and none ended without one",
    Check.STEPS: "every step that fell due came to a notice or a reason, and every open task has its steps",
    Check.OFFSETS: "no offset is committed before what follows from it is durable, and nothing was removed unread",
}


class GapKind(StrEnum):
    """What is missing and can be driven again: the record of its place is handed to its step once more."""

    NO_RECEIPT = "no receipt"
    ACCEPTANCE_NOT_BOOKED = "its receipt is not in the ledger"
    REFUSAL_NOT_BOOKED = "its refusal is not in the ledger"
    NOT_FOLLOWED = "accepted, but not applied"
    NOT_APPLIED = "not applied"
    ENTRY_NOT_BOOKED = "its applied entry is not in the ledger"
    NO_DECISION = "no decision"


CHECK_OF: Mapping[GapKind, Check] = {
    GapKind.NO_RECEIPT: Check.RECEIPTS,
    GapKind.ACCEPTANCE_NOT_BOOKED: Check.RECEIPTS,
    GapKind.REFUSAL_NOT_BOOKED: Check.RECEIPTS,
    GapKind.NOT_FOLLOWED: Check.PERSON_EVENTS,
    GapKind.NOT_APPLIED: Check.APPLIED,
    GapKind.ENTRY_NOT_BOOKED: Check.APPLIED,
    GapKind.NO_DECISION: Check.DECISIONS,
}
"""Where each of them is found."""


class Missing(Frozen):
    """One thing that does not balance, by its place. Never holds content."""

    hop: Check
    what: str
    topic: str | None = None
    partition: int | None = None
    offset: int | None = None
    task_id: str | None = None
    message_id: str | None = None
    detail: str | None = None
    """What else is known; `what` alone is one of a closed number of sentences, so that causes can be counted."""
    redriven: bool | None = None
    """True where it was driven again before: once is all that it gets."""
    case: str | None = None
    """By what name a person can put it aside (`models.events.exception_case`), where only its sender could mend it."""

    @property
    def cause(self) -> tuple[str, str]:
        """What it is counted under."""
        return (self.hop.value, self.what)


class CheckResult(Frozen):
    """One hop: `total` = the sum of `parts` + `under_way` + `unaccounted`."""

    hop: Check
    total: int
    parts: dict[str, int]
    under_way: int = 0
    unaccounted: int = 0
    beside: dict[str, int] = Field(default_factory=dict)
    """What is counted and is no part of the sum: the same said again, for one."""

    @property
    def balances(self) -> bool:
        """Whether the equation holds."""
        return self.total == sum(self.parts.values()) + self.under_way + self.unaccounted


class Lag(Frozen):
    """How far a group of the service is from both ends of a partition, in offsets."""

    group: str
    topic: str
    partition: int
    behind: int
    """From the end of the log: what it has still to read."""
    headroom: int
    """From the start of the log, which retention moves towards it; below 0 it has been passed."""


STUCK_AFTER_SECONDS: Final = 300
"""From then on a step that does not move is said to be stuck: the alert asks for the same."""


class Waiting(Frozen):
    """A step that has work: how long it has not moved."""

    topic: str
    """What it reads: a topic, or what waits in none (`ops.audit.checks.context`)."""
    partition: int
    seconds: float


class AuditReport(Frozen):
    """All hops, and every exception that its step has passed by."""

    accounts: tuple[CheckResult, ...]
    exceptions: tuple[Missing, ...] = ()
    lags: tuple[Lag, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    """Where something waits, and for how long its step has not moved."""
    oldest_seconds: float = 0.0
    """The age of the oldest record that is still under way."""
    canary_home_at: AwareDatetime | None = None
    """When the brokers had received the last canary that came home, as the ledger says."""
    read: int = 0
    """Records of the log that this round has read."""

    @property
    def unaccounted(self) -> int:
        """What its step has passed by, and every equation that does not hold."""
        return sum(account.unaccounted + (not account.balances) for account in self.accounts)

    @property
    def stuck(self) -> tuple[Waiting, ...]:
        """Steps that have not moved for too long though they have work."""
        return tuple(one for one in self.waiting if one.seconds >= STUCK_AFTER_SECONDS)

    @property
    def under_way(self) -> int:
        """What is still on its way."""
        return sum(account.under_way for account in self.accounts)
