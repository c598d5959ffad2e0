"""The accounting as records: what went into a hop, what came out, and what is missing by name."""

from collections.abc import Mapping
from enum import StrEnum

from pydantic import AwareDatetime, Field

from models.base import Frozen


class Hop(StrEnum):
    """The hops that must balance, in the order of the flow."""

    SEQUENCES = "sequences"
    RECEIPTS = "receipts"
    TOTALS = "totals"
    PERSON_EVENTS = "person_events"
    APPLIED = "applied"
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


ABOUT: Mapping[Hop, str] = {
    Hop.SEQUENCES: "every number of a sender that counts its events has come, each with one event",
    Hop.RECEIPTS: "every input record has one answer, on the log and in the ledger",
    Hop.TOTALS: "of every day for which a sender has declared its total, as many events have come as it says",
    Hop.PERSON_EVENTS: "every accepted record has been applied to its person, if it is about one",
    Hop.APPLIED: "every person event has one applied entry, on the log and in the ledger",
    Hop.DECISIONS: "every accepted message has one decision, or repeats another",
    Hop.REVISIONS: "every message's last revision is in the ledger, and none is missing or said twice",
    Hop.TASKS: "every obliged message is in one task, open or closed, at the oracle's unit or where people gave it",
    Hop.ACTS: "what people did with a task is numbered without holes, and its attempts are as many as it says",
    Hop.CLOSINGS: "every closed task has the act that closed it, and nothing but a person opens it again",
    Hop.TRANSFERS: "every duty that another unit has was handed over by an act",
    Hop.NOTICES: "every task's unit has a mail made out to it",
    Hop.DELIVERIES: "every notice is sent, or there is a reason",
    Hop.WEBHOOKS: "every notice has its webhooks, each is sent or has a reason, and no endpoint is off in silence",
    Hop.BOUNCES: "every mail that came back is read and ended its notice, and none was ended without a report",
    Hop.STEPS: "every step that fell due came to a notice or a reason, and every open task has its steps",
    Hop.OFFSETS: "no offset is committed before what follows from it is durable, and nothing was removed unread",
}


class Lack(StrEnum):
    """What is missing and can be driven again: the record of its place is handed to its step once more."""

    NO_RECEIPT = "no receipt"
    ACCEPTANCE_NOT_BOOKED = "its receipt is not in the ledger"
    REFUSAL_NOT_BOOKED = "its refusal is not in the ledger"
    NOT_FOLLOWED = "accepted, but not applied"
    NOT_APPLIED = "not applied"
    ENTRY_NOT_BOOKED = "its applied entry is not in the ledger"
    NO_DECISION = "no decision"


HOP_OF: Mapping[Lack, Hop] = {
    Lack.NO_RECEIPT: Hop.RECEIPTS,
    Lack.ACCEPTANCE_NOT_BOOKED: Hop.RECEIPTS,
    Lack.REFUSAL_NOT_BOOKED: Hop.RECEIPTS,
    Lack.NOT_FOLLOWED: Hop.PERSON_EVENTS,
    Lack.NOT_APPLIED: Hop.APPLIED,
    Lack.ENTRY_NOT_BOOKED: Hop.APPLIED,
    Lack.NO_DECISION: Hop.DECISIONS,
}
"""Where each of them is found."""


class Missing(Frozen):
    """One thing that does not balance, by its place. Never holds content."""

    hop: Hop
    what: str
    topic: str | None = None
    partition: int | None = None
    offset: int | None = None
    task_id: str | None = None
    message_id: str | None = None
    detail: str | None = None
    """What else is known; `what` alone is one of a closed number of sentences, so that causes can be counted."""
    case: str | None = None
    """By what name a person can put it aside (`models.events.exception_case`), where only its sender could mend it."""

    @property
    def cause(self) -> tuple[str, str]:
        """What it is counted under."""
        return (self.hop.value, self.what)


class Account(Frozen):
    """One hop: `total` = the sum of `parts` + `under_way` + `unaccounted`."""

    hop: Hop
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


class Audit(Frozen):
    """All hops, and every exception that is older than the grace time."""

    accounts: tuple[Account, ...]
    exceptions: tuple[Missing, ...] = ()
    lags: tuple[Lag, ...] = ()
    oldest_seconds: float = 0.0
    """The age of the oldest record that is still under way."""
    canary_home_at: AwareDatetime | None = None
    """When the brokers had received the last canary that came home, as the books say."""
    read: int = 0
    """Records of the log that this round has read."""

    @property
    def unaccounted(self) -> int:
        """What is missing for longer than the grace time, and every equation that does not hold."""
        return sum(account.unaccounted + (not account.balances) for account in self.accounts)

    @property
    def under_way(self) -> int:
        """What is still on its way."""
        return sum(account.under_way for account in self.accounts)
