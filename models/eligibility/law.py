"""The law and the tables that a decision needs: a message is judged by what was in force on its date."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from models.calendar import DAY, add_months, in_force
from models.eligibility.succession import NO_SUCCESSION, Succession
from models.events.contract import BenefitType, EducationType, TargetGroup


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """One version of the rules, in force from a date until the next one begins."""

    version: str
    in_force_from: date
    source: str
    window_months: int
    window_includes_last_day: bool
    """Whether the day on which the months are over still counts: the same day of the month, or the month's last."""
    look_back_days: int
    mentor_months: int
    review_days: int
    target_groups: frozenset[tuple[BenefitType, TargetGroup]]
    open_groups: frozenset[tuple[BenefitType, TargetGroup]] = frozenset()
    """Pairs of which it is open whether the duty covers them: people look at such a message."""
    known_until: date | None = None
    """The last day for which the law was read; None: until the next rule set begins."""
    confirmed_until: date | None = None
    """The last day for which two people have confirmed that it still holds."""

    def is_known_on(self, day: date) -> bool:
        """Whether `day` may be judged by it: nothing is decided by a law that may not be there."""
        last = self.last_known_day
        return last is None or day <= last

    @property
    def last_known_day(self) -> date | None:
        """The last day that may be judged by it, read or confirmed; None: until the next rule set begins."""
        return self.known_until and max(self.known_until, self.confirmed_until or self.known_until)

    def confirmed_for(self, day: date) -> date | None:
        """Until when people have confirmed it, where `day` rests on that alone; otherwise None."""
        if self.known_until is None or self.confirmed_until is None:
            return None
        return self.confirmed_until if self.known_until < day <= self.confirmed_until else None

    def window_end(self, study_start: date) -> date:
        """The first day after the window; of a start on 31 August it is 1 March where the last day counts."""
        over = add_months(study_start, self.window_months)
        return over + DAY if self.window_includes_last_day else over


@dataclass(frozen=True, slots=True)
class Route:
    """The unit responsible for a municipality's residents in [valid_from, valid_to)."""

    unit_id: str
    valid_from: date
    valid_to: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """Everything dated that `models.eligibility.decide` consults. Plain data: no lookup outside it ever happens."""

    rule_sets: tuple[RuleSet, ...]
    """Latest first."""
    covered: Mapping[EducationType, bool]
    open_education: frozenset[EducationType]
    """Types of which it is open whether the duty covers them."""
    routes: Mapping[str, tuple[Route, ...]]
    """By municipality code."""
    successors: Mapping[str, str]
    """Institution number → the institution that has taken it over."""
    succession: Succession = NO_SUCCESSION
    """The same of every kind of sender, with the days: who may correct, end and take back what another registered."""

    def rules_on(self, day: date) -> RuleSet | None:
        """The rule set in force on `day`, or None before the first one."""
        for rules in self.rule_sets:
            if rules.in_force_from <= day:
                return rules
        return None

    def unit_on(self, municipality_code: str, day: date) -> str | None:
        """The unit responsible for the municipality on `day`; None sends the message to a queue of people."""
        for route in self.routes.get(municipality_code, ()):
            if in_force(day, route.valid_from, route.valid_to):
                return route.unit_id
        return None

    def same_institution(self, one: str, other: str) -> bool:
        """Whether the two numbers are the same institution, one being the other's successor included."""
        return one == other or self._last(one) == self._last(other)

    def _last(self, number: str) -> str:
        seen = {number}
        while (following := self.successors.get(number)) is not None and following not in seen:
            seen.add(following)
            number = following
        return number
