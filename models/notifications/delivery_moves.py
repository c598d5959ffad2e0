"""The state machine of a delivery: who may move which status to which. Every statement that moves one is in
`ledger.store.deliveries`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from models.notifications.delivery import DeliveryStatus as Status


class Move(StrEnum):
    """What changes a delivery's status. Only an operator or the unit brings one back: every other move begins at `due`,
    but for a mail that comes back after the relay has taken it."""

    RECORD = "record"
    """The notifier, which holds the lease, writes down what an attempt came to."""
    SETTLE = "settle"
    """The notifier, which has claimed it, finds that it is not to be sent."""
    EXPIRE = "expire"
    """The notifier finds that its deadline has passed, and that nobody holds it."""
    BOUNCE = "bounce"
    """The bounce mailbox has a report that the recipient did not get it."""
    RETRY = "retry"
    """An operator, or the unit itself, lets it be tried again."""
    DROP = "drop"
    """A rebuild of the ledger does not come to it."""


@dataclass(frozen=True, slots=True)
class Transition:
    """From any of `before` to any of `after`."""

    before: frozenset[Status]
    after: frozenset[Status]


def _from(*before: Status, to: tuple[Status, ...]) -> Transition:
    return Transition(frozenset(before), frozenset(to))


TRANSITIONS: Final[Mapping[Move, Transition]] = {
    Move.RECORD: _from(Status.DUE, to=(Status.DUE, Status.DELIVERED, Status.REFUSED, Status.EXHAUSTED)),
    Move.SETTLE: _from(Status.DUE, to=(Status.SUPERSEDED, Status.EXHAUSTED)),
    Move.EXPIRE: _from(Status.DUE, to=(Status.EXHAUSTED,)),
    Move.BOUNCE: _from(Status.DUE, Status.DELIVERED, to=(Status.REFUSED,)),
    Move.RETRY: _from(Status.REFUSED, Status.EXHAUSTED, to=(Status.DUE,)),
    Move.DROP: _from(Status.DUE, to=(Status.SUPERSEDED,)),
}
MADE_OUT: Final = frozenset({Status.DUE, Status.EXHAUSTED})
"""How a new one begins. Exhausted is what a rebuild finds missing: it may have been sent, so a person decides."""


def allowed(move: Move, before: Status) -> bool:
    """Whether `move` may begin at `before`."""
    return before in TRANSITIONS[move].before


def checked(move: Move, after: Status) -> Status:
    """`after`, where `move` may end there; `ValueError` otherwise: a mistake of ours."""
    if after not in TRANSITIONS[move].after:
        raise ValueError(f"{move} does not end at {after}")
    return after
