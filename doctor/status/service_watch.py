"""Looks at the service by the metrics of its processes, again and again, and remembers the last hour of it."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from doctor.readers.metrics_page import MetricsPage
from doctor.status.answer import status_answer
from doctor.status.last_hour import CounterGrowth, LastHour, PlottedLook
from doctor.status.look import StatusLook
from doctor.status.metrics_look import Scraped, attempts_of, look_of
from doctor.status.scrape import scrape
from models.notifications.delivery import SendOutcome
from models.service_status import ProcessState, ServiceView, StatusAnswer
from ops.lag.sample import LagSample

log = logging.getLogger(__name__)

EVERY: Final = timedelta(seconds=10)
REST: Final = timedelta(seconds=1)
RATES_OVER: Final = timedelta(minutes=1)
_OUTCOME: Final = 1
"""Of a counter of attempts: which label."""
Scrape = Callable[[Mapping[str, str]], Awaitable[tuple[Mapping[str, MetricsPage], Mapping[str, str]]]]


class ServiceWatch:
    """The last look, and the hour before it."""

    def __init__(
        self, addresses: Mapping[str, str], *, clock: Callable[[], datetime], scrape: Scrape = scrape
    ) -> None:
        """`addresses`: where each process serves its metrics, by the name that the page shows."""
        self._addresses = dict(addresses)
        self._clock = clock
        self._scrape = scrape
        self._looks: deque[StatusLook] = deque()
        self._states: dict[str, ProcessState] = {}
        self._hour = LastHour()
        self._growth = CounterGrowth()
        self._answer: StatusAnswer | None = None

    def seen(self) -> ServiceView | None:
        """What is known now; None: nobody has been asked yet."""
        if self._answer is None:
            return None
        return ServiceView(
            answer=self._answer,
            processes=[self._states[name] for name in self._addresses],
            minutes=self._hour.minutes(self._clock()),
        )

    async def keep(self, every: timedelta = EVERY, *, rest: timedelta = REST) -> None:
        """Look for ever. Whatever goes wrong in one look, the next one is taken, after a rest."""
        while True:
            began = asyncio.get_running_loop().time()
            try:
                await self.look()
            except Exception as error:  # the pages of the units live in the same process
                log.error("the service could not be looked at: %s", type(error).__name__)
            spent = asyncio.get_running_loop().time() - began
            await asyncio.sleep(max(rest.total_seconds(), every.total_seconds() - spent))

    async def look(self) -> None:
        """Ask all of them once."""
        pages, why = await self._scrape(self._addresses)
        now = self._clock()
        for name in self._addresses:
            self._note(name, now, why.get(name, ""))
        counters = {name: found for name, page in pages.items() if (found := attempts_of(page)) is not None}
        grown = self._growth.add(counters)
        look = look_of(Scraped(now, pages), self._growth.total if counters else None)
        while self._looks and self._looks[0].at < now - RATES_OVER:
            self._looks.popleft()
        self._answer = status_answer(self._looks[0] if self._looks else None, look)
        self._looks.append(look)
        attempts: dict[str, int] = {}
        for labels, number in grown.items():
            # Only what is known: labels are another's words, and are remembered for an hour.
            if labels[_OUTCOME] in set(SendOutcome):
                attempts[labels[_OUTCOME]] = attempts.get(labels[_OUTCOME], 0) + number
        self._hour.add(
            PlottedLook(
                at=now,
                duty_lag_seconds=look.duty_lag_seconds,
                lag_seconds=_lags(look.sample),
                records_per_second=self._answer.flow[0].per_second,
                attempts=attempts if counters else None,
            )
        )

    def _note(self, name: str, now: datetime, why: str) -> None:
        before = self._states.get(name)
        since = before.since if before is not None and before.is_up is not bool(why) else now
        self._states[name] = ProcessState(name=name, is_up=not why, since=since, why=why)


def _lags(sample: LagSample | None) -> dict[str, float]:
    """The largest age of each group; a group with a record that could not be read is left out."""
    if sample is None:
        return {}
    ages: dict[str, list[float | None]] = {}
    for one in sample.partitions:
        ages.setdefault(one.group, []).append(one.age(sample.taken_at))
    return {group: max(filter(None, each), default=0.0) for group, each in ages.items() if None not in each}
