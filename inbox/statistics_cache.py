"""What a unit's every task must be read for, done now and then in the background: nobody waits for a large unit's.

The manager's weeks, which institutions wrote, and whether more waits for delivery than a number says. Small units are
counted when they are asked for, and so are all until the first count is there. Weeks that are not of this moment are
shown with their time; that thousands wait is said as it was then.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import psycopg
from psycopg_pool import PoolTimeout

from ledger.queries.statistics import Statistics, UnitWeeks, by_unit, together
from ledger.queries.task_counts import COUNT_AT_MOST, waiting_by_unit
from ledger.queries.task_list import institutions_of
from ledger.queries.visit import ServedConnections

log = logging.getLogger(__name__)

WEEKS: Final = 12
EVERY: Final = timedelta(minutes=5)
FEW: Final = 5_000
"""Tasks that are counted within some hundredths of a second."""
_FEW_OPEN: Final = 500
"""Open tasks of which it is found within some thousandths of a second who wrote about them."""


@dataclass(frozen=True, slots=True)
class _Kept:
    at: datetime
    today: date
    units: Mapping[str, UnitWeeks]
    institutions: Mapping[str, frozenset[str]]
    waiting: Mapping[str, int]

    def of(self, units: frozenset[str]) -> list[UnitWeeks]:
        return [self.units[unit] for unit in units if unit in self.units]


class Counted:
    """What was counted last. `units`: all that anybody may ask for."""

    def __init__(
        self,
        served: ServedConnections,
        units: frozenset[str],
        *,
        clock: Callable[[], datetime],
        day: Callable[[datetime], date],
    ) -> None:
        self._served = served
        self._units = units
        self._clock = clock
        self._day = day
        self._kept: _Kept | None = None

    async def keep(self) -> None:
        """Count for ever; a database that is away is tried again the next time."""
        while True:
            try:
                await self.count()
            except (psycopg.Error, PoolTimeout) as error:
                log.warning("the weeks could not be counted: %s", type(error).__name__)
            await asyncio.sleep(EVERY.total_seconds())

    async def count(self) -> None:
        """Count all units once."""
        now = self._clock()
        today = self._day(now)
        self._kept = _Kept(
            now,
            today,
            await self._weeks(self._units, today),
            await self._institutions(self._units),
            await self._waiting(),
        )

    async def of(self, units: frozenset[str]) -> tuple[Statistics, datetime | None]:
        """The numbers of `units` together, and when they were counted; None: just now."""
        today = self._day(self._clock())
        kept = self._last()
        if kept is not None and sum(each.read for each in kept.of(units)) > FEW:
            return together(kept.of(units), today=today, weeks=WEEKS), kept.at
        return together((await self._weeks(units, today)).values(), today=today, weeks=WEEKS), None

    async def institutions(self, units: frozenset[str]) -> frozenset[str]:
        """Numbers of the institutions that wrote about open tasks of `units`: of many, as of the last count."""
        kept = self._last()
        if kept is not None and sum(each.weeks[-1].open_at_end for each in kept.of(units)) <= _FEW_OPEN:
            kept = None
        found = await self._institutions(units) if kept is None else kept.institutions
        return frozenset[str]().union(*(found.get(unit, ()) for unit in units))

    def many_wait(self, units: frozenset[str]) -> bool:
        """Whether more of their tasks waited for delivery at the last count than a list's number says."""
        kept = self._last()
        return kept is not None and sum(kept.waiting.get(unit, 0) for unit in units) > COUNT_AT_MOST

    def _last(self) -> _Kept | None:
        """The last count, unless it is too old to be shown."""
        now, kept = self._clock(), self._kept
        # Two counts that failed are one too many: then it is better to wait.
        if kept is None or kept.today != self._day(now) or now - kept.at > 3 * EVERY:
            return None
        return kept

    async def _weeks(self, units: frozenset[str], today: date) -> Mapping[str, UnitWeeks]:
        async with self._served.of(units) as connection:
            return await by_unit(connection, units=units, today=today, weeks=WEEKS)

    async def _institutions(self, units: frozenset[str]) -> Mapping[str, frozenset[str]]:
        async with self._served.of(units) as connection:
            return await institutions_of(connection, units=units)

    async def _waiting(self) -> Mapping[str, int]:
        async with self._served.of(self._units) as connection:
            return await waiting_by_unit(connection, units=self._units)
