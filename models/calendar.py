"""Legal dates: Copenhagen's, with the month arithmetic and the working days that the duty needs."""

from calendar import monthrange
from collections.abc import Container
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
FIRST_DATE, LAST_DATE = date(1990, 1, 1), date(2100, 12, 31)
"""Of the effect of anything that a sender registers."""
DAY = timedelta(days=1)
_SATURDAY = 5


def copenhagen_date(moment: datetime) -> date:
    """The date in Copenhagen at an aware `moment`; a naive one is a programming error."""
    if moment.tzinfo is None:
        raise ValueError("a moment without offset has no legal date")
    return moment.astimezone(COPENHAGEN).date()


@lru_cache(maxsize=4_096)
def add_months(start: date, months: int) -> date:
    """The same day `months` later, or the month's last day where that day does not exist.

    >>> add_months(date(2026, 8, 31), 6)
    datetime.date(2027, 2, 28)
    """
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))


def add_working_days(start: date, days: int, days_off: Container[date]) -> date:
    """The `days`-th working day after `start`; weekends and `days_off` do not count."""
    day = start
    while days > 0:
        day += DAY
        days -= is_working_day(day, days_off)
    return day


def in_force(day: date, valid_from: date, valid_to: date | None) -> bool:
    """Whether `day` lies in [valid_from, valid_to); None is without an end."""
    return valid_from <= day and (valid_to is None or day < valid_to)


def is_working_day(day: date, days_off: Container[date]) -> bool:
    """Whether `day` is neither a Saturday nor a Sunday nor off."""
    return day.weekday() < _SATURDAY and day not in days_off
