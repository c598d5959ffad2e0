"""The manager's weeks of every unit, counted now and then in the background, so that nobody waits for a large unit's.

Small units are counted when they are asked for, and so are all until the first count is there: a number that is not
of this moment is shown with its time.
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
from ledger.queries.visit import ServedConnections

log = logging.getLogger(__name__)

WEEKS: Final = 12
EVERY: Final = timedelta(minutes=5)
FEW: Final = 5_000
"""Tasks that are counted within some hundredths of a second."""


@dataclass(frozen=True, slots=True)
class _Kept:
    at: datetime
    today: date
    units: Mapping[str, UnitWeeks]


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
        self._kept = _Kept(now, today, await self._ask(self._units, today))

    async def of(self, units: frozenset[str]) -> tuple[Statistics, datetime | None]:
        """The numbers of `units` together, and when they were counted; None: just now."""
        now = self._clock()
        today = self._day(now)
        kept = self._kept
        # Two counts that failed are one too many: then it is better to wait.
        if kept is not None and kept.today == today and now - kept.at <= 3 * EVERY:
            theirs = [kept.units[unit] for unit in units if unit in kept.units]
            if sum(unit.read for unit in theirs) > FEW:
                return together(theirs, today=today, weeks=WEEKS), kept.at
        return together((await self._ask(units, today)).values(), today=today, weeks=WEEKS), None

    async def _ask(self, units: frozenset[str], today: date) -> Mapping[str, UnitWeeks]:
        async with self._served.of(units) as connection:
            return await by_unit(connection, units=units, today=today, weeks=WEEKS)
