"""What a notice may say: this record is all that rendering sees.

It has no field for a person, an institution or a reason, so a mail cannot hold them.
"""

from datetime import date
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StringConstraints

from models.frozen import Frozen
from models.outcome import Occasion

MONTHS = (
    "januar", "februar", "marts", "april", "maj", "juni",
    "juli", "august", "september", "oktober", "november", "december",
)  # fmt: skip
WEEKDAYS = ("mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag", "søndag")


def _checked_base(base: str) -> str:
    parts = urlsplit(base)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("the link base is an http(s) address without query and fragment")
    if parts.username is not None or any(c.isspace() or c in "<>\"'" for c in base):
        raise ValueError("the link base holds no user and no space, bracket or quote")
    return base.rstrip("/")


LinkBase = Annotated[str, AfterValidator(_checked_base)]


class TaskNotice(Frozen):
    """One occasion on which a unit is told about one of its tasks. Dates are Copenhagen's."""

    reference: Annotated[str, StringConstraints(pattern=r"^FV(-[0-9A-Z]{4}){3}$")]
    occasion: Occasion
    unit_name: Annotated[str, StringConstraints(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]*$")]
    react_by: date
    messages: int = Field(ge=0)
    opened_on: date
    appended_on: date
    link_base: LinkBase
    acknowledge_link: (
        Annotated[str, StringConstraints(max_length=400, pattern=r"^https?://[!-~]+$")] | None
    ) = None
    """By which the reader says that the task is seen, without a log-in; shown where the unit owes something."""

    @property
    def link(self) -> str:
        return f"{self.link_base}/opgaver/{self.reference}"


def danish_date(day: date) -> str:
    """
    >>> danish_date(date(2026, 10, 9))
    'den 9. oktober 2026'
    """
    return f"den {day.day}. {MONTHS[day.month - 1]} {day.year}"


def danish_weekday_date(day: date) -> str:
    """
    >>> danish_weekday_date(date(2026, 10, 9))
    'fredag den 9. oktober 2026'
    """
    return f"{WEEKDAYS[day.weekday()]} {danish_date(day)}"
