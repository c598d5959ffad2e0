"""When things happen in the story: its phases, and the nights on which the institutions' systems send."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import IntEnum
from random import Random
from typing import Final

from models.calendar import COPENHAGEN

SUMMER_ENDS: Final = date(2026, 8, 9)
"""What is known before the first study start is registered by then."""
BIG_NIGHT: Final = date(2026, 9, 2)
_LAST_NIGHT: Final = date(2026, 11, 13)
_AUTUMN_HOLIDAY: Final = (date(2026, 10, 10), date(2026, 10, 18))
_DAY: Final = timedelta(days=1)


class Phase(IntEnum):
    """The acts of the story. Each is played when everything of the one before has settled.

    Within one, the order of arrival between topics changes no notice: nights hold messages only, and in each
    of the other acts a person has what leads to one change at most.
    """

    FACTS = 0
    FIRST_NIGHTS = 1
    LATE_FACTS = 2
    SEPTEMBER = 3
    AUTUMN = 4
    CHANGES = 5
    REPEATS = 6


NIGHTS: Final = {
    Phase.FIRST_NIGHTS: (date(2026, 8, 11), date(2026, 8, 19)),
    Phase.SEPTEMBER: (date(2026, 8, 20), date(2026, 9, 30)),
    Phase.AUTUMN: (date(2026, 10, 1), _LAST_NIGHT),
}
"""First and last night of the phases in which messages are sent."""


def phase_of(night: date) -> Phase:
    """The phase in which the messages of `night` are sent; what is older is sent with the first."""
    return next(phase for phase, (_, last) in NIGHTS.items() if night <= last)


@dataclass(frozen=True)
class Nights:
    """Every weekday night with how much is sent on it."""

    days: Sequence[date]
    weights: Sequence[float]

    def pick(self, chance: Random, *, after: date, before: date = date.max) -> date | None:
        """A night later than `after` and earlier than `before`, the busy ones more often."""
        open_nights = [place for place, day in enumerate(self.days) if after < day < before]
        if not open_nights:
            return None
        first, end = open_nights[0], open_nights[-1] + 1
        return chance.choices(self.days[first:end], self.weights[first:end])[0]


def make_nights(chance: Random) -> Nights:
    """The nights of the autumn; the one of `BIG_NIGHT` follows the first full day of most institutions."""
    first = NIGHTS[Phase.FIRST_NIGHTS][0]
    days = [first + place * _DAY for place in range((_LAST_NIGHT - first).days + 1)]
    # A school day comes before the nights to Tuesday until Saturday.
    days = [day for day in days if day.weekday() in (1, 2, 3, 4, 5)]
    weights = []
    for day in days:
        weight = chance.uniform(0.6, 1.8)
        if day == BIG_NIGHT:
            weight = 12.0
        elif _AUTUMN_HOLIDAY[0] <= day <= _AUTUMN_HOLIDAY[1]:
            weight = 0.15
        weights.append(weight)
    return Nights(days, weights)


def at_night(chance: Random, night: date) -> datetime:
    """A moment between half past midnight and half past four."""
    return datetime.combine(night, time(0, 30), COPENHAGEN) + timedelta(seconds=chance.randrange(4 * 3600))


def in_office(chance: Random, day: date) -> datetime:
    """A moment between eight and sixteen."""
    return datetime.combine(day, time(8), COPENHAGEN) + timedelta(seconds=chance.randrange(8 * 3600))


def written(moment: datetime, *, utc: bool) -> str:
    """`moment` as a CloudEvent's ``time``: in Copenhagen's offset or, as other systems do, in UTC."""
    if utc:
        return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return moment.isoformat()
