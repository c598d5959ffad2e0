"""``python -m tests.faults``: runs cells on a rig, says what each has shown, and writes the evidence."""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from frafaldsvarsel.embedded.jars import ensure_jars
from tests.faults.catalogue import chosen
from tests.faults.cells import Cell, Family, Outcome, run_cell
from tests.faults.children import ROOT
from tests.faults.evidence import Evidence, percentile, totals
from tests.faults.page import page
from tests.faults.rig import Rig


def main() -> int:
    """0: every cell is good; 1: one is not."""
    wanted = _arguments()
    cells = chosen(wanted.cells.split(","))
    if wanted.list:
        sys.stdout.writelines(f"{cell.family:9} {cell.name}\n" for cell in cells)
        return 0
    if not cells:
        sys.stderr.write("no cell has such a name; see --list\n")
        return 2
    began = time.monotonic()
    outcomes: list[Outcome] = []
    with _folder(wanted.data) as data:
        for nodes in (1, 3):
            of_rig = [cell for cell in cells if (cell.family == Family.CLUSTER) == (nodes == 3)]
            if of_rig:
                until = began + 60 * wanted.minutes
                outcomes += _on_rig(data / f"{nodes}-nodes", nodes, of_rig, wanted, until)
    not_run = [
        *(f"the cell *{cell.name}*, for want of time." for cell in cells[len(outcomes) :]),
        *_NOT_BUILT,
    ]
    evidence = Evidence.of(
        datetime.now(UTC).strftime("%Y%m%d-%H%M%S"),
        wanted.seed,
        time.monotonic() - began,
        outcomes,
        not_run,
    )
    _say(f"{totals(outcomes)}")
    if wanted.evidence:
        folder = Path(wanted.evidence)
        _say(f"written: {evidence.write(folder)}")
        if folder.resolve() == ROOT / "evidence":
            (ROOT / "docs" / "evidence.md").write_text(page(evidence), "utf-8")
            _say("written: docs/evidence.md")
    return 0 if evidence.good and outcomes else 1


_NOT_BUILT = (
    "credentials revoked in the middle (the rig's broker has no users), "
    "two versions side by side (there is no earlier release), "
    "bounced mails (their reader is not built yet).",
)


def _on_rig(
    data: Path, nodes: int, cells: Sequence[Cell], wanted: argparse.Namespace, until: float
) -> list[Outcome]:
    outcomes: list[Outcome] = []
    with Rig(data, ensure_jars(), nodes=nodes, seed=wanted.seed + nodes - 1) as rig:
        rig.drain()
        _say(f"up: {nodes} broker{'s' if nodes > 1 else ''}; {len(cells)} cells")
        for cell in cells:
            if time.monotonic() > until:
                break
            outcome = run_cell(rig, cell, messages=wanted.messages, injections=wanted.injections)
            outcomes.append(outcome)
            _tell(outcome)
    return outcomes


def _tell(outcome: Outcome) -> None:
    half, most = percentile(outcome.recoveries, 0.5), percentile(outcome.recoveries, 0.99)
    verdict = "good" if outcome.good else f"NOT GOOD: {outcome.why}"
    _say(
        f"{outcome.cell:45} {outcome.verdict.records:6} records {outcome.injections:4} times "
        f"{half:6.1f} {most:6.1f} s back {outcome.seconds:6.1f} s {verdict}"
    )
    for line in (*outcome.told, *outcome.verdict.findings):
        _say(f"    {line}")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


@contextmanager
def _folder(named: str) -> Iterator[Path]:
    if named:
        yield Path(named)
        return
    with tempfile.TemporaryDirectory(prefix="frafaldsvarsel-faults-") as folder:
        yield Path(folder)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--cells", default="*", help="names or families, with * and ?, separated by commas")
    parser.add_argument("--messages", type=int, default=3000, help="records in each cell")
    parser.add_argument("--injections", type=int, default=10, help="how often each fault is brought in")
    parser.add_argument("--seed", type=int, default=1, help="what chance begins with")
    parser.add_argument("--minutes", type=float, default=600, help="no cell is begun after this")
    parser.add_argument(
        "--evidence", default="", help="the folder for the JSON; `evidence` renews the page too"
    )
    parser.add_argument("--data", default="", help="keep everything in this folder, for a look afterwards")
    parser.add_argument("--list", action="store_true", help="name the cells and end")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
