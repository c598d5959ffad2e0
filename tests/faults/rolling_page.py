"""The sections of ``docs/evidence.md`` about restarts in order and kills at random, and the one that leads to the walks."""

import json
from collections.abc import Iterator
from typing import Any

from tests.faults import chaos
from tests.faults.rolling import BATCH, FILE, GRACE_SECONDS
from tests.paths import ROOT

WALKS = ROOT / "docs" / "walks.md"


def beside() -> Iterator[str]:
    """All three, each where it has been run."""
    if FILE.exists():
        figures: dict[str, Any] = json.loads(FILE.read_text("utf-8"))["figures"]
        yield from rolling(figures)
    if chaos.FILE.exists():
        yield from killed(json.loads(chaos.FILE.read_text("utf-8"))["figures"])
    if WALKS.exists():
        yield "## Walks"
        yield ""
        yield "Eight troubles, each with the alert that rang, what `status` and `doctor` said, and the runbook that lifted it: [walks.md](walks.md)."
        yield ""


def rolling(figures: dict[str, Any]) -> Iterator[str]:
    """`figures`: of `tests.faults.rolling.Rolled`."""
    kinds = ", ".join(f"{number} of a {kind}" for kind, number in figures["of"].items())
    yield "## Rolling restarts"
    yield ""
    yield f"**{figures['restarts']} times** a process was ended with SIGTERM and started again, one after the other ({kinds}; two of each run),"
    yield f"while **{figures['records']:,} records** arrived ({figures['messages']:,} different at-risk messages). The same judge and auditor found:"
    yield ""
    yield "| | |"
    yield "|---|---:|"
    yield f"| lost, doubled, wrong or astray | {figures['violations']} |"
    yield f"| records that the auditor could not account for | {figures['unaccounted']} |"
    yield f"| mails sent once more | {figures['copies']} |"
    yield f"| records that a worker was delivered once more, at the worst restart (a batch is {BATCH}) | {figures['again_most']} |"
    yield f"| the same, over all restarts | {figures['again_all']} |"
    yield f"| from SIGTERM to the end: half, the longest (at most {GRACE_SECONDS:.0f} s) | {figures['stop_median']:.1f} s, {figures['stop_most']:.1f} s |"
    yield f"| from the start until ready: half, the longest | {figures['ready_median']:.1f} s, {figures['ready_most']:.1f} s |"
    yield ""
    yield "A record counts as delivered once more when its receipt, or its entry as applied, stands on the log twice. The ledger begins at the"
    yield "position that it has moved in the same transaction as its rows, so nothing of it can show twice; the judge counts its tasks."
    yield f"Run `{figures['run']}`; to repeat it: `python -m tests.faults.rolling`."
    yield ""


def killed(figures: dict[str, Any]) -> Iterator[str]:
    """`figures`: of `tests.faults.chaos.Chaos`."""
    kinds = ", ".join(f"{number} × {kind}" for kind, number in sorted(figures["of"].items()))
    yield "## Kills at random"
    yield ""
    yield f"**{figures['kills']} times** in {figures['seconds']} s a process or the broker was killed with SIGKILL ({kinds}), whether the others were"
    yield f"back or not, while **{figures['records']:,} records** arrived ({figures['messages']:,} different at-risk messages). The same judge and auditor found:"
    yield ""
    yield "| | |"
    yield "|---|---:|"
    yield f"| lost, doubled, wrong or astray | {figures['violations']} |"
    yield f"| records that the auditor could not account for | {figures['unaccounted']} |"
    yield f"| mails sent once more, each as itself | {figures['copies']} |"
    yield f"| from the last kill until everything was through | {figures['drain_seconds']:.1f} s |"
    yield ""
    yield f"Run `{figures['run']}`, seed {figures['seed']}; to repeat it: `python -m tests.faults.chaos`."
    yield ""
