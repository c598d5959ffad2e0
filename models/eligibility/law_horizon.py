"""How far the rules are known from a day on: whoever runs the service is warned before messages have to wait. Pure."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from models.eligibility.law import Law

WARNING_DAYS: Final = 60
"""A new rule set must be read, written and checked by then, or two people must have confirmed the old one."""


@dataclass(frozen=True, slots=True)
class LawHorizon:
    """Where the known law ends."""

    version: str
    known_until: date
    """The last day that can be decided on."""
    has_passed: bool
    """Messages of today are undecided already."""


def law_horizon(law: Law, today: date) -> LawHorizon | None:
    """Where it ends within `WARNING_DAYS` of `today`, or has ended; None: the law is known beyond that."""
    for ahead in range(WARNING_DAYS + 2):
        day = today + timedelta(days=ahead)
        rules = law.rules_on(day)
        last = None if rules is None else rules.last_known_day
        if rules is not None and last is not None and not rules.is_known_on(day):
            return LawHorizon(rules.version, last, has_passed=ahead == 0)
    return None
