"""What an operator sees who has the command line and nothing else: `status` and `doctor`, run as commands."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from config.settings import PREFIX
from tests.paths import ROOT

_SECONDS: Final = 90
_COLUMNS: Final = "100"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the doctor's."""

    check: str
    level: str
    sentence: str
    since: str
    """Empty where it says none."""
    advice: str
    page: str


@dataclass(frozen=True, slots=True)
class Seen:
    """One look."""

    status: dict[str, Any]
    """`status --once --json`."""
    screen: str
    """`status --once`."""
    doctor: tuple[Line, ...]
    """What is not fine, and what is."""
    status_seconds: float
    doctor_seconds: float

    def step(self, name: str) -> dict[str, Any]:
        """Of the flow."""
        (found,) = (one for one in self.status["flow"] if one["step"] == name)
        return dict(found)

    def bad(self) -> set[tuple[str, str, str]]:
        """What the doctor says that is not fine: check, level, and the sentence."""
        return {(one.check, one.level, one.sentence) for one in self.doctor if one.level != "fine"}


def command(told: Mapping[str, str], *words: str) -> str:
    """Run `frafaldsvarsel` with the settings `told`, by the variables' whole names; what it has printed."""
    others = {name: held for name, held in os.environ.items() if not name.startswith(PREFIX)}
    done = subprocess.run(
        [sys.executable, "-m", "frafaldsvarsel", *words],
        cwd=ROOT,
        env=others | dict(told) | {"COLUMNS": _COLUMNS},
        capture_output=True,
        text=True,
        check=False,
        timeout=_SECONDS,
    )
    # The doctor ends with 1 where something is wrong.
    assert done.returncode in (0, 1), (words, done.returncode, done.stderr[-2000:])
    return done.stdout


def look(told: Mapping[str, str], audit_metrics: str) -> Seen:
    """Both commands, one after the other. `audit_metrics`: where the auditor serves its own."""
    where = ("--audit-metrics", audit_metrics)
    began = time.monotonic()
    screen = command(told, "status", "--once", *where)
    status_seconds = time.monotonic() - began
    status = json.loads(command(told, "status", "--once", "--json", *where))
    began = time.monotonic()
    found = json.loads(command(told, "doctor", "--all", "--json", *where))["found"]
    return Seen(
        status=status,
        screen=screen,
        doctor=tuple(
            Line(
                check=one["check"],
                level=one["level"],
                sentence=one["sentence"],
                since=one["since"] or "",
                advice=one["advice"] or "",
                page=one["page"],
            )
            for one in found
        ),
        status_seconds=round(status_seconds, 1),
        doctor_seconds=round(time.monotonic() - began, 1),
    )
