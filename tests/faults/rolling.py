"""``python -m tests.faults.rolling``: every process ended in order and started again, one after the other, under load.

It measures what a restart costs: how long it takes, what is delivered once more because of it, and that nothing else
comes of it.
"""

import argparse
import json
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from config.environments import AuditEnvironment
from config.topics import Topic
from frafaldsvarsel.processes.auditor import once
from local.servers.jars import ensure_jars
from tests.faults.cells import Run
from tests.faults.gather import gather
from tests.faults.harness import working_folder
from tests.faults.judge import judge
from tests.faults.kafka_log import read
from tests.faults.rig import LEDGERS, NOTIFIERS, WORKERS, Rig
from tests.faults.steady_load import SteadyLoad
from tests.faults.verdict import Verdict
from tests.paths import ROOT

FILE: Final = ROOT / "evidence" / "rolling.json"
ALL: Final = (*WORKERS, *LEDGERS, *NOTIFIERS)
BATCH: Final = 200
"""Records of a partition that a worker takes at once, at most: `streams.engine.batch_transport.MAX_RECORDS`."""
GRACE_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Restart:
    """One process ended with SIGTERM and started again."""

    name: str
    began: float
    """Seconds since 1970."""
    stop_seconds: float
    ready_seconds: float
    """From its start until it was ready."""
    again: int = 0
    """Records that were answered once more, from this restart until the next."""


@dataclass(frozen=True, slots=True)
class Rolled:
    """What all of them have shown."""

    run: str
    seconds: int
    restarts: tuple[Restart, ...]
    verdict: Verdict
    unaccounted: int

    @property
    def faults(self) -> list[str]:
        """What is not as it must be."""
        slow = [one.name for one in self.restarts if one.stop_seconds >= GRACE_SECONDS]
        much = [one.name for one in self.restarts if one.again > BATCH]
        told = {
            f"took {GRACE_SECONDS:.0f} s to end: {', '.join(slow)}": slow,
            f"more than a batch came once more after: {', '.join(much)}": much,
            f"{self.verdict.violations} violations: {self.verdict.findings}": self.verdict.violations,
            f"{self.verdict.copies} mails went out twice": self.verdict.copies,
            f"{self.unaccounted} unaccounted": self.unaccounted,
        }
        return [sentence for sentence, wrong in told.items() if wrong]

    def figures(self) -> dict[str, Any]:
        """For the page."""
        stops = [one.stop_seconds for one in self.restarts]
        starts = [one.ready_seconds for one in self.restarts]
        return {
            "run": self.run,
            "restarts": len(self.restarts),
            "of": dict(Counter(one.name.partition("-")[0] for one in self.restarts)),
            "records": self.verdict.records,
            "messages": self.verdict.messages,
            "violations": self.verdict.violations,
            "copies": self.verdict.copies,
            "unaccounted": self.unaccounted,
            "again_most": max((one.again for one in self.restarts), default=0),
            "again_all": sum(one.again for one in self.restarts),
            "stop_median": round(statistics.median(stops), 2),
            "stop_most": round(max(stops), 2),
            "ready_median": round(statistics.median(starts), 2),
            "ready_most": round(max(starts), 2),
        }


def roll(rig: Rig, restarts: int) -> Rolled:
    """So many, over all processes in turn."""
    rig.drain()
    run, began = Run(rig, rig.mark()), time.monotonic()
    done: list[Restart] = []
    with SteadyLoad(run):
        for number in range(restarts):
            done.append(_restart(rig, ALL[number % len(ALL)]))
    rig.drain()
    ends = rig.ends([Topic.RECEIPTS, Topic.APPLIED])
    records = read(rig.direct, {place: (run.marks.ends[place], end) for place, end in ends.items()})
    verdict = judge(gather(rig, run.marks, run.published), rig.rules)
    return Rolled(
        run=datetime.now(UTC).strftime("%Y%m%d-%H%M%S"),
        seconds=round(time.monotonic() - began),
        restarts=with_repeats(done, repeats(records)),
        verdict=verdict,
        unaccounted=once(rig.told(AuditEnvironment), timedelta(0)).unaccounted,
    )


def _restart(rig: Rig, name: str) -> Restart:
    at, began = time.time(), time.monotonic()
    rig.children.hold(name)
    ended = time.monotonic()
    rig.children.release(name)
    rig.children.wait_ready(name)
    return Restart(name, at, round(ended - began, 3), round(time.monotonic() - ended, 3))


def repeats(records: Iterable[Any]) -> list[float]:
    """When each answer was written that had been written before, in seconds since 1970.

    An answer is a receipt of an input record, or the entry of a person event: a worker that is delivered a record once
    more writes it once more.
    """
    known: set[tuple[str, ...]] = set()
    again: list[float] = []
    for record in sorted(records, key=lambda one: int(one.timestamp()[1])):
        for answer in _answers(str(record.topic()), json.loads(record.value())):
            if answer in known:
                again.append(record.timestamp()[1] / 1000)
            known.add(answer)
    return again


def _answers(topic: str, said: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    if topic == Topic.APPLIED:
        yield from ((topic, str(said["partition"]), str(entry["offset"])) for entry in said["entries"])
    elif not {"repeat", "left_out", "names_nothing"} & said.keys():
        origin = said["origin"]
        yield (topic, origin["topic"], str(origin["partition"]), str(origin["offset"]))


def with_repeats(restarts: Sequence[Restart], again: Sequence[float]) -> tuple[Restart, ...]:
    """Each with the repeats that came from its beginning until the next one's."""
    until = [*(one.began for one in restarts[1:]), float("inf")]
    return tuple(
        Restart(
            one.name,
            one.began,
            one.stop_seconds,
            one.ready_seconds,
            sum(one.began <= at < end for at in again),
        )
        for one, end in zip(restarts, until, strict=True)
    )


def main() -> int:
    """0: nothing was lost, and no restart cost more than it may."""
    wanted = _arguments()
    with working_folder(wanted.data, "rolling") as data, Rig(data, ensure_jars()) as rig:
        rolled = roll(rig, wanted.restarts)
    file = Path(wanted.file or FILE)
    file.parent.mkdir(parents=True, exist_ok=True)
    told = {"figures": rolled.figures(), "restarts": [asdict(one) for one in rolled.restarts]}
    file.write_text(json.dumps(told, indent=1) + "\n", "utf-8")
    sys.stdout.write(json.dumps(rolled.figures(), indent=1) + "\n")
    sys.stdout.writelines(f"NOT GOOD: {fault}\n" for fault in rolled.faults)
    return 1 if rolled.faults else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.rolling", description=__doc__)
    parser.add_argument("--restarts", type=int, default=100, help="over all processes in turn")
    parser.add_argument("--file", default="", help="where the JSON goes, in place of evidence/rolling.json")
    parser.add_argument("--data", default="", help="keep everything in this folder, for a look afterwards")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
