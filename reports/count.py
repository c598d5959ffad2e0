"""From rows to counts: how many of what, in each value of each breakdown. Pure; decides nothing about showing them."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, NamedTuple

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
    began: Counter[tuple[CountedIn, bool, bool, str]] = Counter()
    for start in starts:
        began[start.place, start.from_benefit, start.has_message, _stay(start)] += start.number
        if start.from_benefit:
            life = (start.days, start.has_left)
            for key in (*keys_of(start.place), _told(start.has_message)):
                counts.lives[key][life] += start.number
    for (place, from_benefit, has_message, stay), number in began.items():
        keys, told = keys_of(place), _told(has_message)
        _add(counts, keys, "starts", "from_benefit" if from_benefit else "other", number)
        if from_benefit:
            _add(counts, (*keys, told), "stay", stay, number)
            _add(counts, keys, "told", told[1], number)
    for message in messages:
        category = (
            f"{message.outcome}.{message.reason}"
            if message.outcome == Outcome.NOT_OBLIGED
            else message.outcome
        )
        _add(counts, keys_of(message.place), "messages", category, message.number)
    alike = Counter(_alike(duty, today, working_days) for duty in duties)
    for one, number in alike.items():
        keys = keys_of(one.place)
        for family, category in _answers(one):
            _add(counts, keys, family, category, number)
        for what, taken in (("contact", one.contact), ("decision", one.decision)):
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


def _told(has_message: bool) -> Key:
    return ("message", "with_message" if has_message else "without_message")


def _stay(start: Start) -> str:
    if not start.has_left:
        return "under_observation"
    return next(
        (f"left_within_{months}" for months, days in f.HORIZONS.items() if start.days <= days), "left_later"
    )


class Alike(NamedTuple):
    """All that is counted of a duty: of a country's millions there are far fewer kinds."""

    place: CountedIn
    state: str
    """Of who was reached: by the target or after it. Otherwise how the duty stands."""
    form: str | None
    initiatives: tuple[str, ...]
    contact: int | None
    """Working days; None: not reached."""
    decision: int | None
    """Working days; None: not decided, or not reached."""


def _alike(duty: Duty, today: date, working_days: Callable[[date, date], int]) -> Alike:
    if duty.contact is None:
        state = "closed" if duty.ending else "overdue" if duty.target < today else "waiting"
        return Alike(duty.place, state, None, (), None, None)
    return Alike(
        duty.place,
        "in_time" if duty.contact <= duty.target else "late",
        duty.form,
        duty.initiatives,
        working_days(duty.arrived, duty.contact),
        None if duty.decided is None else working_days(duty.arrived, duty.decided),
    )


def _answers(alike: Alike) -> Iterator[tuple[str, str]]:
    """Family and category."""
    if alike.contact is None:
        yield from (("duties", "not_reached"), ("unreached", alike.state))
        return
    is_decided = alike.decision is not None
    yield from (("duties", "reached"), ("target", alike.state), ("form", alike.form or ""))
    yield "decision", "decided" if is_decided else "not_decided"
    if is_decided:
        for initiative in Initiative:
            yield f"initiative.{initiative}", "yes" if initiative in alike.initiatives else "no"
