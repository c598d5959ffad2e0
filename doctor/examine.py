"""Looks at everything at once, and leaves nothing without a word."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from doctor.diagnosis import Diagnosis, HealthCheck, in_order, unknown
from doctor.side_by_side import side_by_side
from models.service_status import Level

SECONDS: Final = 20.0
"""For all together: they are looked at side by side."""


@dataclass(frozen=True, slots=True)
class HealthLook:
    """What is looked at in one go, because one reading tells it."""

    checks: Sequence[HealthCheck]
    look: Callable[[], Iterable[Diagnosis]]
    """It may raise anything."""


def examine(looks: Sequence[HealthLook], seconds: float = SECONDS) -> list[Diagnosis]:
    """Everything that was found, the faults first. Each check has at least one diagnosis; never raises."""
    found: list[list[Diagnosis]] = [[] for _ in looks]
    ways = [partial(_gather, look, into) for look, into in zip(looks, found, strict=True)]
    ended = side_by_side(ways, seconds)
    return in_order(
        one
        for look, its, why in zip(looks, found, ended, strict=True)
        for one in _with_the_unseen(look, tuple(its), why)
    )


def _gather(look: HealthLook, into: list[Diagnosis]) -> None:
    """One by one: what was found before something broke is not lost."""
    for one in look.look():
        into.append(one)


def _with_the_unseen(look: HealthLook, found: Sequence[Diagnosis], why: str) -> Iterable[Diagnosis]:
    yield from found
    if not why:
        broken = next((one.check for one in found if one.level is Level.FAULT), None)
        why = "It was not looked at." if broken is None else f"It cannot be looked at: see {broken}."
    seen = {one.check for one in found}
    yield from (unknown(check, why) for check in look.checks if check not in seen)
