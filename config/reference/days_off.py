"""The days on which offices are closed, so that a target in working days is counted as people count it.

It must never pass over a year that it does not know: an unknown holiday would shorten a target unseen.
"""

from collections.abc import Iterable
from datetime import date, datetime

from holidays import country_holidays

from config.reference.tables import Reference


class HolidaysUnknown(LookupError):
    """The library of holidays has none for the year; update it."""


class DaysOff:
    """Danish public holidays and fixed days of every year, as a ``Container[date]``; weekends apart.

    The holidays follow the law of each year: store bededag is one until 2023 and none from 2024.
    """

    def __init__(self, every_year: Iterable[tuple[int, int]] = ()) -> None:
        """`every_year`: (month, day) of the days that are off besides the public holidays."""
        self._every_year = tuple(every_year)
        self._years: dict[int, frozenset[date]] = {}

    def __contains__(self, day: object) -> bool:
        """Whether `day` is off; raises `HolidaysUnknown`. A moment is no day: it would never be found."""
        if not isinstance(day, date) or isinstance(day, datetime):
            raise TypeError("days off are asked for with a date")
        return day in self.in_year(day.year)

    def in_year(self, year: int) -> frozenset[date]:
        """Every day off in `year`; raises `HolidaysUnknown`."""
        known = self._years.get(year)
        if known is None:
            public = frozenset(country_holidays("DK", years=year))
            if not public:
                raise HolidaysUnknown(f"no Danish public holidays are known for {year}")
            known = public | {date(year, month, day) for month, day in self._every_year}
            self._years[year] = known
        return known


def days_off_of(reference: Reference) -> DaysOff:
    """The public holidays and ``days_off.csv``."""
    return DaysOff((int(row.month_day[:2]), int(row.month_day[3:])) for row in reference.days_off.rows)
