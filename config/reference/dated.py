"""A value that holds from a date on, by unit or for everybody: one look-up for all dated reference data."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final, Generic, TypeVar

_Value = TypeVar("_Value")


_EVERYBODY: Final = ""


@dataclass(frozen=True, slots=True)
class _Dated(Generic[_Value]):
    """By unit: what holds from a date on, the latest first. What a unit has not set is as for everybody."""

    by_unit: dict[str, list[tuple[date, _Value]]]

    def on(self, unit: str, day: date) -> _Value | None:
        for whose in (unit, _EVERYBODY):
            for start, value in self.by_unit.get(whose, ()):
                if start <= day:
                    return value
        # Before the duty came into force there is no message; a clock that is wrong must not stop a ledger.
        earliest = self.by_unit.get(_EVERYBODY)
        return earliest[-1][1] if earliest else None


def _latest_first(rows: Iterable[tuple[str, date, _Value]]) -> _Dated[_Value]:
    found: dict[str, list[tuple[date, _Value]]] = defaultdict(list)
    for unit, start, value in rows:
        found[unit].append((start, value))
    for dated in found.values():
        dated.sort(key=lambda one: one[0], reverse=True)
    return _Dated(dict(found))
