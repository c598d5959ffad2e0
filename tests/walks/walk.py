"""One walk: a trouble comes, an operator looks, the trouble is lifted by the runbook, and all is well again."""

import re
import time
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from tests.faults.kafka_log import NotDrained
from tests.paths import ROOT
from tests.walks.alarms import Alarm
from tests.walks.operator import Line, Seen
from tests.walks.troubles import Stage, Trouble

_RINGS_WITHIN: Final = 120.0
_QUIET_WITHIN: Final = 120.0
LASTING: Final = frozenset(
    {
        "FrafaldsvarselAnswersLateFast",
        "FrafaldsvarselAnswersLateSlow",
        "FrafaldsvarselNoticesLateFast",
        "FrafaldsvarselNoticesLateSlow",
    }
)
"""They tell of what the trouble has cost in the hours before, and so outlast it."""


@dataclass(slots=True)
class Walk:
    """What was seen. `missing`: what an operator needed and did not find; empty when the walk is good."""

    name: str
    staged: str
    lifted: str
    alert: str
    runbook: str
    action: str
    rang_after: float = 0.0
    """Seconds from the trouble until it rang, with the shortened rules."""
    alarms: tuple[Alarm, ...] = ()
    """Everything that rang when the operator looked, the one that must ring first."""
    screen: str = ""
    doctor: tuple[Line, ...] = ()
    """The lines that were not there before the trouble."""
    look_seconds: float = 0.0
    """How long `status` and `doctor` took together."""
    cleared_after: float = 0.0
    """Seconds from the moment when it was lifted."""
    drained_after: float = 0.0
    missing: list[str] = field(default_factory=list)

    def record(self) -> dict[str, Any]:
        """For the JSON."""
        return asdict(self)


def walk(on: Stage, trouble: Trouble, before: Seen) -> Walk:
    """`before`: what the operator sees while all is well. Never raises for what the service does."""
    found = Walk(trouble.name, trouble.staged, trouble.lifted, trouble.alert, trouble.runbook, trouble.action)
    began = time.monotonic()
    try:
        trouble.stage(on)
        _rings(on, trouble, found, began)
        time.sleep(max(0.0, began + trouble.age_seconds - time.monotonic()))
        seen = on.watched.look(trouble.looked_with)
        _judge_alarms(trouble, found, on.watched.alarms.ringing())
        _judge_look(trouble, found, seen, before)
    finally:
        lifted = time.monotonic()
        _lift(on, trouble, found)
    try:
        on.watched.alarms.wait_for_quiet(seconds=_QUIET_WITHIN, beside=LASTING)
        found.cleared_after = round(time.monotonic() - lifted, 1)
        on.load.drain()
        found.drained_after = round(time.monotonic() - lifted, 1)
    except (TimeoutError, NotDrained) as error:
        found.missing.append(str(error))
    found.missing += runbook_faults(trouble.runbook, trouble.action)
    return found


def _lift(on: Stage, trouble: Trouble, found: Walk) -> None:
    try:
        trouble.lift(on)
    except (TimeoutError, NotDrained) as error:
        found.missing.append(f"lifting it did not go well: {error}")


def _rings(on: Stage, trouble: Trouble, found: Walk, began: float) -> None:
    try:
        on.watched.alarms.wait_for(trouble.alert, labels=trouble.labels, seconds=_RINGS_WITHIN)
    except TimeoutError as error:
        found.missing.append(str(error))
    found.rang_after = round(time.monotonic() - began, 1)


def _judge_alarms(trouble: Trouble, found: Walk, ringing: list[Alarm]) -> None:
    found.alarms = tuple(sorted(ringing, key=lambda one: (one.name != trouble.alert, one.name, one.labels)))
    expected = trouble.may_ring | LASTING | {trouble.alert}
    found.missing += [
        f"{one.name} rings and has nothing to do with it: {one.summary}"
        for one in ringing
        if one.severity == "page" and one.name not in expected
    ]
    pages = {one.runbook for one in ringing if one.name == trouble.alert}
    if pages - {f"docs/runbooks/{trouble.runbook}.md"}:
        found.missing.append(f"the alert names {pages}")


def _judge_look(trouble: Trouble, found: Walk, seen: Seen, before: Seen) -> None:
    found.screen = seen.screen.rstrip()
    found.look_seconds = round(seen.status_seconds + seen.doctor_seconds, 1)
    old = before.bad()
    found.doctor = tuple(
        one for one in seen.doctor if one.level != "fine" and (one.check, one.level, one.sentence) not in old
    )
    if not trouble.shown(seen.step(trouble.step)):
        found.missing.append(f"status does not show it at {trouble.step}: {seen.step(trouble.step)}")
    if trouble.screen not in seen.screen:
        found.missing.append(f"status does not say {trouble.screen!r}")
    named = [one for one in found.doctor if one.check == trouble.check and trouble.says in one.sentence]
    told_when = trouble.looked_with and any(one.since for one in found.alarms if one.name == trouble.alert)
    if not named:
        found.missing.append(f"the doctor does not say {trouble.says!r} of {trouble.check}")
    found.missing += [
        f"the doctor does not say since when: {one.sentence}"
        for one in named
        if not one.since and not told_when
    ]
    found.missing += [f"the doctor says no remedy: {one.sentence}" for one in named if not one.advice]


def runbook_faults(page: str, action: str) -> list[str]:
    """What is missing of a runbook whose *What to do* must hold the words `action`."""
    file = ROOT / "docs" / "runbooks" / f"{page}.md"
    if not file.exists():
        return [f"there is no runbook {page}"]
    if action not in what_to_do(file.read_text("utf-8")):
        return [f"the runbook {page} does not say {action!r}"]
    return []


def what_to_do(text: str) -> str:
    """The section of a runbook."""
    found = re.search(r"^## What to do\n(.*?)(?=^## )", text, re.MULTILINE | re.DOTALL)
    return "" if found is None else found[1]
