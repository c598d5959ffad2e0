"""What is remembered of the last hour, minute by minute, for the plots. Pure, and bounded."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from models.service_status import Minute

MINUTES: Final = 60
_MINUTE: Final = timedelta(minutes=1)
_MOST: Final = 60 * 60
"""Points: one a second."""
Counters = Mapping[tuple[str, ...], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlottedLook:
    """What one look says that is plotted. None: not known."""

    at: datetime
    duty_lag_seconds: float | None
    lag_seconds: Mapping[str, float]
    records_per_second: float | None
    attempts: Mapping[str, int] | None
    """Since the look before, by how they ended."""


@dataclass(slots=True)
class LastHour:
    """The points of the last hour."""

    _points: deque[PlottedLook] = field(default_factory=lambda: deque(maxlen=_MOST))

    def add(self, point: PlottedLook) -> None:
        """The newest; what is older than an hour is forgotten."""
        self._points.append(point)
        while self._points[0].at < point.at - (MINUTES + 1) * _MINUTE:
            self._points.popleft()

    def minutes(self, now: datetime) -> Sequence[Minute]:
        """Every minute up to the one of `now`, also those in which nothing was seen."""
        last = now.replace(second=0, microsecond=0)
        by_minute: dict[datetime, list[PlottedLook]] = {}
        for point in self._points:
            by_minute.setdefault(point.at.replace(second=0, microsecond=0), []).append(point)
        begins = [last - back * _MINUTE for back in reversed(range(MINUTES))]
        return [_minute(begin, by_minute.get(begin, [])) for begin in begins]


@dataclass(slots=True)
class CounterGrowth:
    """How much counters of several processes have grown; one that begins anew counts from 0, as in Prometheus."""

    total: int = 0
    _before: dict[str, Counters] = field(default_factory=dict)

    def add(self, seen: Mapping[str, Counters]) -> Mapping[tuple[str, ...], int]:
        """What has come since each process was last seen; a process that is seen for the first time adds nothing."""
        grown: dict[tuple[str, ...], int] = {}
        for process, counters in seen.items():
            before = self._before.get(process)
            self._before[process] = counters
            for labels, value in counters.items() if before is not None else ():
                was = (before or {}).get(labels, 0.0)
                more = round(value - was if value >= was else value)
                if more > 0:
                    grown[labels] = grown.get(labels, 0) + more
        self.total += sum(grown.values())
        return grown


def _minute(begins: datetime, points: Sequence[PlottedLook]) -> Minute:
    lags: dict[str, float] = {}
    for point in points:
        for group, seconds in point.lag_seconds.items():
            lags[group] = max(seconds, lags.get(group, 0.0))
    duty = [point.duty_lag_seconds for point in points if point.duty_lag_seconds is not None]
    rates = [point.records_per_second for point in points if point.records_per_second is not None]
    counted = [point.attempts for point in points if point.attempts is not None]
    return Minute(
        begins=begins,
        duty_lag_seconds=max(duty, default=None),
        lag_seconds=lags,
        records_per_second=sum(rates) / len(rates) if rates else None,
        attempts=_together(counted) if counted else None,
    )


def _together(counted: Iterable[Mapping[str, int]]) -> Mapping[str, int]:
    found: dict[str, int] = {}
    for each in counted:
        for outcome, number in each.items():
            found[outcome] = found.get(outcome, 0) + number
    return found
