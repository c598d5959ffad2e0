"""``python -m tests.faults.chaos``: processes and the broker are killed at random, one upon the other, under load.

The cells strike one thing at a time and let it recover. Here nothing is whole for long: a worker is killed while a
ledger comes back, and the broker while both do. What has become of every record is judged at the end.
"""

import argparse
import json
import random
import signal
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from config.environments import AuditEnvironment
from frafaldsvarsel.processes.auditor import once
from local.servers.jars import ensure_jars
from tests.faults.cells import Run
from tests.faults.gather import gather
from tests.faults.harness import say, working_folder
from tests.faults.judge import judge
from tests.faults.rig import Rig
from tests.faults.rolling import ALL
from tests.faults.steady_load import SteadyLoad
from tests.faults.verdict import Verdict
from tests.paths import ROOT

FILE: Final = ROOT / "evidence" / "chaos.json"
BROKER: Final = "broker"
_BROKER_SHARE: Final = 0.15
_MEAN_SECONDS: Final = 3.0
"""Between two kills."""
_EVERY_SECONDS: Final = 0.1


@dataclass(frozen=True, slots=True)
class Killed:
    """One SIGKILL that met somebody."""

    name: str
    after: float
    """Seconds since the load began."""


@dataclass(frozen=True, slots=True)
class Chaos:
    """What all of them have shown."""

    run: str
    seed: int
    seconds: int
    """Of kills; the recovery is not in it."""
    drain_seconds: float
    """From the last kill until everything was through."""
    kills: tuple[Killed, ...]
    verdict: Verdict
    unaccounted: int

    @property
    def faults(self) -> list[str]:
        """What is not as it must be. A notifier that dies after the relay's yes sends a mail again, as itself."""
        told = {
            "nobody was killed": not self.kills,
            f"{self.verdict.violations} violations: {self.verdict.findings}": self.verdict.violations,
            f"{self.unaccounted} unaccounted": self.unaccounted,
        }
        return [sentence for sentence, wrong in told.items() if wrong]

    def figures(self) -> dict[str, Any]:
        """For the page."""
        return {
            "run": self.run,
            "seed": self.seed,
            "seconds": self.seconds,
            "kills": len(self.kills),
            "of": dict(Counter(one.name.partition("-")[0] for one in self.kills)),
            "records": self.verdict.records,
            "messages": self.verdict.messages,
            "violations": self.verdict.violations,
            "copies": self.verdict.copies,
            "unaccounted": self.unaccounted,
            "drain_seconds": round(self.drain_seconds, 1),
        }


def strike(rig: Rig, *, seconds: float, records: int, seed: int) -> Chaos:
    """Kill for so long while about `records` records come, and judge what has become of each."""
    rig.drain()
    run, chance = Run(rig, rig.mark()), random.Random(seed)
    kills: list[Killed] = []
    each = max(1, round(records / seconds * _EVERY_SECONDS))
    began = time.monotonic()
    with SteadyLoad(run, every=_EVERY_SECONDS, each=each):
        while (after := time.monotonic() - began) < seconds:
            name = BROKER if chance.random() < _BROKER_SHARE else chance.choice(ALL)
            if _kill(rig, name):
                kills.append(Killed(name, round(after, 2)))
            time.sleep(min(chance.expovariate(1 / _MEAN_SECONDS), 2 * _MEAN_SECONDS))
        ended = time.monotonic()
    rig.drain(since=ended)
    drained = time.monotonic() - ended
    return Chaos(
        run=datetime.now(UTC).strftime("%Y%m%d-%H%M%S"),
        seed=seed,
        seconds=round(seconds),
        drain_seconds=drained,
        kills=tuple(kills),
        verdict=judge(gather(rig, run.marks, run.published), rig.rules),
        unaccounted=once(rig.told(AuditEnvironment), timedelta(0)).unaccounted,
    )


def _kill(rig: Rig, name: str) -> bool:
    """Whether there was somebody to kill: who is not back yet cannot be killed again."""
    if name != BROKER:
        return rig.children.signal(name, signal.SIGKILL)
    rig.broker.kill()
    rig.broker.start()
    return True


def main() -> int:
    """0: nothing was lost, doubled or decided otherwise."""
    wanted = _arguments()
    with working_folder(wanted.data, "chaos") as data, Rig(data, ensure_jars(), seed=wanted.seed) as rig:
        shown = strike(rig, seconds=wanted.seconds, records=wanted.records, seed=wanted.seed)
    file = Path(wanted.file or FILE)
    file.parent.mkdir(parents=True, exist_ok=True)
    told = {"figures": shown.figures(), "kills": [asdict(one) for one in shown.kills]}
    file.write_text(json.dumps(told, indent=1) + "\n", "utf-8")
    say(json.dumps(shown.figures(), indent=1))
    for fault in shown.faults:
        say(f"NOT GOOD: {fault}")
    return 1 if shown.faults else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.chaos", description=__doc__)
    parser.add_argument("--seconds", type=float, default=200, help="of kills, one every 3 s in the mean")
    parser.add_argument("--records", type=int, default=20_000, help="that come meanwhile, or somewhat fewer")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--file", default="", help="where the JSON goes, in place of evidence/chaos.json")
    parser.add_argument("--data", default="", help="keep everything in this folder, for a look afterwards")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
