"""``python -m tests.walks``: stages each trouble on a watched service, and writes what an operator has seen."""

import argparse
import fnmatch
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from config.environments import AuditEnvironment
from frafaldsvarsel.processes.auditor import once
from local.servers.jars import ensure_jars
from tests.faults.cells import Run
from tests.faults.gather import gather
from tests.faults.harness import say, working_folder
from tests.faults.judge import judge
from tests.faults.steady_load import SteadyLoad
from tests.paths import ROOT
from tests.walks.page import PAGE, page
from tests.walks.record import Walked
from tests.walks.rings import RINGS, Ring, ring
from tests.walks.troubles import TROUBLES, Stage, Trouble
from tests.walks.walk import Walk, walk
from tests.walks.watched_rig import WatchedRig, watched_rig
from tests.walks.without import without

EVIDENCE: Final = ROOT / "evidence" / "walks"


def main() -> int:
    """0: every walk is good, and nothing is lost; 1: not so."""
    wanted = _arguments()
    rings = [
        one for one in RINGS if any(fnmatch.fnmatchcase(one.alert, each) for each in wanted.walks.split(","))
    ]
    chosen = [
        one
        for one in TROUBLES
        if any(fnmatch.fnmatchcase(one.name, each) for each in wanted.walks.split(","))
    ]
    if wanted.page:
        walked = Walked.together([Walked.read(Path(file)) for file in wanted.page])
        walked.write(EVIDENCE)
        PAGE.write_text(page(walked), "utf-8")
        return 0 if walked.good else 1
    names = [*(one.name for one in chosen), *(one.alert for one in rings)]
    if wanted.list or not names:
        sys.stdout.writelines(f"{name}\n" for name in names)
        return 0 if names else 2
    with working_folder(wanted.data, "walks") as data, watched_rig(data, ensure_jars()) as watched:
        walked = _walks(watched, chosen, rings)
    say(f"written: {walked.write(Path(wanted.evidence or EVIDENCE))}")
    if len(chosen) == len(TROUBLES) and not wanted.evidence:
        PAGE.write_text(page(walked), "utf-8")
    return 0 if walked.good else 1


def _walks(watched: WatchedRig, troubles: Sequence[Trouble], rings: Sequence[Ring]) -> Walked:
    rig, walks, began = watched.rig, list[Walk](), time.monotonic()
    run = Run(rig, rig.mark())
    with SteadyLoad(run) as load:
        on = Stage(watched, load)
        time.sleep(5)
        load.drain()
        watched.alarms.wait_for_quiet(seconds=60)
        for trouble in troubles:
            before = watched.look()
            walks.append(walk(on, trouble, before))
            _tell(walks[-1])
        rung = [ring(on, one) for one in rings]
        for one in rung:
            say(
                f"{one.alert:34} rang after {one.rang_after:5.1f} s, ended after {one.ended_after} s {one.missing}"
            )
        flooded = set(load.flooded)
    rig.drain()
    verdict = judge(without(gather(rig, run.marks, run.published), flooded), rig.rules)
    audit = once(rig.told(AuditEnvironment), timedelta(0))
    say(f"{verdict.records} records, {verdict.violations} violations, {audit.unaccounted} unaccounted")
    for finding in verdict.findings:
        say(f"    {finding}")
    return Walked(
        run=datetime.now(UTC).strftime("%Y%m%d-%H%M%S"),
        seconds=round(time.monotonic() - began),
        walks=tuple(walks),
        rings=tuple(rung),
        verdict=verdict,
        # What is over a bound is an exception until a person has decided, and here one has.
        unaccounted=audit.unaccounted,
    )


def _tell(found: Walk) -> None:
    verdict = "NOT GOOD" if found.missing else "good"
    say(
        f"{found.name:34} rang after {found.rang_after:5.1f} s, looked {found.look_seconds:5.1f} s, "
        f"cleared {found.cleared_after:5.1f} s, through {found.drained_after:5.1f} s  {verdict}"
    )
    for line in found.missing:
        say(f"    {line}")
    for alarm in found.alarms:
        say(f"    rings: {alarm.name} [{alarm.severity}] {alarm.summary}")
    for one in found.doctor:
        say(f"    doctor: {one.level} {one.check}: {one.sentence} (since {one.since or '?'}) {one.advice}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.walks", description=__doc__)
    parser.add_argument("--walks", default="*", help="names, with * and ?, separated by commas")
    parser.add_argument("--evidence", default="", help="the folder for the JSON; then no page is written")
    parser.add_argument("--data", default="", help="keep everything in this folder, for a look afterwards")
    parser.add_argument(
        "--page", nargs="+", default=[], help="only write the page of these runs' JSON, the last one last"
    )
    parser.add_argument("--list", action="store_true", help="name the walks and end")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
