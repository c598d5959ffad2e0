"""Numbers and times as a sentence says them."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

_NAMED: Final = 3


def duration(seconds: float) -> str:
    """As two people say it: ``40 s``, ``12 min``, ``3.5 h``, ``4 days``."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    if seconds < 100 * 60:
        return f"{seconds / 60:.0f} min"
    if seconds < 48 * 3600:
        return f"{seconds / 3600:.1f} h"
    return f"{seconds / 86400:.0f} days"


def age(since: datetime, now: datetime) -> str:
    """How long ago."""
    return duration(max(0.0, (now - since).total_seconds()))


def days(span: timedelta) -> str:
    """Whole days."""
    return number_of(span.days, "day")


def number_of(number: int, thing: str, things: str = "") -> str:
    """``1 task``, ``2,000 tasks``."""
    return f"{number:,} {thing if number == 1 else things or thing + 's'}"


def some(names: Collection[str]) -> str:
    """The first few of them, and how many more."""
    listed = list(names)
    more = len(listed) - _NAMED
    return ", ".join(listed[:_NAMED]) + (f" and {more:,} more" if more > 0 else "")
