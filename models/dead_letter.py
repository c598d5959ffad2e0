"""Refused and undeliverable things: how they are named, where they stand, and what a replay would come to.

Pure: what a record would be answered now, and whom a notice would reach, is found out elsewhere and handed in.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pydantic import AwareDatetime

from models.base import Frozen
from models.events.fingerprints import same_content
from models.events.simple_receipt import KnownReceipt
from models.notifications.delivery import SendOutcome

RecordPlace = tuple[str, int, int]


class DeadLetterKind(StrEnum):
    """What lies in quarantine."""

    INPUT = "input"
    """A record that intake refused; its bytes are kept, sealed."""
    CONFLICT = "conflict"
    """A record that was accepted, and refused because its id had come with other content."""
    LEFT_OUT = "left_out"
    """A record that was accepted and has no effect: its sender is over its bound for that person."""
    FOREIGN = "foreign"
    """A record on one of the service's own topics that the service did not write. It had no effect."""
    DELIVERY = "delivery"
    """A notice that its recipient refused, or that nobody took before its deadline."""
    BOUNCE = "bounce"
    """A mail that came back to the address of one delivery, and that no rule understands."""


class DeadLetterState(StrEnum):
    """Where a thing stands."""

    OPEN = "open"
    """Nobody has decided."""
    BEGUN = "begun"
    """A replay was begun, and whether it was written is not known: replaying it again is safe."""
    REPLAYED = "replayed"
    DISMISSED = "dismissed"


WAITING = frozenset({DeadLetterState.OPEN, DeadLetterState.BEGUN})
"""What a person has still to decide."""


class DeadLetter(Frozen):
    """One refused or undeliverable thing. Holds no content."""

    id: str
    kind: DeadLetterKind
    since: AwareDatetime
    sender: str | None = None
    unit: str | None = None
    reason: str
    detail: str | None = None
    state: DeadLetterState
    message_id: str | None = None
    task: str | None = None
    delivery_status: str | None = None
    """Of a delivery, and of a mail that came back: where the delivery stands now."""
    decided_by: str | None = None
    because: str | None = None
    decided_at: AwareDatetime | None = None
    replayed_as: str | None = None

    @property
    def delivery(self) -> str:
        """Of a delivery, and of a mail that came back: the delivery's id."""
        return self.id.partition("/")[0]

    @property
    def place(self) -> RecordPlace:
        """Of a record: where it stands."""
        return place_of(self.id)


class ReplayOutcome(StrEnum):
    """What a replay would come to, now."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    """Judged again, it would be refused again."""
    DUPLICATE = "duplicate"
    """The same content has been accepted under its id meanwhile."""
    CONFLICT = "conflict"
    """Other content stands under its id: the sender must send it under a new one."""
    GONE = "gone"
    """Its bytes are no longer there."""
    SENT = "sent"
    """The notice goes out."""
    RETURNED = "returned"
    """A person has read the mail that came back: the notice ends as refused."""
    NOT_NEEDED = "not_needed"
    """The notice no longer fits its task, or the unit has had it at another address."""
    NO_RECIPIENT = "no_recipient"
    """The unit is unknown, or has no address."""
    DECIDED = "decided"
    """Somebody has replayed it already."""

    @property
    def worthwhile(self) -> bool:
        """Whether a replay changes anything for the better."""
        return self in (ReplayOutcome.ACCEPTED, ReplayOutcome.SENT, ReplayOutcome.RETURNED)

    @property
    def may_be_forced(self) -> bool:
        """Whether a replay is at least possible, and does no harm."""
        return self.worthwhile or self in (
            ReplayOutcome.REFUSED,
            ReplayOutcome.DUPLICATE,
            ReplayOutcome.DECIDED,
        )


@dataclass(frozen=True, slots=True)
class AcceptedRecord:
    """An accepted record under an id: where it stands, and the fingerprint of its content."""

    place: str
    fingerprint: str | None
    fingerprint_utc: str | None = None


def id_of(place: RecordPlace) -> str:
    """
    >>> id_of(("benefits", 2, 17))
    'benefits/2/17'
    """
    topic, partition, offset = place
    return f"{topic}/{partition}/{offset}"


def place_of(identity: str) -> RecordPlace:
    """The place that `identity` names; raises `ValueError` for what names none."""
    topic, partition, offset = identity.split("/")
    return (topic, int(partition), int(offset))


def expected_replay(
    receipt: KnownReceipt, standing: Sequence[AcceptedRecord]
) -> tuple[ReplayOutcome, str | None]:
    """What becomes of a record that would be answered with `receipt` now, and why.

    `standing`: the accepted records of its sender and id, in the brokers' order; the first one has the id.
    """
    if receipt.reason is not None:
        said = [str(receipt.reason), receipt.detail]
        return ReplayOutcome.REFUSED, ": ".join(part for part in said if part)
    if not standing:
        return ReplayOutcome.ACCEPTED, None
    first = standing[0]
    if same_content(first, receipt):
        return ReplayOutcome.DUPLICATE, f"accepted already as {first.place}"
    return ReplayOutcome.CONFLICT, f"other content stands under its id, as {first.place}"


def surely_not_taken(ended_at: datetime | None, attempts: Iterable[tuple[datetime, str]]) -> bool:
    """Whether no relay can have taken a notice that was given up: then its mail may be written anew.

    Only an answer to the last attempt says so. A deadline that passed while a notifier held it says nothing.
    """
    tried = sorted(attempts)
    if any(outcome in (SendOutcome.INDETERMINATE, SendOutcome.DELIVERED) for _, outcome in tried):
        return False
    return bool(tried) and tried[-1][0] == ended_at
