"""Every figure of the follow-up report counted from the records as they were written and the journal of what was done.

By loops over people, from the words of docs/report.md. It shares the law's tables with the service and no code: not
its facts, its rules, its calendar, its statements, nor its way of counting.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from local.demo.scenario.history import ExpectedVerdict, History
from models.eligibility.law import Law, RuleSet
from publisher.events import PlainEvent
from tests.integration.reports.played_autumn import Played

Found = Counter[tuple[str, str, str, str]]
"""Family, breakdown, value and category → how many."""
Line = tuple[str, str]
"""Breakdown and value."""
_BREAKDOWNS: Final = ("month", "municipality", "education_type", "target_group", "law_version")
_UNJUDGED: Final = frozenset(
    {"before_study_start", "after_window", "enrolment_ended", "education_not_covered"}
)
"""The enrolment alone rules the duty out: nobody asked where the person came from."""
HORIZONS: Final = (("1", 30), ("3", 91), ("6", 182), ("12", 365))
_COPENHAGEN: Final = ZoneInfo("Europe/Copenhagen")


@dataclass(frozen=True, slots=True)
class Told:
    """A message with the last answer to it."""

    arrived: datetime
    verdict: ExpectedVerdict
    place: tuple[str | None, ...]
    """By `_BREAKDOWNS` but the month."""


@dataclass
class PlainCounts:
    """Everything."""

    first: date
    last: date
    as_of: date
    law: Law
    found: Found = field(default_factory=Counter)
    lives: dict[Line, list[tuple[int, bool]]] = field(default_factory=lambda: defaultdict(list))
    """Of each start from the benefit: days that it was seen, and whether it ended by leaving."""
    days: dict[tuple[str, Line], list[int]] = field(default_factory=lambda: defaultdict(list))
    """`contact` and `decision`: working days."""
    sent: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def moment(self) -> datetime:
        """The beginning of the as-of date."""
        return datetime(self.as_of.year, self.as_of.month, self.as_of.day, tzinfo=_COPENHAGEN)

    def put(self, family: str, category: str, lines: list[Line]) -> None:
        """Count one."""
        for breakdown, value in lines:
            self.found[family, breakdown, value, category] += 1

    def rules(self, day: date) -> RuleSet | None:
        """Those in force."""
        begun = [one for one in self.law.rule_sets if one.in_force_from <= day]
        return max(begun, key=lambda one: one.in_force_from, default=None)


def lines_of(day: date, *place: str | None) -> list[Line]:
    """Where something of `day` is counted."""
    values = (f"{day:%Y-%m}", *(each or "unknown" for each in place))
    return [("total", "total"), *zip(_BREAKDOWNS, values, strict=True)]


def count_people(counts: PlainCounts, played: Played) -> list[Told]:
    """Starts, stays and messages into `counts`; returns the messages for whoever counts the duties."""
    people: dict[str, History] = defaultdict(History)
    arrived: dict[int, datetime] = {}
    for at, event in played.story:
        if at >= counts.moment:
            continue
        if at >= datetime(counts.first.year, counts.first.month, counts.first.day, tzinfo=_COPENHAGEN):
            counts.sent[event.sender, event.type] += 1
        if "cpr" in event.data:
            people[event.data["cpr"]].add(event)
            arrived[id(event)] = at
    told: list[Told] = []
    for history in people.values():
        own = [
            Told(
                arrived[id(message)],
                verdict := history.judge(message, counts.law),
                _place_of(counts, history, message, verdict),
            )
            for message in history.messages
        ]
        for message, one in zip(history.messages, own, strict=True):
            day = datetime.fromisoformat(message.time).astimezone(_COPENHAGEN).date()
            if counts.first <= day <= counts.last:
                reason = f".{one.verdict.reason}" if one.verdict.outcome == "not_obliged" else ""
                counts.put("messages", one.verdict.outcome + reason, lines_of(day, *one.place))
        told += own
        _count_starts(counts, history, {one.verdict.enrolment for one in own})
    return told


def _count_starts(counts: PlainCounts, history: History, about: set[str]) -> None:
    for name, enrolment in _last(history, "enrolment"):
        start = date.fromisoformat(enrolment["study_start"])
        ended = _day(enrolment.get("ended_on"))
        rules = counts.rules(start)
        assert rules is not None
        if not counts.first <= start <= counts.last or ended < start:
            continue
        period = _nearest(history, start, rules)
        is_from = period is not None and (start - _day(period.get("valid_to"))).days <= rules.look_back_days
        group = period["target_group"] if period is not None and is_from else None
        lines = lines_of(start, _home(history, start), enrolment["education_type"], group, rules.version)
        counts.put("starts", "from_benefit" if is_from else "other", lines)
        if not is_from:
            continue
        told = "with_message" if name in about else "without_message"
        counts.put("told", told, lines)
        seen, is_over = (min(ended, counts.as_of) - start).days, ended < counts.as_of
        has_left = is_over and enrolment.get("reason") not in ("completed", "transferred")
        names = [f"left_within_{months}" for months, days in HORIZONS if seen <= days]
        stay = "under_observation" if not has_left else names[0] if names else "left_later"
        counts.put("stay", stay, [*lines, ("message", told)])
        for line in (*lines, ("message", told)):
            counts.lives[line].append((seen, has_left))


def _place_of(
    counts: PlainCounts, history: History, message: PlainEvent, verdict: ExpectedVerdict
) -> tuple[str | None, ...]:
    """What the answer names: of who does not oblige no home was asked for."""
    day = datetime.fromisoformat(message.time).astimezone(_COPENHAGEN).date()
    rules = counts.rules(day)
    if rules is None:
        return None, None, None, "none"
    home = _home(history, day) if verdict.outcome != "not_obliged" else None
    if not verdict.enrolment:
        return home if verdict.reason != "withdrawn" else None, None, None, rules.version
    enrolment = dict(_last(history, "enrolment"))[verdict.enrolment]
    group = None
    if verdict.reason not in _UNJUDGED:
        start = date.fromisoformat(enrolment["study_start"])
        period = _nearest(history, start, rules)
        if verdict.reason.endswith("_uncertain") and (
            period is None or (start - _day(period.get("valid_to"))).days > rules.look_back_days
        ):
            period = _nearest(history, start, rules, is_open=True)
        if verdict.reason == "target_group_began_after_start":
            every = [one for _, one in _last(history, "benefit-period") if _counts(one, rules)]
            period = min(every, key=lambda one: (str(one["valid_from"]), str(one["period_id"])))
        group = None if period is None else period["target_group"]
    return home, enrolment["education_type"], group, rules.version


def _counts(period: dict[str, Any], rules: RuleSet, *, is_open: bool = False) -> bool:
    groups = rules.target_groups | (rules.open_groups if is_open else frozenset())
    return (period["benefit_type"], period["target_group"]) in {
        (str(benefit), str(group)) for benefit, group in groups
    }


def _nearest(
    history: History, start: date, rules: RuleSet, *, is_open: bool = False
) -> dict[str, Any] | None:
    """Of the target group's periods that had begun before the start the one that ended last; `is_open`: also of groups
    of which people must say whether they count."""
    begun = [
        one
        for _, one in _last(history, "benefit-period")
        if _counts(one, rules, is_open=is_open) and date.fromisoformat(one["valid_from"]) < start
    ]
    if not begun:
        return None
    return max(begun, key=lambda one: (_day(one.get("valid_to")), one["valid_from"], one["period_id"]))


def _home(history: History, day: date) -> str | None:
    homes = [one for _, one in _last(history, "residence") if date.fromisoformat(one["valid_from"]) <= day]
    return max(homes, key=lambda one: one["valid_from"])["municipality_code"] if homes else None


def _last(history: History, what: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each of a kind as it was told last; what was annulled is none."""
    key = {"enrolment": "enrolment_id", "benefit-period": "period_id", "residence": "residence_id"}[what]
    known: dict[str, dict[str, Any]] = {}
    own = [event for event in history.events if event.type.split(".")[2] == what]
    for event in sorted(own, key=lambda one: (datetime.fromisoformat(one.time), _rank(one))):
        name = event.data[key]
        if _rank(event) < 2:
            known.pop(name, None)
            known[name] = dict(event.data)
        elif _rank(event) == 3:
            known.pop(name, None)
        elif name in known:
            known[name] |= {field: event.data[field] for field in ("ended_on", "reason")}
    yield from known.items()


def _rank(event: PlainEvent) -> int:
    return ("registered", "corrected", "ended", "annulled").index(event.type.split(".")[3])


def _day(text: str | None) -> date:
    """Without an end: the last day that there is."""
    return date.max if text is None else date.fromisoformat(text)


def working_days(after: date, until: date) -> int:
    """Of an autumn: from Constitution Day until Christmas Eve no Danish holiday falls on a weekday."""
    assert date(2026, 6, 5) < after < date(2026, 12, 24)
    return sum((after + timedelta(days=n)).weekday() < 5 for n in range(1, (until - after).days + 1))
