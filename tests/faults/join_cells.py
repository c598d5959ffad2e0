"""A worker struck while it forwards what a person's old number holds: killed, or stopped until another has its work.

What a number holds is there when the register's word comes: so the struck output is that of joins.
"""

import os
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Final

from infra.failpoints import FailpointAction, Point
from models.events.event_types import TYPE_PREFIX
from tests.faults.cells import Cell, Family, Run
from tests.faults.process_settings import SESSION_SECONDS
from tests.faults.workload import Sent

_PATIENCE: Final = 20.0
_SETTLED_SECONDS: Final = 3.0
_CHANGED: Final = f"{TYPE_PREFIX}person-number.changed.v1"


def _strike(run: Run, chunk: Sequence[Sent], *, point: Point, action: FailpointAction) -> int:
    joins = [sent for sent in chunk if sent.event is not None and sent.event.type == _CHANGED]
    run.publish([sent for sent in chunk if sent not in joins])
    time.sleep(_SETTLED_SECONDS)
    run.rig.children.strike(point, action)
    run.publish(joins)
    pid = run.rig.children.fired(point, seconds=_PATIENCE)
    if pid is not None and action is FailpointAction.STOP:
        time.sleep(SESSION_SECONDS + 2)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
    run.healed()
    return int(pid is not None)


def _cell(point: Point, action: FailpointAction, *, most_rounds: int = 100) -> Cell:
    work = partial(_strike, point=point, action=action)
    return Cell(
        f"{action} at {point} while numbers are joined", Family.SERVICE, work, most_rounds=most_rounds
    )


CELLS: Final = (
    _cell(Point.FORWARDED, FailpointAction.KILL),
    _cell(Point.OUTPUT_HALF, FailpointAction.KILL),
    _cell(Point.OUTPUT_SENT, FailpointAction.KILL),
    _cell(Point.PEOPLE_AFTER, FailpointAction.KILL),
    _cell(Point.LEDGER_BEFORE_COMMIT, FailpointAction.KILL),
    _cell(Point.FORWARDED, FailpointAction.STOP, most_rounds=2),
)
