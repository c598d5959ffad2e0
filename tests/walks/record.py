"""What the walks have shown, as JSON: written, and read again for the page."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from tests.faults.verdict import Verdict, total
from tests.walks.alarms import Alarm
from tests.walks.operator import Line
from tests.walks.rings import Rung
from tests.walks.walk import Walk


@dataclass(frozen=True, slots=True)
class Walked:
    """All walks of a run, and what the judge and the auditor found when all was over."""

    run: str
    seconds: int
    walks: tuple[Walk, ...]
    rings: tuple[Rung, ...]
    verdict: Verdict
    unaccounted: int
    runs: int = 1

    @property
    def good(self) -> bool:
        """Whether an operator found everything, and nothing was lost."""
        missing = any(one.missing for one in self.walks) or any(one.missing for one in self.rings)
        return not (missing or self.verdict.violations or self.unaccounted)

    @classmethod
    def together(cls, runs: Sequence[Self]) -> Self:
        """Several runs as one: of each walk and each ring what came last; what is lost in any of them is lost."""
        walks = {one.name: one for run in runs for one in run.walks}
        rings = {one.alert: one for run in runs for one in run.rings}
        return cls(
            run=max(run.run for run in runs),
            seconds=sum(run.seconds for run in runs),
            walks=tuple(walks.values()),
            rings=tuple(rings.values()),
            verdict=total(run.verdict for run in runs),
            unaccounted=sum(run.unaccounted for run in runs),
            runs=sum(run.runs for run in runs),
        )

    def write(self, folder: Path) -> Path:
        """As ``<run>.json``."""
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{self.run}.json"
        file.write_text(json.dumps(asdict(self), ensure_ascii=False, indent=1) + "\n", "utf-8")
        return file

    @classmethod
    def read(cls, file: Path) -> Self:
        """What `write` has written."""
        held: dict[str, Any] = json.loads(file.read_text("utf-8"))
        return cls(
            run=held["run"],
            seconds=held["seconds"],
            walks=tuple(_walk(one) for one in held["walks"]),
            rings=tuple(Rung(**one) for one in held["rings"]),
            verdict=Verdict(**held["verdict"]),
            unaccounted=held["unaccounted"],
            runs=held.get("runs", 1),
        )


def _walk(held: dict[str, Any]) -> Walk:
    alarms = tuple(
        Alarm(**{**one, "labels": tuple((name, value) for name, value in one["labels"])})
        for one in held["alarms"]
    )
    return Walk(**{**held, "alarms": alarms, "doctor": tuple(Line(**one) for one in held["doctor"])})
