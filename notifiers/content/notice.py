"""What a notice may say: this record is all that rendering sees.

It has no field for a person, an institution or a reason, so a mail cannot hold them.
"""

from datetime import date
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from models.base import Frozen
from models.notifications.delivery import Audience, Occasion

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


ReferenceText = Annotated[str, StringConstraints(pattern=r"^FV(-[0-9A-Z]{4}){3}$")]
UnitName = Annotated[str, StringConstraints(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]*$")]


class FailedMail(Frozen):
    """The mail in whose place a notice comes: an address of a unit's, and why it was not reached."""

    address: Annotated[
        str, StringConstraints(min_length=1, max_length=320, pattern=r"^[!-~\xa1-\U0010ffff]+$")
    ]
    """As it was set, which may be just what was wrong with it."""
    came_back: bool
    """A server took it, and it was returned later."""
    given_up: bool
    """No server has said no; the time for it was over."""
    code: Annotated[str, StringConstraints(pattern=r"^(\d{3}|\d\.\d{1,3}\.\d{1,3})$")] | None = None
    """The last answer of SMTP, or the status of the report that came back."""


class TaskNotice(Frozen):
    """One occasion on which somebody is told about one task of a unit. Dates are Copenhagen's."""

    reference: ReferenceText
    occasion: Occasion
    audience: Audience = Audience.UNIT
    unit_name: UnitName
    today: date
    """When the mail is written: words about a date depend on whether it has passed."""
    react_by: date
    messages: int = Field(ge=0)
    opened_on: date
    appended_on: date
    mentor_until: date | None = None
    undelivered: bool = False
    """It stands in for a notice that could not be delivered."""
    failed: FailedMail | None = None
    """The mail among what could not be delivered, where it was one."""
    link_base: LinkBase
    acknowledge_link: (
        Annotated[str, StringConstraints(max_length=400, pattern=r"^https?://[!-~]+$")] | None
    ) = None
    """By which the reader says that the task is seen, without a log-in; shown where the unit owes something."""

    @model_validator(mode="after")
    def _speaks_of_what_it_has(self) -> Self:
        if self.occasion is Occasion.DIGEST:
            raise ValueError("a digest is a notice of its own")
        if self.occasion is Occasion.MENTOR_ENDS and self.mentor_until is None:
            raise ValueError("the end of a mentor right has a date")
        return self

    @property
    def link(self) -> str:
        return f"{self.link_base}/opgaver/{self.reference}"

    @property
    def passed(self) -> bool:
        """Whether the task's date has passed."""
        return self.today > self.react_by


class DigestLine(Frozen):
    """One open task in the morning mail."""

    reference: ReferenceText
    react_by: date
    seen: bool


class DigestNotice(Frozen):
    """All open tasks of a unit on one morning; `lines` by date, and `more` that found no room."""

    audience: Audience = Audience.UNIT
    unit_name: UnitName
    today: date
    lines: tuple[DigestLine, ...] = Field(min_length=1)
    more: int = Field(ge=0)
    overdue: int = Field(ge=0)
    """Of all, not of the lines alone; likewise `unseen`."""
    unseen: int = Field(ge=0)
    link_base: LinkBase

    @property
    def open(self) -> int:
        return len(self.lines) + self.more

    @property
    def link(self) -> str:
        return f"{self.link_base}/opgaver"

    def link_of(self, line: DigestLine) -> str:
        return f"{self.link}/{line.reference}"


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


def danish_short_date(day: date) -> str:
    """
    >>> danish_short_date(date(2026, 10, 9))
    'fre. 9. okt. 2026'
    """
    month = MONTHS[day.month - 1]
    return f"{WEEKDAYS[day.weekday()][:3]}. {day.day}. {month if len(month) <= 4 else month[:3] + '.'} {day.year}"
