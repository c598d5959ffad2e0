"""The service struck at each of its named points: killed, failed, cancelled, or stopped until its successor works."""

import os
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Final

from infra.failpoints import FailpointAction, Point
from tests.faults.cells import Cell, Family, Run, halves
from tests.faults.process_settings import LEASE_SECONDS, SESSION_SECONDS
from tests.faults.rig import LEDGERS, NOTIFIERS, WORKERS
from tests.faults.workload import Sent

_PATIENCE: Final = 20.0
_GRACE: Final = 10.0
_EXTRA: Final = "worker-9"
_SHUTDOWNS: Final = {
    Point.STREAM_SHUTDOWN: WORKERS,
    Point.LEDGER_SHUTDOWN: LEDGERS,
    Point.NOTIFY_SHUTDOWN: NOTIFIERS,
}
_REBALANCES: Final = (Point.STREAM_ASSIGNED, Point.STREAM_REVOKED)
_MAIL: Final = (
    Point.NOTIFY_CLAIMED,
    Point.MAIL_SENDER,
    Point.MAIL_RECIPIENT,
    Point.MAIL_DATA,
    Point.MAIL_DOT,
    Point.MAIL_ANSWERED,
)
_STEPS: Final = (Point.STEPS_BEFORE_COMMIT, Point.STEPS_FIRED)
"""Passed when something is due about a task, which nothing is on the day on which it is opened."""
_MAKE_DUE: Final = """
UPDATE steps SET due_at = now()
WHERE id IN (SELECT id FROM steps WHERE status = 'waiting' AND due_at > now() ORDER BY random() LIMIT 20)
"""
_HOOKS: Final = (Point.HOOK_BEFORE, Point.HOOK_SENT, Point.HOOK_ANSWERED)
"""Passed where a unit has a webhook: `hook_cells`."""
_ACTS: Final = (Point.ACT_BEFORE_COMMIT, Point.ACT_COMMITTED)
"""Passed where a person or a program works on tasks: `api_cells`."""
_JOINS: Final = (Point.FORWARDED,)
"""Passed where numbers are joined: `join_cells`."""
_ERASURES: Final = (
    Point.ERASE_CUT_OFF,
    Point.ERASE_TOLD,
    Point.ERASE_FORGOTTEN,
    Point.ERASE_BURYING,
    Point.ERASE_BURIED,
)
"""Passed by the command that erases: `erasure_cells`."""
_POINTS: Final = tuple(point for point in Point if point not in (*_HOOKS, *_ACTS, *_JOINS, *_ERASURES))
_ZOMBIES: Final = (
    Point.INTAKE_JUDGED,
    Point.MATCH_JUDGED,
    Point.OUTPUT_HALF,
    Point.OUTPUT_ACKNOWLEDGED,
    Point.PEOPLE_BEFORE,
    Point.OFFSETS_BEFORE,
    Point.LEDGER_FETCHED,
    Point.LEDGER_BEFORE_COMMIT,
    Point.LEDGER_COMMITTED,
    Point.OUTBOX_SENT,
    Point.STEPS_BEFORE_COMMIT,
    Point.NOTIFY_CLAIMED,
    Point.MAIL_DOT,
    Point.MAIL_ANSWERED,
)


def strike(run: Run, chunk: Sequence[Sent], *, point: Point, action: FailpointAction, times: int) -> int:
    """Act at the point, `times` times, while `chunk` is published; how often it has happened."""
    struck = 0
    for turn, part in enumerate(halves(chunk, times)):
        run.rig.children.strike(point, action)
        run.publish(part)
        with _provoked(run, point, turn):
            pid = run.rig.children.fired(point, seconds=_PATIENCE)
            run.healed()
            if pid is None:
                break
            struck += 1
            if action is FailpointAction.STOP:
                _zombie(pid, point)
                run.healed()
    return struck


def _zombie(pid: int, point: Point) -> None:
    """Sleeps until somebody else has its work, and then goes on as if nothing had happened."""
    time.sleep((LEASE_SECONDS if point in _MAIL else SESSION_SECONDS) + 2)
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGCONT)


class _provoked:  # noqa: N801 - reads as a verb where it is used
    """Makes sure that somebody comes by the point: some are reached only when a process ends or joins."""

    def __init__(self, run: Run, point: Point, turn: int) -> None:
        self._children = run.rig.children
        self._point = point
        self._turn = turn
        self._run = run
        self._ending = ""
        self._told: int | None = None

    def __enter__(self) -> None:
        if self._point in _SHUTDOWNS:
            names = _SHUTDOWNS[self._point]
            self._ending = names[self._turn % len(names)]
            self._told = self._children.pid(self._ending)
            self._children.signal(self._ending, signal.SIGTERM)
        if self._point in _REBALANCES:
            self._children.add(_EXTRA, steady=False)
        if self._point in _STEPS:
            self._make_due()

    def __exit__(self, *_: object) -> None:
        if self._told is not None:
            self._end()
        if self._point in _REBALANCES:
            self._children.remove(_EXTRA)

    def _make_due(self) -> None:
        """As if days had passed. Outside office hours what is due is put off, which passes the point as well."""
        deadline = time.monotonic() + _PATIENCE
        with self._run.rig.connect() as connection:
            while connection.execute(_MAKE_DUE).rowcount == 0 and time.monotonic() < deadline:
                time.sleep(0.2)

    def _end(self) -> None:
        """As an orchestrator does: who has not ended some time after SIGTERM is killed."""
        deadline = time.monotonic() + _GRACE
        while self._children.pid(self._ending) == self._told:
            if time.monotonic() > deadline:
                self._children.signal(self._ending, signal.SIGKILL)
                self._run.told.append(f"told to end, it did not within {_GRACE:.0f} seconds, and was killed")
                break
            time.sleep(0.1)
        self._run.healed()


def _cell(point: Point, action: FailpointAction, *, times: int, most_rounds: int = 100) -> Cell:
    work: Callable[[Run, Sequence[Sent]], int] = partial(strike, point=point, action=action, times=times)
    return Cell(f"{action} at {point}", Family.SERVICE, work, per_round=times, most_rounds=most_rounds)


CELLS: Final = (
    *(_cell(point, FailpointAction.KILL, times=2) for point in _POINTS),
    *(_cell(point, FailpointAction.RAISE, times=2) for point in _POINTS),
    *(_cell(point, FailpointAction.CANCEL, times=2) for point in _POINTS),
    *(_cell(point, FailpointAction.STOP, times=1, most_rounds=2) for point in _ZOMBIES),
)
