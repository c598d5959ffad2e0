"""A reader's own date on a task: from when it is due, and which days can be chosen. It moves no duty."""

from datetime import date, timedelta
from enum import StrEnum
from typing import Final

LONGEST: Final = timedelta(days=366)
"""Nobody plans further ahead; a year typed wrong does."""


class FollowUpRefusal(StrEnum):
    """Why a day cannot be chosen."""

    DAY_HAS_PASSED = "day_has_passed"
    DAY_TOO_FAR = "day_too_far"


def refuse_day(day: date, *, today: date) -> FollowUpRefusal | None:
    """None: the day can be chosen. Today can: it is due at once."""
    if day < today:
        return FollowUpRefusal.DAY_HAS_PASSED
    return FollowUpRefusal.DAY_TOO_FAR if day - today > LONGEST else None


def is_due(day: date, *, today: date) -> bool:
    """From its day on, until it is moved or removed: one that falls on a day off is seen on the next day at work."""
    return day <= today


def is_after_target(day: date, react_by: date) -> bool:
    """The duty comes first: whoever chooses such a day is told so."""
    return day > react_by
