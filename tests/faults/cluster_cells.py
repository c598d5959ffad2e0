"""Faults that only a cluster can show: on a rig of its own, for it is heavy."""

import os
import shutil
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Final

from tests.faults.admin import AdminError
from tests.faults.cells import Cell, Family, Run, halves
from tests.faults.kafka_log import places
from tests.faults.workload import Sent

_NODES: Final = 3
_PATIENCE: Final = 60.0


def _each_killed(run: Run, chunk: Sequence[Sent], *, in_order: bool = False) -> int:
    """Every node once: whichever leads a partition, a group or the cluster, it is among them."""
    brokers = run.rig.cluster.brokers
    for part, broker in zip(halves(chunk, len(brokers)), brokers.values(), strict=True):
        broker.stop() if in_order else broker.kill()
        run.publish(part)
        broker.start()
        broker.wait_ready(brokers=_NODES)
        _in_sync(run)
    run.healed()
    return len(brokers)


def _two_killed(run: Run, chunk: Sequence[Sent]) -> int:
    """One copy is not enough: nothing is taken until a second broker is back."""
    first, second = halves(chunk)
    run.publish(first)
    one, other, *_ = run.rig.cluster.brokers.values()
    one.kill()
    other.kill()
    time.sleep(3)
    one.start()
    other.start()
    one.wait_ready(brokers=_NODES)
    run.healed()
    run.publish(second)
    _in_sync(run)
    return 2


def _cut_off(run: Run, chunk: Sequence[Sent]) -> int:
    """One broker neither hears nor speaks until the others have gone on without it; then it is back, and behind."""
    struck = 0
    for part, broker in zip(halves(chunk, _NODES), run.rig.cluster.brokers.values(), strict=True):
        pid = broker.pid
        if pid is None:
            continue
        os.kill(pid, signal.SIGSTOP)
        try:
            run.publish(part)
            time.sleep(5)
        finally:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
        struck += 1
        _in_sync(run)
    run.healed()
    return struck


def _lost_data(run: Run, chunk: Sequence[Sent]) -> int:
    """A new disk under an old name: what it had is copied from the others, and nothing of it is asked for before."""
    first, second = halves(chunk)
    run.publish(first)
    broker = run.rig.cluster.brokers[3]
    broker.kill()
    shutil.rmtree(broker.data / "log")
    run.publish(second)
    broker.start()
    broker.wait_ready(brokers=_NODES)
    run.healed()
    _in_sync(run)
    return 1


def _in_sync(run: Run) -> None:
    """Until every partition has all its copies: the next fault shall meet a whole cluster."""
    deadline = time.monotonic() + _PATIENCE
    wanted = len(places(_topics(run)))
    while time.monotonic() < deadline:
        copies: list[int] = []
        with suppress(AdminError):
            copies = run.rig.admin.in_sync(_topics(run))
        if len(copies) == wanted and set(copies) == {_NODES}:
            return
        time.sleep(0.3)
    run.left_out.append("the copies did not come together again")


def _topics(run: Run) -> list[str]:
    return sorted({topic for topic, _ in run.marks.ends})


def _cell(name: str, work: Any, *, per_round: int = 1, most_rounds: int = 100, **more: Any) -> Cell:
    return Cell(name, Family.CLUSTER, partial(work, **more), per_round=per_round, most_rounds=most_rounds)


CELLS: Final = (
    _cell("every broker killed in turn", _each_killed, per_round=3, most_rounds=3),
    _cell("every broker stopped in turn", _each_killed, per_round=3, most_rounds=1, in_order=True),
    _cell("two of three brokers killed", _two_killed, per_round=2, most_rounds=3),
    _cell("each broker cut off in turn", _cut_off, per_round=3, most_rounds=2),
    _cell("a broker that lost its data", _lost_data, most_rounds=2),
)
