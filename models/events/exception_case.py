"""What of the audit's exceptions a person may put aside: numbers and totals that only their sender could mend.

A case names exactly what was looked at, so that what is missing later, or missing otherwise, is an exception again.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Final

_NUMBER: Final = r"[0-9]{1,9}"
_SENDER: Final = r"[0-9]{6}|[0-9]{4}|REG-[A-Z]{2,10}"
_GAP: Final = re.compile(rf"gap/({_SENDER})/({_NUMBER})-({_NUMBER})", re.ASCII)
_TWICE: Final = re.compile(rf"twice/({_SENDER})/({_NUMBER})", re.ASCII)
_TOTAL: Final = re.compile(
    rf"total/({_SENDER})/(\d{{4}}-\d\d-\d\d)/([a-z-]+\.[a-z]+\.v[1-9])/({_NUMBER})-({_NUMBER})", re.ASCII
)


class NoCase(ValueError):
    """The text names no case; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Numbers of a sender's sequence that have not come, both ends included."""

    sender: str
    first: int
    last: int

    def __str__(self) -> str:
        return f"gap/{self.sender}/{self.first}-{self.last}"


@dataclass(frozen=True, slots=True)
class Twice:
    """One number of a sender's sequence that two events carry."""

    sender: str
    number: int

    def __str__(self) -> str:
        return f"twice/{self.sender}/{self.number}"


@dataclass(frozen=True, slots=True)
class WrongTotal:
    """A day of which a sender has declared another number of events of a type than have come."""

    sender: str
    day: date
    kind: str
    declared: int
    came: int

    def __str__(self) -> str:
        return f"total/{self.sender}/{self.day}/{self.kind}/{self.declared}-{self.came}"


Case = Gap | Twice | WrongTotal


def parse(text: str) -> Case:
    """The case that `text` names as the audit prints it; raises `NoCase`."""
    if found := _GAP.fullmatch(text):
        gap = Gap(found[1], int(found[2]), int(found[3]))
        if 1 <= gap.first <= gap.last:
            return gap
    elif found := _TWICE.fullmatch(text):
        return Twice(found[1], int(found[2]))
    elif found := _TOTAL.fullmatch(text):
        try:
            return WrongTotal(found[1], date.fromisoformat(found[2]), found[3], int(found[4]), int(found[5]))
        except ValueError:
            pass
    raise NoCase("It is no case that the audit names: gap/SENDER/FIRST-LAST, twice/SENDER/NUMBER, total/….")


def without(gap: Gap, dismissed: Collection[Gap]) -> list[Gap]:
    """What of `gap` none of `dismissed` holds, in order."""
    left: list[Gap] = []
    first = gap.first
    of_sender = (one for one in dismissed if one.sender == gap.sender)
    for one in sorted(of_sender, key=lambda one: one.first):
        if one.first > gap.last:
            break
        if one.first > first:
            left.append(Gap(gap.sender, first, one.first - 1))
        first = max(first, one.last + 1)
    if first <= gap.last:
        left.append(Gap(gap.sender, first, gap.last))
    return left
