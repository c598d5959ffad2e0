"""Looks at everything at once. What hangs or breaks costs seconds, says so, and keeps nothing else from being seen."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from doctor.diagnosis import Diagnosis, HealthCheck, Level, in_order, unknown

SECONDS: Final = 20.0
"""For all looks together: they are looked at side by side."""


class NotSeen(RuntimeError):
    """It cannot be looked at; the message is a sentence for a person, and holds no secret."""


@dataclass(frozen=True, slots=True)
class HealthLook:
    """What is looked at in one go, because one reading tells it."""

    checks: Sequence[HealthCheck]
    look: Callable[[], Iterable[Diagnosis]]
    """It may raise anything."""


@dataclass(slots=True)
class _Look:
    plan: HealthLook
    found: list[Diagnosis] = field(default_factory=list)
    ended: bool = False
    why: str = ""

    def run(self) -> None:
        try:
            # Told one by one: what was found before something broke is not lost.
            for one in self.plan.look():
                self.found.append(one)
        except NotSeen as error:
            self.why = str(error)
        except Exception as error:  # the others must be seen; what an error says may hold a secret
            self.why = f"The look at it broke off: {type(error).__name__}."
        self.ended = True


def examine(plans: Sequence[HealthLook], seconds: float = SECONDS) -> list[Diagnosis]:
    """Everything that was found, the faults first. Each check has at least one diagnosis; never raises."""
    looks = [_Look(plan) for plan in plans]
    # Daemons: one that hangs in a system call must not keep the command from ending.
    threads = [threading.Thread(target=look.run, name="look", daemon=True) for look in looks]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + seconds
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return in_order(one for look in looks for one in _diagnoses(look, seconds))


def _diagnoses(look: _Look, seconds: float) -> Iterable[Diagnosis]:
    ended, found = look.ended, list(look.found)
    yield from found
    why = look.why
    if not ended:
        why = f"There was no answer within {seconds:.0f} seconds."
    elif not why:
        broken = next((one.check for one in found if one.level is Level.FAULT), None)
        why = "It was not looked at." if broken is None else f"It cannot be looked at: see {broken}."
    seen = {one.check for one in found}
    yield from (unknown(check, why) for check in look.plan.checks if check not in seen)
