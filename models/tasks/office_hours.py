"""When a unit is at work, by Copenhagen's clock: what falls due outside these hours waits for the next opening.

Pure. It must never name a time that a night of summer time skips or repeats: hours may not begin or end there.
"""

from collections.abc import Callable, Container
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from models.calendar import COPENHAGEN, copenhagen_date

Window = tuple[time, time]
"""From the first moment at work to the first that is not."""
Week = tuple[
    Window | None, Window | None, Window | None, Window | None, Window | None, Window | None, Window | None
]
"""Monday first; None is closed all day."""

CLOCK_CHANGES: Final = (time(2), time(3))
"""Between these the clock goes over an hour in March and through it twice in October."""
_LONGEST_SEARCH: Final = 400
"""Days. No unit is closed for a year."""


class NeverOpen(LookupError):
    """A unit has no opening within a year: its hours or days off are wrong."""


@dataclass(frozen=True, slots=True)
class OfficeHours:
    """One unit's hours."""

    week_on: Callable[[date], Week]
    """The week that is in force on a day: hours are dated data."""
    days_off: Container[date]

    def window(self, day: date) -> tuple[datetime, datetime] | None:
        """The opening and the closing of `day`, in UTC; None where the unit is closed."""
        hours = self.week_on(day)[day.weekday()]
        if hours is None or day in self.days_off:
            return None
        opens, closes = (datetime.combine(day, at, COPENHAGEN).astimezone(UTC) for at in hours)
        return opens, closes

    def opening(self, day: date) -> datetime:
        """The first opening on `day` or after it, in UTC; raises `NeverOpen`."""
        for days in range(_LONGEST_SEARCH):
            window = self.window(day + timedelta(days=days))
            if window is not None:
                return window[0]
        raise NeverOpen(f"no opening within {_LONGEST_SEARCH} days")

    def next_open(self, moment: datetime) -> datetime:
        """`moment` itself where the unit is at work then, else the next opening, in UTC."""
        day = copenhagen_date(moment)
        window = self.window(day)
        if window is not None and moment < window[1]:
            return max(moment.astimezone(UTC), window[0])
        return self.opening(day + timedelta(days=1))
