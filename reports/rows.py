"""What is counted, one record for each start, message and duty, or for so many that are alike. Names nobody.

Tuples: a country has millions, and a frozen dataclass is made and hashed several times slower.
"""

from datetime import date, datetime
from functools import cache
from typing import Final, NamedTuple

BREAKDOWNS: Final = ("month", "municipality", "education_type", "target_group", "law_version")
"""By what each figure is given, in the order of `CountedIn.values`."""
UNKNOWN: Final = "unknown"
BETWEEN: Final = "\x1f"
"""Stands in no code."""


class CountedIn(NamedTuple):
    """Where in each breakdown something is counted."""

    month: str
    """YYYY-MM."""
    municipality: str
    education_type: str
    target_group: str
    law_version: str

    @classmethod
    def of(cls, *values: str | None) -> "CountedIn":
        """What is not known is counted as `UNKNOWN`."""
        return cls(*(value or UNKNOWN for value in values))

    @property
    def values(self) -> tuple[str, str, str, str, str]:
        """By `BREAKDOWNS`."""
        return (self.month, self.municipality, self.education_type, self.target_group, self.law_version)


@cache
def place_of(said: str) -> CountedIn:
    """From the values with `BETWEEN` between them.

    >>> place_of("2026-08\\x1f0101\\x1feud\\x1f\\x1flab").values
    ('2026-08', '0101', 'eud', 'unknown', 'lab')
    """
    return CountedIn.of(*said.split(BETWEEN))


class Start(NamedTuple):
    """So many enrolments that began, and what became of them by the as-of date."""

    place: CountedIn
    from_benefit: bool
    """From the target group, within the look-back of the rules of the study start."""
    has_message: bool
    days: int
    """From the study start until the last day of the enrolment or the as-of date."""
    has_left: bool
    """Ended by then, neither completed nor transferred."""
    number: int


class CountedMessage(NamedTuple):
    """So many messages with one answer."""

    place: CountedIn
    outcome: str
    reason: str
    number: int


class DutyMessage(NamedTuple):
    """A message that obliges, as the duty's key and place."""

    enrolment: str
    unit: str
    appended_at: datetime
    arrived: date
    """The Danish date of it."""
    place: str
    """The values of a `CountedIn`, with `BETWEEN` between them: of a country's millions there are few."""


class Act(NamedTuple):
    """What somebody did about a duty: an attempt that reached the person, a closing or a reopening."""

    enrolment: str
    unit: str
    at: datetime
    kind: str
    contact_at: datetime
    """Of an attempt: when the person was reached; otherwise as `at`."""
    form: str | None
    ending: str | None
    initiatives: str
    """Codes, with blanks between them: an array takes five times as long to read."""


class Duty(NamedTuple):
    """One duty to react: opened by a first message, and what was done about it by the as-of date."""

    place: CountedIn
    arrived: date
    """The Danish date on which the brokers had the first message."""
    target: date
    """The municipality's own: no law names days."""
    contact: date | None
    form: str | None
    ending: str | None
    """None: open."""
    decided: date | None
    initiatives: tuple[str, ...]
