"""The people of the units: they see, take, attempt, close, reopen and hand over, and send again what got no answer.

The acts are done by the real `ledger.actions.perform.perform`. What a person was told is kept for the judge.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random
from typing import Any, Final, cast
from uuid import UUID

import psycopg

from api import headers
from ledger.actions.perform import (
    ActionDiffers,
    ActionRefused,
    NoSuchTask,
    Performed,
    Rules,
    TaskChanged,
    perform,
)
from ledger.tasks.projection import Policy
from models.tasks.actions import (
    Acknowledge,
    Action,
    Actor,
    Close,
    ContactAttempt,
    ContactForm,
    Ending,
    HandOver,
    HandOverReason,
    Initiative,
    Note,
    Release,
    Reopen,
    ReopenReason,
    Take,
    Via,
)
from models.tasks.notes import NoteCode
from tests.simulation.clock import Clock
from tests.simulation.failing_connection import Session
from tests.simulation.faults import Fault, Mutation
from tests.simulation.units import UNITS

NOT_REACHED_AFTER: Final = 2
PEOPLE: Final = tuple(Actor(id=name, name=name.title(), via=Via.PAGE) for name in ("anna", "bo"))
PROGRAM: Final = Actor(id="fagsystem", name="Fagsystem", via=Via.API)


@dataclass(frozen=True, slots=True)
class Pressed:
    """A deed as it was sent."""

    id: UUID
    task_id: UUID
    units: frozenset[str]
    by: Actor
    deed: Action
    version: int | None
    """Of the task as it was seen; None: whatever it is."""


class Office:
    """Everybody at every unit, one at a time."""

    def __init__(
        self,
        session: Session,
        policy: Policy,
        clock: Clock,
        rng: Random,
        count: Callable[[Fault], None],
        mutation: Mutation | None,
    ) -> None:
        self.session = session
        self._clock, self._rng, self._count = clock, rng, count
        self._any_version = mutation is Mutation.ETAG_IGNORED
        self._rules = Rules(
            policy=policy, not_reached_after=lambda _: NOT_REACHED_AFTER, units=frozenset(UNITS)
        )
        self.sent: set[UUID] = set()
        """Every id under which anything was sent."""
        self.unanswered: list[Pressed] = []
        """Sent, and no answer came."""
        self.done: dict[UUID, tuple[Pressed, Performed]] = {}
        """Told to the person as done."""
        self.refused: set[UUID] = set()
        """Of which it was said last that nothing was done."""
        self._keys = 0

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
        if self._rng.random() < 0.4:
            pressed = self._by_program(pressed, task)
        await self.press(pressed)
        return f"{pressed.deed.kind} {task['reference']}"

    async def note(self, tasks: list[dict[str, Any]], rng: Random) -> str:
        """A note beside everything else, drawn from a generator of its own."""
        task = rng.choice(sorted(tasks, key=lambda task: str(task["id"])))
        deed = Note(note=rng.choice(tuple(NoteCode)))
        await self.press(
            Pressed(
                id=UUID(int=rng.getrandbits(128), version=4),
                task_id=task["id"],
                units=frozenset({task["unit_id"]}),
                by=rng.choice(PEOPLE),
                deed=deed,
                version=None,
            )
        )
        return f"{deed.kind} {task['reference']}"

    def _by_program(self, pressed: Pressed, task: dict[str, Any]) -> Pressed:
        """The same through the API: its headers, read as the API reads them; now and then a key that was used."""
        used = self._rng.random() < 0.1 and self._keys > 0
        self._keys += not used
        key = self._rng.randint(1, self._keys) if used else self._keys
        seen, weak = headers.etag(task["version"]), f"W/{headers.etag(task['version'])}"
        if_match = self._rng.choice(("*", seen, seen, seen, weak, headers.etag(task["version"] + 1)))
        return replace(
            pressed,
            id=headers.act_id("fagsystem", f"key-{key}"),
            by=PROGRAM,
            version=headers.expected_version(if_match),
        )

    async def again(self) -> None:
        """What got no answer is sent once more, in the same words."""
        if self.unanswered:
            self._count(Fault.ACT_SENT_AGAIN)
            await self.press(self.unanswered.pop(self._rng.randrange(len(self.unanswered))))

    async def press(self, pressed: Pressed) -> None:
        """One deed, and what the person is told."""
        self.sent.add(pressed.id)
        self.refused.discard(pressed.id)
        try:
            done = await perform(
                cast(Any, self.session),
                task_id=pressed.task_id,
                units=pressed.units,
                act_id=pressed.id,
                by=pressed.by,
                deed=pressed.deed,
                rules=self._rules,
                expected_version=None if self._any_version else pressed.version,
            )
        except psycopg.OperationalError:
            self.unanswered.append(pressed)
        except TaskChanged:
            self._count(Fault.ACT_PRECONDITION if pressed.by is PROGRAM else Fault.ACT_STALE)
            self.refused.add(pressed.id)
        except ActionRefused:
            self._count(Fault.ACT_REFUSED)
            self.refused.add(pressed.id)
        except NoSuchTask:
            self._count(Fault.ACT_ELSEWHERE)
        except ActionDiffers:
            self._count(Fault.ACT_KEY_REUSED)
        else:
            if done.act_id == pressed.id:
                self.done[pressed.id] = (pressed, done)
            if self._rng.random() < 0.1:
                self.unanswered.append(pressed)

    def _deed(self, task: dict[str, Any]) -> Action:
        drawn = self._rng.random()
        if task["status"] == "closed" and drawn < 0.6:
            return Reopen(reason=ReopenReason.CONTACT_LOST)
        match drawn:
            case _ if drawn < 0.04:
                return Note(note=self._rng.choice(tuple(NoteCode)))
            case _ if drawn < 0.12:
                return Acknowledge()
            case _ if drawn < 0.22:
                return Take()
            case _ if drawn < 0.27:
                return Release()
            case _ if drawn < 0.55:
                form = self._rng.choice(tuple(ContactForm))
                return ContactAttempt(at=self._clock.now, form=form, reached=self._rng.random() < 0.5)
            case _ if drawn < 0.68:
                return Close(ending=Ending.CONTACT_MADE, initiatives=(Initiative.MENTOR,))
            case _ if drawn < 0.76:
                return Close(ending=Ending.NOT_REACHED)
            case _:
                unit = self._rng.choice(UNITS)
                return HandOver(to_unit=unit, reason=HandOverReason.WRONG_UNIT)
