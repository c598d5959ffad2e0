"""How the service stands, as its operators see it: the flow from topic to mail, the promises, what waits for people.

One rule for the terminal and for the page. Pure: what is None could not be seen, and is never shown as 0.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

SLOW: Final = timedelta(minutes=2)
LONG: Final = timedelta(minutes=10)
"""As the alerts `FrafaldsvarselDutyLag` and `FrafaldsvarselDutyLagLong`."""


class Level(StrEnum):
    """How urgent it is; in the order in which a person reads them."""

    FAULT = "fault"
    """Something is wrong now."""
    WARNING = "warning"
    """Something will be wrong, or a person must decide."""
    UNKNOWN = "unknown"
    """It could not be looked at."""
    FINE = "fine"


def by_age(seconds: float | None) -> Level:
    """As the alerts have it: two minutes, ten minutes."""
    if seconds is None:
        return Level.UNKNOWN
    if seconds > LONG.total_seconds():
        return Level.FAULT
    return Level.WARNING if seconds > SLOW.total_seconds() else Level.FINE


def by_number(number: int | None, bad: Level) -> Level:
    """`bad` where there is any."""
    if number is None:
        return Level.UNKNOWN
    return bad if number else Level.FINE


class StepName(StrEnum):
    """The steps, in the order of the flow."""

    SENDERS = "senders"
    """What comes in."""
    INTAKE = "intake"
    MATCH = "match"
    LEDGER = "ledger"
    NOTIFY = "notify"


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowStep:
    """One step. What is None is not known."""

    step: StepName
    per_second: float | None
    """Records that came in, or that it has finished, between two looks; of `notify` attempts to send."""
    waiting: int | None
    """Records, or notices, before it; None for the senders."""
    oldest_seconds: float | None
    """The age of the oldest of these; 0 where none waits."""
    group_state: str | None = None
    """As Kafka names it; None where it reads no topic."""
    members: int | None = None

    @property
    def level(self) -> Level:
        """How a person should take it."""
        if self.waiting is None:
            return (
                Level.FINE if self.step is StepName.SENDERS and self.per_second is not None else Level.UNKNOWN
            )
        if self.waiting and self.members == 0:
            return Level.FAULT
        return by_age(self.oldest_seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Promises:
    """What is promised, in numbers; None: it could not be seen."""

    unaccounted: int | None
    counted_at: datetime | None
    """When the auditor said it."""
    duty_lag_seconds: float | None
    overdue_without_contact: int | None
    oldest_undelivered_seconds: float | None

    @property
    def unaccounted_level(self) -> Level:
        """Anything but 0 is a fault."""
        return by_number(self.unaccounted, Level.FAULT)

    @property
    def duty_lag_level(self) -> Level:
        """By its age."""
        return by_age(self.duty_lag_seconds)

    @property
    def overdue_level(self) -> Level:
        """The units' own work: a warning to whoever runs the service."""
        return by_number(self.overdue_without_contact, Level.WARNING)

    @property
    def undelivered_level(self) -> Level:
        """By its age."""
        return by_age(self.oldest_undelivered_seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class ForPeople:
    """What waits for a person; None: it could not be seen."""

    quarantine: Mapping[str, int] | None
    """Things by their kind."""
    undecided_past_review: int | None
    units_not_reached: int | None
    """Whose last mail nobody took."""

    @property
    def in_quarantine(self) -> int | None:
        """Of all kinds."""
        return None if self.quarantine is None else sum(self.quarantine.values())

    @property
    def quarantine_level(self) -> Level:
        """A person decides about each."""
        return by_number(self.in_quarantine, Level.WARNING)

    @property
    def undecided_level(self) -> Level:
        """A person looks at each."""
        return by_number(self.undecided_past_review, Level.WARNING)

    @property
    def units_level(self) -> Level:
        """Nobody there learns of a duty by mail."""
        return by_number(self.units_not_reached, Level.FAULT)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusAnswer:
    """`status --once --json`, and the numbers of the operators' page."""

    taken_at: datetime
    flow: Sequence[FlowStep]
    promises: Promises
    people: ForPeople
    away: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessState:
    """Whether one process answers, and since when it does or does not."""

    name: str
    is_up: bool
    since: datetime
    """As far as whoever asks knows: since it began to ask, at the longest."""
    why: str = ""
    """Why it counts as away, in a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Minute:
    """One minute of the last hour; what is None was not seen in it."""

    begins: datetime
    duty_lag_seconds: float | None = None
    """The largest of the minute, like the lag of each group."""
    lag_seconds: Mapping[str, float] = field(default_factory=dict)
    """By group; a group that is not named was not seen."""
    records_per_second: float | None = None
    """The mean."""
    attempts: Mapping[str, int] | None = None
    """To hand a notice over, by how they ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceView:
    """Everything that the operators' page shows."""

    answer: StatusAnswer
    processes: Sequence[ProcessState]
    minutes: Sequence[Minute]
    """The last hour, the oldest first."""
