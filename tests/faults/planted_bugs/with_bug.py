"""Where plants are tried: the rig with a bug in some of its processes, for as long as a cell takes."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tests.faults.catalogue import chosen
from tests.faults.cells import Cell, Family, Outcome, Run
from tests.faults.planted_bugs import ALONE, NOTHING, PLANTS, Planted
from tests.faults.rig import Rig
from tests.faults.workload import Sent


def _nothing(run: Run, chunk: Sequence[Sent]) -> int:
    run.publish(chunk)
    run.healed()
    return 1


CONTROL = Cell(NOTHING, Family.SERVICE, _nothing)


@contextmanager
def planted(rig: Rig, bug: str) -> Iterator[None]:
    """The processes that the bug is in are started again with it, and afterwards without."""
    children, plant = rig.children, PLANTS[bug.removesuffix(ALONE)]
    names = [name for kind in plant.kinds for name in children.names(kind)]

    def restart(bug: str, kinds: Sequence[str]) -> None:
        children.hold(*names)
        children.bug, children.bugged = bug, kinds
        children.release(*names)
        children.wait_ready(*names)

    restart(bug, plant.kinds)
    try:
        yield
    finally:
        restart("", ())


def cell_of(name: str) -> Cell:
    """From the catalogue, or the one in which nothing else is broken."""
    return next(iter(chosen([name])), CONTROL)


def finder(plant: Planted, outcome: Outcome, alone: Outcome | None = None) -> str:
    """What has found the bug: its figure, and the auditor where it sees it too; empty where nothing has.

    `alone`: what came of the bug while the next line of defence was still there.
    """
    number = getattr(outcome.verdict, plant.figure)
    if not number:
        return ""
    audited = f"; the auditor: {outcome.unaccounted} unaccounted" if outcome.unaccounted else ""
    by_itself = ""
    if alone is not None:
        # By the judge alone: what the auditor misses can be what an earlier plant has spoilt.
        harm = alone.failure or (f"{alone.verdict.violations} violations" if alone.verdict.violations else "")
        by_itself = f"; alone too: {harm}" if harm else "; alone it does no harm"
    return f"the judge: {plant.figure.replace('_', ' ')} {number}{audited}{by_itself}"
