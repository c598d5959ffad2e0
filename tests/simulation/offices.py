"""The people of the units: they see, take, attempt, close, reopen and hand over, and send again what got no answer.

The acts are done by the real `ledger.act.act`. What a person was told is kept for the judge.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random
from typing import Any, Final, cast
from uuid import UUID

import psycopg

from ledger.act import DeedRefused, Done, NoSuchTask, Rules, TaskChanged, act
from ledger.project import Policy
from models.life import (
    Acknowledge,
    Actor,
    Attempt,
    Close,
    ContactForm,
    Deed,
    Ending,
    HandOver,
    HandOverReason,
    Initiative,
    Release,
    Reopen,
    ReopenReason,
    Take,
    Via,
)
from tests.simulation.clock import Clock
from tests.simulation.faults import Fault
from tests.simulation.sessions import Session

UNITS: Final = ("unit-0101", "jobcentre-0751", "unit-0751")
NOT_REACHED_AFTER: Final = 2
PEOPLE: Final = tuple(Actor(id=name, name=name.title(), via=Via.PAGE) for name in ("anna", "bo"))


@dataclass(frozen=True, slots=True)
class Pressed:
    """A deed as it was sent."""

    id: UUID
    task_id: UUID
    units: frozenset[str]
    by: Actor
    deed: Deed
    version: int | None


class Office:
    """Everybody at every unit, one at a time."""

    def __init__(
        self, session: Session, policy: Policy, clock: Clock, rng: Random, count: Callable[[Fault], None]
    ) -> None:
        self.session = session
        self._clock, self._rng, self._count = clock, rng, count
        self._rules = Rules(
            policy=policy, not_reached_after=lambda _: NOT_REACHED_AFTER, units=frozenset(UNITS)
        )
        self.sent: set[UUID] = set()
        """Every id under which anything was sent."""
        self.unanswered: list[Pressed] = []
        """Sent, and no answer came."""
        self.done: dict[UUID, tuple[Pressed, Done]] = {}
        """Told to the person as done."""

    async def work(self, tasks: list[dict[str, Any]]) -> str:
        """Somebody does something with one of these tasks, as they stood a moment ago."""
        task = self._rng.choice(sorted(tasks, key=lambda task: str(task["id"])))
        pressed = Pressed(
            id=UUID(int=self._rng.getrandbits(128), version=4),
            task_id=task["id"],
            units=frozenset({task["unit_id"] if self._rng.random() > 0.05 else UNITS[0]}),
            by=self._rng.choice(PEOPLE),
            deed=self._deed(task),
            version=self._rng.choice((None, task["version"], task["version"], task["version"] - 1)),
        )
        await self.press(pressed)
        return f"{pressed.deed.kind} {task['reference']}"

    async def again(self) -> None:
        """What got no answer is sent once more, in the same words."""
        if self.unanswered:
            self._count(Fault.ACT_SENT_AGAIN)
            await self.press(self.unanswered.pop(self._rng.randrange(len(self.unanswered))))

    async def press(self, pressed: Pressed) -> None:
        """One deed, and what the person is told."""
        self.sent.add(pressed.id)
        try:
            done = await act(
                cast(Any, self.session),
                task_id=pressed.task_id,
                units=pressed.units,
                act_id=pressed.id,
                by=pressed.by,
                deed=pressed.deed,
                rules=self._rules,
                expected_version=pressed.version,
            )
        except psycopg.OperationalError:
            self.unanswered.append(pressed)
        except TaskChanged:
            self._count(Fault.ACT_STALE)
        except DeedRefused:
            self._count(Fault.ACT_REFUSED)
        except NoSuchTask:
            self._count(Fault.ACT_ELSEWHERE)
        else:
            self.done[pressed.id] = (pressed, done)
            if self._rng.random() < 0.1:
                self.unanswered.append(replace(pressed, version=None))

    def _deed(self, task: dict[str, Any]) -> Deed:
        drawn = self._rng.random()
        if task["status"] == "closed" and drawn < 0.6:
            return Reopen(reason=ReopenReason.CONTACT_LOST)
        match drawn:
            case _ if drawn < 0.12:
                return Acknowledge()
            case _ if drawn < 0.22:
                return Take()
            case _ if drawn < 0.27:
                return Release()
            case _ if drawn < 0.55:
                form = self._rng.choice(tuple(ContactForm))
                return Attempt(at=self._clock.now, form=form, reached=self._rng.random() < 0.5)
            case _ if drawn < 0.68:
                return Close(ending=Ending.CONTACT_MADE, initiatives=(Initiative.MENTOR,))
            case _ if drawn < 0.76:
                return Close(ending=Ending.NOT_REACHED)
            case _:
                unit = self._rng.choice(UNITS)
                return HandOver(to_unit=unit, reason=HandOverReason.WRONG_UNIT)
