"""From rows to counts: how many of what, in each value of each breakdown. Pure; decides nothing about showing them."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Final

from models.eligibility.decision import Outcome
from models.tasks.actions import Initiative
from reports import families as f
from reports.rows import BREAKDOWNS, CountedIn, CountedMessage, Duty, Start

TOTAL: Final = "total"
"""The breakdown with one value, of the same name."""
Key = tuple[str, str]
"""Breakdown and value."""


@dataclass(slots=True)
class FigureCounts:
    """Everything that was counted."""

    cells: dict[str, dict[Key, Counter[str]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(Counter))
    )
    """By family: breakdown and value → category → how many."""
    lives: dict[Key, Counter[tuple[int, bool]]] = field(default_factory=lambda: defaultdict(Counter))
    """Of starts from the target group: days under observation and whether they ended by leaving → how many."""
    days: dict[str, dict[Key, Counter[int]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(Counter))
    )
    """`contact` and `decision`: working days → how many."""


def count(
    starts: Iterable[Start],
    messages: Iterable[CountedMessage],
    duties: Iterable[Duty],
    *,
    today: date,
    working_days: Callable[[date, date], int],
) -> FigureCounts:
    """Count. `today` is the as-of date; `working_days` counts them after a first day until a second one."""
    counts = FigureCounts()
    for start in starts:
        keys = keys_of(start.place)
        _add(counts, keys, "starts", "from_benefit" if start.from_benefit else "other", start.number)
        if start.from_benefit:
            told = "with_message" if start.has_message else "without_message"
            _add(counts, keys, "stay", _stay(start), start.number)
            _add(counts, keys, "told", told, start.number)
            _add(counts, [("message", told)], "stay", _stay(start), start.number)
            for key in (*keys, ("message", told)):
                counts.lives[key][start.days, start.has_left] += start.number
    for message in messages:
        category = (
            f"{message.outcome}.{message.reason}"
            if message.outcome == Outcome.NOT_OBLIGED
            else message.outcome
        )
        _add(counts, keys_of(message.place), "messages", category, message.number)
    alike = Counter(_alike(duty, today, working_days) for duty in duties)
    for (place, answers, contact, decision), number in alike.items():
        keys = keys_of(place)
        for family, category in answers:
            _add(counts, keys, family, category, number)
        for what, taken in (("contact", contact), ("decision", decision)):
            if taken is not None:
                for key in keys:
                    counts.days[what][key][taken] += number
    return counts


def keys_of(place: CountedIn) -> tuple[Key, ...]:
    """Where it is counted."""
    return ((TOTAL, TOTAL), *zip(BREAKDOWNS, place.values, strict=True))


def quantile(days: Mapping[int, int], part: float) -> int | None:
    """The smallest number of days within which `part` of all were done; None of none.

    >>> quantile({1: 1, 2: 2, 9: 1}, 0.5), quantile({1: 1, 2: 2, 9: 1}, 0.9)
    (2, 9)
    """
    wanted, seen = part * sum(days.values()), 0
    for day in sorted(days):
        seen += days[day]
        if seen >= wanted:
            return day
    return None


def _add(counts: FigureCounts, keys: Iterable[Key], family: str, category: str, number: int) -> None:
    for key in keys:
        counts.cells[family][key][category] += number


def _stay(start: Start) -> str:
    if not start.has_left:
        return "under_observation"
    return next(
        (f"left_within_{months}" for months, days in f.HORIZONS.items() if start.days <= days), "left_later"
    )


Alike = tuple[CountedIn, tuple[tuple[str, str], ...], int | None, int | None]
"""Place, family and category of each answer, and working days until contact and until the decision."""


def _alike(duty: Duty, today: date, working_days: Callable[[date, date], int]) -> Alike:
    """All that is counted of a duty: of a country's millions there are far fewer kinds."""
    if duty.contact is None:
        state = "closed" if duty.ending else "overdue" if duty.target < today else "waiting"
        return (duty.place, (("duties", "not_reached"), ("unreached", state)), None, None)
    answers = _answers(duty.contact <= duty.target, duty.form, duty.decided is not None, duty.initiatives)
    contact = working_days(duty.arrived, duty.contact)
    decision = None if duty.decided is None else working_days(duty.arrived, duty.decided)
    return (duty.place, answers, contact, decision)


@cache
def _answers(
    is_in_time: bool, form: str | None, is_decided: bool, initiatives: tuple[str, ...]
) -> tuple[tuple[str, str], ...]:
    """Of a duty whose person was reached: its category in each family."""
    said = {
        "duties": "reached",
        "target": "in_time" if is_in_time else "late",
        "form": form or "",
        "decision": "decided" if is_decided else "not_decided",
    }
    if is_decided:
        said |= {
            f"initiative.{initiative}": "yes" if initiative in initiatives else "no"
            for initiative in Initiative
        }
    return tuple(said.items())
