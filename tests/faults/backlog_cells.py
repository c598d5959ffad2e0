"""A backlog is no loss: a process that stands still, a burst, an hour's outage. The audit has nothing to heal."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from config.environments import HealingAuditEnvironment
from frafaldsvarsel.processes.auditor import auditor
from frafaldsvarsel.wiring.redrive import redriver
from ops.audit.report import AuditReport, Check
from ops.audit.rounds import due_of
from tests.faults.cells import Cell, Family, Run, halves
from tests.faults.rig import LEDGERS, NOTIFIERS, WORKERS
from tests.faults.workload import Sent

_ROUNDS: Final = 10
_DISTINCT: Final = 20_000
_COPIES: Final = 4
"""Of each: with the first, 100,000 records."""
_PATIENCE: Final = 1_500.0
"""Seconds for the drain: a busy machine takes its time, and the audit must bear it."""
_NOW: Final = timedelta(0)
_HOUR: Final = timedelta(hours=1)


def _stand_still(run: Run, chunk: Sequence[Sent], *, names: Sequence[str], later: timedelta = _NOW) -> int:
    """Held while records arrive, through ten rounds of an audit without any patience; then let go."""
    written = _written_again(run)
    run.rig.children.hold(*names)
    try:
        for part in halves(chunk, _ROUNDS):
            run.publish(part)
            _audit(run, later)
    finally:
        run.rig.children.release(*names)
    run.rig.children.wait_ready(*names)
    run.healed()
    _audit(run, later)
    run.rig.drain()
    # A worker that stands still for longer than its session lasts writes the batch that it was at once more.
    if not set(names) & set(WORKERS):
        _holds_nothing_more(run, written)
    return 1


def _burst(run: Run, chunk: Sequence[Sent]) -> int:
    """Many at once, and then most of them again and again, as a sender in a loop does."""
    written = _written_again(run)
    patience, run.rig.patience = run.rig.patience, _PATIENCE
    try:
        first = [*chunk, *run.rig.load.draw(_DISTINCT - len(chunk))]
        run.publish(first)
        _audit(run, _NOW)
        once = run.rig.drain()
        decided = run.rig.ends(["decisions"])
        run.publish(first * _COPIES)
        run.healed()
        _audit(run, _NOW)
        again = run.rig.drain()
        _audit(run, _NOW)
    finally:
        run.rig.patience = patience
    run.told.append(
        f"{len(first):,} records were through after {once:.0f} s, "
        f"{_COPIES * len(first):,} repeats of them after {again:.0f} s"
    )
    _holds(run, run.rig.ends(["decisions"]) == decided, "a repeat has told a decision again")
    _holds_nothing_more(run, written)
    return 1


def _audit(run: Run, later: timedelta) -> None:
    """One round of the healing audit, as if it were so much later: it must find nothing to drive again."""
    settings = run.rig.told(HealingAuditEnvironment)
    with auditor(settings, redriver(settings), clock=lambda: datetime.now(UTC) + later) as auditing:
        result = auditing.count(timedelta(0))
        due = due_of(result)
        auditing.redrive(due)
    _holds(run, not due, f"{len(due)} records were driven again")
    found = Counter(one.what for one in result.exceptions)
    _holds(run, result.unaccounted == 0, f"a backlog was called a loss: {dict(found)}")


def _written_again(run: Run) -> dict[Check, int]:
    """How many answers stand on the log more than once."""
    settings = run.rig.told(HealingAuditEnvironment)
    with auditor(settings) as auditing:
        result: AuditReport = auditing.count(timedelta(0))
    return {one.hop: one.beside["written_again"] for one in result.accounts if "written_again" in one.beside}


def _holds_nothing_more(run: Run, written: dict[Check, int]) -> None:
    more = {str(hop): count - written.get(hop, 0) for hop, count in _written_again(run).items()}
    more = {hop: count for hop, count in more.items() if count}
    _holds(run, not more, f"records were written again: {more}")


def _holds(run: Run, so: bool, otherwise: str) -> None:
    if not so:
        run.left_out.append(otherwise)


def _cell(name: str, work: Callable[[Run, Sequence[Sent]], int]) -> Cell:
    return Cell(name, Family.SERVICE, work, most_rounds=1)


CELLS: Final = (
    _cell("workers stand still through ten audits", partial(_stand_still, names=WORKERS)),
    _cell("ledgers stand still through ten audits", partial(_stand_still, names=LEDGERS)),
    _cell("notifiers stand still through ten audits", partial(_stand_still, names=NOTIFIERS)),
    _cell(
        "everything stands still for an hour",
        partial(_stand_still, names=(*WORKERS, *LEDGERS, *NOTIFIERS), later=_HOUR),
    ),
    _cell("burst of a hundred thousand records", _burst),
)
