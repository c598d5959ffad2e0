"""What a replay of one thing would come to, and how it would be done."""

from dataclasses import dataclass
from datetime import datetime

from models.dead_letter import DeadLetter, ReplayOutcome
from ops.recovery.rejected_payloads import Bytes


@dataclass(frozen=True, slots=True)
class Again:
    """A record to be written once more."""

    topic: str
    partition: int
    key: str | None
    content: Bytes


@dataclass(frozen=True, slots=True)
class DueAgain:
    """A notice to be put back to due."""

    deadline: datetime
    anew: bool


@dataclass(frozen=True, slots=True)
class Arrived:
    """A replay that was cut off, and had been written: only the note of it is missing."""

    place: str


@dataclass(frozen=True, slots=True)
class EndAsReturned:
    """A notice to be ended: a person has read the mail that came back, and it was not delivered."""


@dataclass(frozen=True, slots=True)
class ReplayPlan:
    """What a replay of one thing would come to; `by` is how, where it is possible at all."""

    dead_letter: DeadLetter
    prospect: ReplayOutcome
    why: str | None = None
    by: Again | DueAgain | Arrived | EndAsReturned | None = None

    def goes(self, *, force: bool) -> bool:
        """Whether it is to be replayed."""
        if self.by is None:
            return False
        return (
            isinstance(self.by, Arrived)
            or self.prospect.worthwhile
            or (force and self.prospect.may_be_forced)
        )
