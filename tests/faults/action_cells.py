"""People work on tasks while the ledger is struck at its points, or while answers to COMMIT are lost on the way."""

import asyncio
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from random import Random
from typing import Any, Final
from uuid import UUID, uuid4

import psycopg

from frafaldsvarsel.wiring import ledger as ledger_wiring
from infra.failpoints import FailpointAction, Point
from infra.postgres import Connection
from infra.postgres_timeouts import CONNECT_SECONDS, shut_down_after
from ledger.actions.perform import ActionDiffers, ActionRefused, NoSuchTask, TaskChanged, perform
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
from tests.faults.cells import Cell, Family, Run, halves
from tests.faults.network_faults import struck_at_work
from tests.faults.observation import Promised, Seen
from tests.faults.proxy import Way
from tests.faults.rig import DATABASE
from tests.faults.workload import Sent
from tests.reference import SHIPPED

_ANNA: Final = Actor(id="anna", name="Anna", via=Via.API)
_ANSWER_SECONDS: Final = 4
_PAUSE_SECONDS: Final = 0.02
_PATIENCE: Final = 20.0
_AT_LEAST: Final = 20
_SETTLE_SECONDS: Final = 40.0
_TASKS: Final = """
SELECT id, unit_id, version, now(), status, reached_at IS NOT NULL FROM tasks
WHERE opened_at >= %s AND status <> 'withdrawn' ORDER BY random() LIMIT 1
"""


class Hands:
    """A case system of all units that works without rest; what gets no answer it sends again under the same id."""

    def __init__(self, run: Run) -> None:
        self._rig, self._since = run.rig, run.marks.began
        self._rules = ledger_wiring.rules(SHIPPED)
        self._units = sorted(self._rules.units)
        self._rng = Random(run.rig.seed)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._work()), name="hands")
        self._unanswered: list[tuple[UUID, UUID, str, Action]] = []
        self.promised: list[Promised] = []
        self.repeated = self.refused = self.stale = 0

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wait(self) -> None:
        """Until they have done something; what is published may take a while to become a task."""
        deadline = time.monotonic() + _PATIENCE
        while len(self.promised) < _AT_LEAST and time.monotonic() < deadline:
            time.sleep(0.1)

    def finish(self) -> None:
        """Send again what has no answer yet, then end."""
        self._stop.set()
        self._thread.join(_SETTLE_SECONDS)
        if self._thread.is_alive() or self._unanswered:
            raise TimeoutError(f"{len(self._unanswered)} acts got no answer")

    async def _work(self) -> None:
        port = self._rig.proxy.routes[DATABASE].port
        url = f"postgresql://postgres@127.0.0.1:{port}/faults"
        while not (self._stop.is_set() and not self._unanswered):
            try:
                async with await psycopg.AsyncConnection.connect(
                    url, autocommit=True, connect_timeout=CONNECT_SECONDS
                ) as connection:
                    while not (self._stop.is_set() and not self._unanswered):
                        with shut_down_after(connection, _ANSWER_SECONDS):
                            await self._one(connection)
                        await asyncio.sleep(_PAUSE_SECONDS)
            except (psycopg.OperationalError, psycopg.InterfaceError):
                await asyncio.sleep(0.2)

    async def _one(self, connection: Connection) -> None:
        version = None
        if self._unanswered:
            act_id, task_id, unit, deed = self._unanswered[-1]
        else:
            cursor = await connection.execute(_TASKS, (self._since,))
            found = await cursor.fetchone()
            if found is None:
                return
            task_id, unit, version, now, status, reached = found
            act_id, deed = uuid4(), self._deed(now, closed=status == "closed", reached=reached)
            self._unanswered.append((act_id, task_id, unit, deed))
        try:
            done = await perform(
                connection,
                task_id=task_id,
                units=frozenset({unit}),
                act_id=act_id,
                by=_ANNA,
                deed=deed,
                rules=self._rules,
                expected_version=version,
            )
        except (ActionRefused, TaskChanged, NoSuchTask, ActionDiffers) as said:
            self.refused += isinstance(said, ActionRefused)
            self.stale += isinstance(said, TaskChanged)
        else:
            self.repeated += done.repeated
            self.promised.append(Promised(act_id, task_id, deed.kind))
        self._unanswered.pop()

    def _deed(self, now: Any, *, closed: bool, reached: bool) -> Action:
        if closed and self._rng.random() < 0.5:
            return Reopen(reason=ReopenReason.NEW_INFORMATION)
        if reached and self._rng.random() < 0.4:
            return Close(ending=Ending.CONTACT_MADE, initiatives=(Initiative.MENTOR,))
        form = self._rng.choice(tuple(ContactForm))
        deeds: tuple[Action, ...] = (
            Acknowledge(),
            Take(),
            Release(),
            Note(note=NoteCode.AWAITS_INSTITUTION),
            ContactAttempt(at=now, form=form, reached=True),
            ContactAttempt(at=now, form=form, reached=False),
            Close(ending=Ending.NOT_REACHED),
            HandOver(to_unit=self._rng.choice(self._units), reason=HandOverReason.AGREED),
        )
        return self._rng.choice(deeds)


@contextmanager
def _hands(run: Run) -> Iterator[None]:
    """At work for the whole round; afterwards it is known what they were told."""
    hands = Hands(run)
    hands.start()
    try:
        yield
        hands.wait()
    finally:
        hands.finish()
    run.promised += hands.promised
    run.told.append(
        f"{len(hands.promised)} acts done, {hands.repeated} of them answered at the second time, "
        f"{hands.refused} refused, {hands.stale} on a task that had changed"
    )


def _unheard(run: Run, chunk: Sequence[Sent], *, times: int) -> int:
    """Whoever commits next is not told: the ledger, a notifier, or a person."""
    proxy = run.rig.proxy
    before = proxy.swallowed(DATABASE)
    with _hands(run):
        for part in halves(chunk, times):
            run.publish(part)
            time.sleep(1)
            proxy.swallow(DATABASE, 3)
            time.sleep(3)
        proxy.swallow(DATABASE, 0)
        run.healed()
    return proxy.swallowed(DATABASE) - before


def _cut(run: Run, chunk: Sequence[Sent], *, times: int) -> int:
    """Every connection of everybody, again and again; then for a while none is taken."""
    struck = 0
    with _hands(run):
        for part in halves(chunk, times):
            run.publish(part)
            time.sleep(1)
            struck += run.rig.proxy.cut(DATABASE) > 0
        run.rig.proxy.set(DATABASE, Way.REFUSE)
        run.rig.proxy.cut(DATABASE)
        time.sleep(2)
        run.rig.proxy.set(DATABASE, Way.OPEN)
        run.healed()
    return struck


def _tell(run: Run, seen: Seen) -> None:
    seen.promised += run.promised
    if not run.promised:
        run.left_out.append("nobody has done anything")


def _cell(name: str, work: Any, *, per_round: int) -> Cell:
    return Cell(name, Family.SERVICE, work, per_round=per_round, most_rounds=4, amend=_tell)


CELLS: Final = (
    *(
        _cell(
            f"people at work: kill at {point}",
            partial(
                struck_at_work,
                at_work=_hands,
                point=point,
                action=FailpointAction.KILL,
                times=2,
                seconds=_PATIENCE,
            ),
            per_round=2,
        )
        for point in (Point.LEDGER_FETCHED, Point.LEDGER_BEFORE_COMMIT, Point.LEDGER_COMMITTED)
    ),
    _cell("people at work: answers to COMMIT swallowed", partial(_unheard, times=2), per_round=6),
    _cell("people at work: connections cut", partial(_cut, times=3), per_round=3),
)
