"""A value that holds from a day on, by unit or for everybody: one look-up for all reference data of that kind.

What holds in [valid_from, valid_to) is another kind: `models.calendar.in_force`.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Generic, TypeVar

ValueT = TypeVar("ValueT")


@dataclass(frozen=True, slots=True)
class Dated(Generic[ValueT]):
    """What each unit has set, and what holds for every unit that has set nothing of its own."""

    by_unit: Mapping[str, tuple[tuple[date, ValueT], ...]]
    """(valid from, value), the latest first."""
    for_everybody: tuple[tuple[date, ValueT], ...]
    """The same, of all other units."""
    default: ValueT
    """Where the data says nothing at all."""

    def on(self, unit: str, day: date) -> ValueT:
        """What holds for `unit` on `day`: its own latest, else everybody's."""
        for rows in (self.by_unit.get(unit, ()), self.for_everybody):
            for start, value in rows:
                if start <= day:
                    return value
        # Before the duty came into force there is no message; a clock that is wrong must not stop a ledger.
        return self.for_everybody[-1][1] if self.for_everybody else self.default


def dated(rows: Iterable[tuple[str | None, date, ValueT]], default: ValueT) -> Dated[ValueT]:
    """The look-up of `rows` (unit or None for everybody, valid from, value), in any order."""
    found: dict[str | None, list[tuple[date, ValueT]]] = defaultdict(list)
    for unit, start, value in rows:
        found[unit].append((start, value))
    ordered = {
        unit: tuple(sorted(values, key=lambda one: one[0], reverse=True)) for unit, values in found.items()
    }
    everybody = ordered.pop(None, ())
    return Dated(
        MappingProxyType({unit: values for unit, values in ordered.items() if unit is not None}),
        everybody,
        default,
    )
