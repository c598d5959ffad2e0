"""``python -m tests.faults``: runs cells on a rig, says what each has shown, and writes the evidence."""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from local.servers.jars import ensure_jars
from tests.faults.catalogue import chosen
from tests.faults.cells import Cell, Family, Outcome, run_cell
from tests.faults.evidence import Evidence, percentile, totals
from tests.faults.harness import say, working_folder
from tests.faults.page import PAGE, page
from tests.faults.planted_bugs import ALONE, PLANTS, Planted
from tests.faults.planted_bugs.with_bug import cell_of, finder, planted
from tests.faults.rig import NoDisk, Rig
from tests.paths import ROOT


def main() -> int:
    """0: every cell is good; 1: one is not."""
    wanted = _arguments()
    if wanted.together:
        return _together(wanted)
    if wanted.plants:
        return _plants(wanted)
    cells = chosen(wanted.cells.split(","))
    if wanted.list:
        sys.stdout.writelines(f"{cell.family:9} {cell.name}\n" for cell in cells)
        return 0
    if not cells:
        sys.stderr.write("no cell has such a name; see --list\n")
        return 2
    began = time.monotonic()
    outcomes: list[Outcome] = []
    not_run: list[str] = []
    with working_folder(wanted.data, "faults") as data:
        for name, kind, of_rig in _rigs(cells):
            until = began + 60 * wanted.minutes
            try:
                outcomes += _on_rig(data / name, kind, of_rig, wanted, until)
            except NoDisk as error:
                not_run += [f"*{cell.name}*: {error}." for cell in of_rig]
    shown = {outcome.cell for outcome in outcomes}
    not_run += [f"*{cell.name}*, for want of time." for cell in cells if cell.name not in shown]
    evidence = Evidence.of(
        datetime.now(UTC).strftime("%Y%m%d-%H%M%S"),
        wanted.seed,
        time.monotonic() - began,
        outcomes,
        not_run,
    )
    say(f"{totals(outcomes)}")
    whole = wanted.cells == "*"
    if whole or wanted.evidence:
        say(f"written: {evidence.write(Path(wanted.evidence or ROOT / 'evidence'))}")
    if whole and not wanted.evidence:
        PAGE.write_text(page(evidence), "utf-8")
        say(f"written: {PAGE.relative_to(ROOT)}")
    return 0 if evidence.good and outcomes else 1


def _together(wanted: argparse.Namespace) -> int:
    """One page of several runs."""
    evidence = Evidence.together([Evidence.read(Path(file)) for file in wanted.together])
    if wanted.planted:
        evidence = replace(evidence, plants=json.loads(Path(wanted.planted).read_text("utf-8")))
    if wanted.simulated:
        evidence = replace(evidence, simulation=json.loads(Path(wanted.simulated).read_text("utf-8")))
    say(f"written: {evidence.write(Path(wanted.evidence or ROOT / 'evidence'))}")
    PAGE.write_text(page(evidence), "utf-8")
    return 0 if evidence.good else 1


def _plants(wanted: argparse.Namespace) -> int:
    """Each planted bug, and what has found it; written as `plants.json`."""
    found: dict[str, str] = {}
    with working_folder(wanted.data, "faults") as data, Rig(data, ensure_jars(), seed=wanted.seed) as rig:
        rig.patience = 25
        rig.drain()
        for bug, plant in PLANTS.items():
            alone = None if plant.alone is None else _under(rig, bug + ALONE, plant)
            found[bug] = finder(plant, _under(rig, bug, plant), alone)
            say(f"{bug:50} found by: {found[bug] or 'NOTHING'}")
    folder = Path(wanted.evidence or ROOT / "evidence")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "plants.json").write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    return 0 if all(found.values()) else 1


def _under(rig: Rig, bug: str, plant: Planted) -> Outcome:
    """The plant's cell, with the bug."""
    with planted(rig, bug):
        return run_cell(rig, cell_of(plant.cell), messages=240, injections=2)


class Kind(StrEnum):
    """The rigs: one service for all cells that it can show."""

    ONE_BROKER = "one-broker"
    SMALL_DISKS = "small-disks"
    WITH_USERS = "with-users"
    THREE_BROKERS = "three-brokers"

    @classmethod
    def of(cls, family: Family) -> "Kind":
        """Where a family's cells run."""
        others = {
            Family.DISK: cls.SMALL_DISKS,
            Family.RIGHTS: cls.WITH_USERS,
            Family.CLUSTER: cls.THREE_BROKERS,
        }
        return others.get(family, cls.ONE_BROKER)


def _rigs(cells: Sequence[Cell]) -> Iterator[tuple[str, Kind, list[Cell]]]:
    """A name, a kind, and the cells that share it."""
    for kind in Kind:
        of_kind = [cell for cell in cells if Kind.of(cell.family) is kind]
        if shared := [cell for cell in of_kind if not cell.alone]:
            yield kind, kind, shared
        for number, cell in enumerate((cell for cell in of_kind if cell.alone), 1):
            yield f"{kind}-{number}", kind, [cell]


def _on_rig(
    data: Path, kind: Kind, cells: Sequence[Cell], wanted: argparse.Namespace, until: float
) -> list[Outcome]:
    outcomes: list[Outcome] = []
    nodes = 3 if kind is Kind.THREE_BROKERS else 1
    # Each rig has people of its own.
    seed = wanted.seed + list(Kind).index(kind)
    with Rig(
        data,
        ensure_jars(),
        nodes=nodes,
        small_disks=kind is Kind.SMALL_DISKS,
        users=kind is Kind.WITH_USERS,
        seed=seed,
    ) as rig:
        rig.drain()
        say(f"up: {kind}, {len(cells)} cells")
        for cell in cells:
            if time.monotonic() > until:
                break
            outcome = run_cell(rig, cell, messages=wanted.messages, injections=wanted.injections)
            outcomes.append(outcome)
            _tell(outcome)
            # A library that breaks off must not take with it what has been shown.
            Evidence.of(data.name, wanted.seed, 0, outcomes, ()).write(data.parent / "so-far")
    return outcomes


def _tell(outcome: Outcome) -> None:
    half, most = percentile(outcome.recoveries, 0.5), percentile(outcome.recoveries, 0.99)
    verdict = "good" if outcome.good else f"NOT GOOD: {outcome.why}"
    say(
        f"{outcome.cell:45} {outcome.verdict.records:6} records {outcome.injections:4} times "
        f"{half:6.1f} {most:6.1f} s back {outcome.seconds:6.1f} s {verdict}"
    )
    for line in (*outcome.told, *outcome.verdict.findings):
        say(f"    {line}")


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
    parser.add_argument("--plants", action="store_true", help="plant the bugs instead, one by one")
    parser.add_argument("--together", nargs="+", default=[], help="make one page of these runs' JSON")
    parser.add_argument("--planted", default="", help="with --together: the plants.json that belongs to it")
    parser.add_argument("--simulated", default="", help="with --together: the simulation's JSON")
    parser.add_argument("--list", action="store_true", help="name the cells and end")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
