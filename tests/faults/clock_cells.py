"""Clocks that are wrong, nights on which they change, and changes of data and of processes while records arrive."""

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

from config.reference.checks.all import sound_reference
from config.reference.csv_reader import DATA
from config.reference.law import law_of
from models.events.event_types import TYPE_PREFIX, InputTopic
from publisher.key_files import rotate_key
from publisher.keys import read_key
from tests.faults.cells import Cell, Family, Run, halves
from tests.faults.rig import LEDGERS, NOTIFIERS, WORKERS, Rig
from tests.faults.workload import INSTITUTIONS, MORNING, NIGHTS, Sent
from tests.unit.models.eligibility.histories import plain_law

_RISK: Final = f"{TYPE_PREFIX}dropout-risk.raised.v1"
_ALL: Final = (*WORKERS, *LEDGERS, *NOTIFIERS)
_REGISTER_SECONDS: Final = 1.5
"""The register is looked at once a second: a sender begins to use a key when it is known."""


def _nothing(run: Run, chunk: Sequence[Sent]) -> int:
    """The records are the fault."""
    run.publish(chunk)
    run.healed()
    return 1


def _sender_ahead(run: Run, chunk: Sequence[Sent], *, ahead: timedelta, refused: bool) -> int:
    """Messages whose sender's clock is wrong, beside all the others."""
    run.publish(chunk)
    then = (datetime.now(UTC) + ahead).isoformat(timespec="seconds")
    drawn = run.rig.load.draw(40, moments=(then,))
    wrong = [
        replace(sent, event=None) if refused and sent.event is not None and sent.event.type == _RISK else sent
        for sent in drawn
    ]
    run.publish(wrong)
    run.healed()
    return 1


def _brokers_clock(run: Run, chunk: Sequence[Sent], *, off: timedelta) -> int:
    """The input topics take the time that a record brings, for a moment: as if the broker's clock were wrong."""
    rig = run.rig
    _timestamps(rig, "CreateTime")
    try:
        run.published += chunk
        stamp = int((datetime.now(UTC) + off).timestamp() * 1000)
        rig.publish(chunk, timestamp_ms=stamp)
    finally:
        _timestamps(rig, "LogAppendTime")
    run.healed()
    return 1


def _timestamps(rig: Rig, kind: str) -> None:
    settings = {"message.timestamp.type": kind, "message.timestamp.after.max.ms": str(10**12)}
    rig.admin.alter_topics(map(str, InputTopic), settings)
    time.sleep(0.3)


def _keys_rotated(run: Run, chunk: Sequence[Sent]) -> int:
    """Two institutions take a new key into use; what they signed with the old one is still under way."""
    rig = run.rig
    first, second = halves(chunk)
    for number in INSTITUTIONS[:2]:
        rotate_key(rig.data, number, now=datetime.now(UTC), overlap=timedelta(hours=1))
        rig.signing[number] = read_key(rig.data / "keys" / f"{number}.key.json")
    time.sleep(_REGISTER_SECONDS)
    run.publish(first)
    run.publish(rig.load.draw(60))
    run.publish(second)
    run.healed()
    return 2


def _rolling(run: Run, chunk: Sequence[Sent]) -> int:
    """Every process ended in order and started again, one after the other."""
    for name, part in zip(_ALL, halves(chunk, len(_ALL)), strict=True):
        run.rig.children.hold(name)
        run.publish(part)
        run.rig.children.release(name)
        run.rig.children.wait_ready(name)
    run.healed()
    return len(_ALL)


_MIDNIGHT: Final = ("2025-10-25T23:59:59+02:00", "2025-10-26T00:00:00+02:00", "2025-10-25T22:00:00Z", MORNING)


@contextmanager
def _other_routes(run: Run) -> Iterator[None]:
    """From 26 October 2025, Danish time, another unit has København's tasks."""
    rig = run.rig
    folder = rig.data / "reference"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(DATA, folder)
    routes = folder / "routes.csv"
    lines = routes.read_text("utf-8").splitlines()
    changed = []
    for line in lines:
        if line.startswith("0101,jc-0101,2022-01-01,,"):
            changed.append(line.replace("2022-01-01,,", "2022-01-01,2025-10-26,"))
            changed.append(line.replace("jc-0101,2022-01-01,,", "jc-0147,2025-10-26,,"))
        else:
            changed.append(line)
    routes.write_text("\n".join(changed) + "\n", "utf-8")
    usual = rig.rules
    _restart(rig, {"REFERENCE_DIR": str(folder)})
    rig.rules = replace(usual, law=plain_law(law_of(sound_reference(folder))))
    try:
        yield
    finally:
        rig.rules = usual
        _restart(rig, {})


def _restart(rig: Rig, more: dict[str, str]) -> None:
    rig.environment_more = more
    rig.children.hold(*_ALL)
    rig.children.release(*_ALL)
    rig.children.wait_ready(*_ALL)


def _cell(
    name: str,
    work: Any,
    *,
    per_round: int = 1,
    most_rounds: int = 100,
    moments: tuple[str, ...] = (MORNING,),
    around: Callable[[Run], AbstractContextManager[None]] | None = None,
    alone: bool = False,
    **more: Any,
) -> Cell:
    return Cell(
        name,
        Family.CLOCK,
        partial(work, **more),
        per_round=per_round,
        most_rounds=most_rounds,
        moments=moments,
        around=around,
        alone=alone,
    )


CELLS: Final = (
    _cell("nights on which the clock changes", _nothing, moments=NIGHTS, most_rounds=3),
    _cell(
        "a sender's clock two hours ahead",
        _sender_ahead,
        ahead=timedelta(hours=2),
        refused=True,
        most_rounds=3,
    ),
    _cell(
        "a sender's clock two hours behind",
        _sender_ahead,
        ahead=-timedelta(hours=2),
        refused=False,
        most_rounds=3,
    ),
    _cell("the broker's clock two hours ahead", _brokers_clock, off=timedelta(hours=2), most_rounds=3),
    _cell("the broker's clock two hours behind", _brokers_clock, off=-timedelta(hours=2), most_rounds=3),
    _cell("read three days late", _brokers_clock, off=-timedelta(days=3), most_rounds=3),
    _cell("keys rotated under load", _keys_rotated, per_round=2, most_rounds=5),
    _cell("rolling restarts", _rolling, per_round=6, most_rounds=2),
    _cell(
        "routing changed at midnight",
        _nothing,
        moments=_MIDNIGHT,
        around=_other_routes,
        most_rounds=2,
        alone=True,
    ),
)
