"""Dates and times as people say them, in Copenhagen's time. Pure."""

from collections.abc import Container
from datetime import date, datetime, timedelta
from typing import Final

from inbox.translations import Language, Translations
from models.calendar import COPENHAGEN

_DAYS: Final = {
    Language.DANISH: ("mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag", "søndag"),
    Language.ENGLISH: ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
_MONTHS: Final = {
    Language.DANISH: (
        "januar", "februar", "marts", "april", "maj", "juni",
        "juli", "august", "september", "oktober", "november", "december",
    ),
    Language.ENGLISH: (
        "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December",
    ),
}  # fmt: skip
_SATURDAY: Final = 5


def long_date(day: date, language: Language) -> str:
    """
    >>> long_date(date(2026, 10, 9), Language.DANISH)
    'fredag den 9. oktober 2026'
    >>> long_date(date(2026, 10, 9), Language.ENGLISH)
    'Friday 9 October 2026'
    """
    name = _DAYS[language][day.weekday()]
    between = " den " if language is Language.DANISH else " "
    return f"{name}{between}{short_date(day, language)}"


def short_date(day: date, language: Language) -> str:
    """
    >>> short_date(date(2026, 10, 9), Language.DANISH)
    '9. oktober 2026'
    """
    month = _MONTHS[language][day.month - 1]
    point = "." if language is Language.DANISH else ""
    return f"{day.day}{point} {month} {day.year}"


def brief_date(day: date, language: Language) -> str:
    """
    >>> brief_date(date(2026, 10, 9), Language.DANISH)
    'fre. 9. okt.'
    >>> brief_date(date(2026, 10, 9), Language.ENGLISH)
    'Fri 9 Oct'
    """
    name, month = _DAYS[language][day.weekday()][:3], _MONTHS[language][day.month - 1]
    if language is Language.ENGLISH:
        return f"{name} {day.day} {month[:3]}"
    return f"{name}. {day.day}. {month if len(month) < 4 else month[:3] + '.'}"


def clock(moment: datetime, language: Language) -> str:
    """The date and the time of day."""
    local = moment.astimezone(COPENHAGEN)
    at = f"kl. {local:%H.%M}" if language is Language.DANISH else f"at {local:%H:%M}"
    return f"{short_date(local.date(), language)} {at}"


def working_days_between(first: date, last: date, days_off: Container[date]) -> int:
    """Working days after `first` up to and with `last`; negative when `last` lies before.

    >>> working_days_between(date(2026, 10, 9), date(2026, 10, 12), ())
    1
    >>> working_days_between(date(2026, 10, 12), date(2026, 10, 9), ())
    -1
    """
    if last < first:
        return -working_days_between(last, first, days_off)
    days = (first + timedelta(days=number) for number in range(1, (last - first).days + 1))
    return sum(day.weekday() < _SATURDAY and day not in days_off for day in days)


def distance(react_by: date, today: date, days_off: Container[date], say: Translations) -> str:
    """How far the target is away, in working days."""
    if react_by == today:
        return say("when.today")
    days = working_days_between(today, react_by, days_off)
    if react_by < today:
        return say.count("when.overdue", max(1, -days))
    if react_by == today + timedelta(days=1):
        return say("when.tomorrow")
    return say.count("when.left", max(1, days))
