"""One person's whole history, judged in plain steps from the rules' prose: half of the independent count.

It shares data with the service (the law's tables) and no code.
"""

from calendar import monthrange
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from models.eligibility.law import Law, RuleSet
from models.events.contract import BenefitType, TargetGroup
from publisher.events import PlainEvent

_COPENHAGEN: Final = ZoneInfo("Europe/Copenhagen")
_PREFIX: Final = "dk.frafaldsvarsel."
_FROM_NEAREST: Final = (
    "target_group_ended_too_early",
    "target_group_began_after_start",
    "no_target_group_period_known",
    "education_not_covered",
    "enrolment_ended",
    "after_window",
    "before_study_start",
)
"""Of several enrolments that do not oblige, the reason of the one that came nearest is given."""


@dataclass(frozen=True, slots=True)
class ExpectedVerdict:
    """`outcome` and `reason` as the service writes them; `enrolment` where one was judged, `unit` where it obliges."""

    outcome: str
    reason: str
    enrolment: str = ""
    unit: str | None = None


def _moment(event: PlainEvent) -> datetime:
    return datetime.fromisoformat(event.time.replace("Z", "+00:00"))


def _day(event: PlainEvent) -> date:
    return _moment(event).astimezone(_COPENHAGEN).date()


def _date(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _months_later(day: date, months: int) -> date:
    month = day.month + months
    year, month = day.year + (month - 1) // 12, (month - 1) % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def _inside(day: date, last: date, rules: RuleSet) -> bool:
    """Whether the window is still open: on its last day only where the rules count that day in."""
    return day <= last if rules.window_includes_last_day else day < last


@dataclass(slots=True)
class History:
    """Everything that was accepted about one person, in the order in which it came."""

    events: list[PlainEvent] = field(default_factory=list)
    messages: list[PlainEvent] = field(default_factory=list)

    def add(self, event: PlainEvent) -> None:
        """One more event; the caller has seen to repeats."""
        self.events.append(event)
        if _kind(event) == "dropout-risk.raised":
            self.messages.append(event)

    def judge(self, message: PlainEvent, law: Law) -> ExpectedVerdict:
        """The verdict on one of the messages by all that is known now."""
        day = _day(message)
        if self._withdrawn(message):
            return ExpectedVerdict("not_obliged", "withdrawn")
        rules = max(
            (rules for rules in law.rule_sets if rules.in_force_from <= day),
            key=lambda rules: rules.in_force_from,
            default=None,
        )
        if rules is None:
            return ExpectedVerdict("not_obliged", "law_not_in_force")
        if rules.known_until is not None and all(
            end is None or day > end for end in (rules.known_until, rules.confirmed_until)
        ):
            return ExpectedVerdict("undecided", "law_not_confirmed")
        found = [
            (
                replace(
                    self._judge_enrolment(enrolment, day, law, rules), enrolment=enrolment["enrolment_id"]
                ),
                enrolment,
            )
            for enrolment in self._enrolments()
            if _heir(enrolment["institution_number"], law) == _heir(message.data["institution_number"], law)
        ]
        if not found:
            return ExpectedVerdict("undecided", "enrolment_unknown")
        found.sort(key=lambda pair: (pair[1]["study_start"], pair[1]["enrolment_id"]), reverse=True)
        for outcome in ("obliged", "undecided"):
            for verdict, _ in found:
                if verdict.outcome == outcome:
                    return verdict
        return min((verdict for verdict, _ in found), key=lambda verdict: _FROM_NEAREST.index(verdict.reason))

    def _withdrawn(self, message: PlainEvent) -> bool:
        return any(
            _kind(event) == "dropout-risk.withdrawn"
            and event.sender == message.sender
            and event.data["message_id"] == message.id
            for event in self.events
        )

    def _judge_enrolment(
        self, enrolment: dict[str, Any], day: date, law: Law, rules: RuleSet
    ) -> ExpectedVerdict:
        start = date.fromisoformat(enrolment["study_start"])
        ended = _date(enrolment.get("ended_on"))
        covered = {kind.value for kind, yes in law.covered.items() if yes}
        uncertain = enrolment["education_type"] in {kind.value for kind in law.open_education}
        reason = None
        if day < start:
            reason = "before_study_start"
        elif not _inside(day, _months_later(start, rules.window_months), rules):
            reason = "after_window"
        elif ended is not None and day > ended:
            reason = "enrolment_ended"
        elif not uncertain and enrolment["education_type"] not in covered:
            reason = "education_not_covered"
        else:
            reason = self._objection_by_benefit(start, rules, rules.target_groups)
            if reason is not None and self._objection_by_benefit(start, rules, rules.open_groups) is None:
                return ExpectedVerdict(
                    "undecided", "education_uncertain" if uncertain else "target_group_uncertain"
                )
        if reason is not None:
            return ExpectedVerdict("not_obliged", reason)
        if uncertain:
            return ExpectedVerdict("undecided", "education_uncertain")
        home = self._home(day)
        if home is None:
            return ExpectedVerdict("undecided", "residence_unknown")
        units = [
            route.unit_id
            for route in law.routes.get(home, ())
            if route.valid_from <= day and not (route.valid_to is not None and route.valid_to <= day)
        ]
        if not units:
            return ExpectedVerdict("undecided", "no_responsible_unit")
        return ExpectedVerdict("obliged", "obliged", unit=units[0])

    def _objection_by_benefit(
        self, start: date, rules: RuleSet, which: Iterable[tuple[BenefitType, TargetGroup]]
    ) -> str | None:
        groups = {(benefit.value, group.value) for benefit, group in which}
        spans = [
            (date.fromisoformat(period["valid_from"]), _date(period.get("valid_to")) or date.max)
            for period in self._periods()
            if (period["benefit_type"], period["target_group"]) in groups
        ]
        if not spans:
            return "no_target_group_period_known"
        spans = [(first, last) for first, last in spans if first < start]
        if not spans:
            return "target_group_began_after_start"
        if all((start - last).days > rules.look_back_days for _, last in spans):
            return "target_group_ended_too_early"
        return None

    def _home(self, day: date) -> str | None:
        """Of the homes that had begun, the one that began last; told twice for a day, as told last."""
        latest = {event.data["residence_id"]: event for event in self._told("residence.registered")}
        begun = [event for event in latest.values() if date.fromisoformat(event.data["valid_from"]) <= day]
        if not begun:
            return None
        code: str = max(begun, key=lambda event: (event.data["valid_from"], _moment(event))).data[
            "municipality_code"
        ]
        return code

    def _enrolments(self) -> list[dict[str, Any]]:
        """Each enrolment as registered last; its end counts unless a later registration replaced it."""
        known: dict[str, dict[str, Any]] = {}
        for event in self._told("enrolment.registered", "enrolment.corrected", "enrolment.ended"):
            number = event.data["enrolment_id"]
            if _kind(event) != "enrolment.ended":
                known[number] = dict(event.data)
            elif number in known:
                known[number]["ended_on"] = event.data["ended_on"]
        return list(known.values())

    def _periods(self) -> list[dict[str, Any]]:
        known: dict[str, dict[str, Any]] = {}
        for event in self._told(
            "benefit-period.registered", "benefit-period.corrected", "benefit-period.annulled"
        ):
            if _kind(event) == "benefit-period.annulled":
                known.pop(event.data["period_id"], None)
            else:
                known[event.data["period_id"]] = dict(event.data)
        return list(known.values())

    def _told(self, *kinds: str) -> Iterator[PlainEvent]:
        """The events of these kinds by the time of their registration; of one moment an end is last."""
        ranks = {"registered": 0, "corrected": 1, "ended": 2, "annulled": 2}
        return iter(
            sorted(
                (event for event in self.events if _kind(event) in kinds),
                key=lambda event: (_moment(event), ranks[_kind(event).split(".")[1]]),
            )
        )


def _kind(event: PlainEvent) -> str:
    return event.type.removeprefix(_PREFIX).rsplit(".v", 1)[0]


def _heir(number: str, law: Law) -> str:
    """The institution that a number stands for after all mergers."""
    for _ in range(len(law.successors)):
        number = law.successors.get(number, number)
    return number
