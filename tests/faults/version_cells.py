"""This version and a later one side by side, as in every rolling upgrade, and the way back (docs/decisions/0015)."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from config.database_roles import MIGRATE
from config.settings import PREFIX
from config.topics import Topic
from tests.faults import next_version
from tests.faults.cells import Cell, Family, Run, halves
from tests.faults.observation import Seen
from tests.faults.rig import LEDGERS, NOTIFIERS, WORKERS
from tests.faults.workload import Sent

_ALL: Final = (*WORKERS, *LEDGERS, *NOTIFIERS)
_ONE: Final = tuple(names[0] for names in (WORKERS, LEDGERS, NOTIFIERS))
_OTHER: Final = tuple(names[1] for names in (WORKERS, LEDGERS, NOTIFIERS))
_WRITTEN: Final = (Topic.PERSON_EVENTS, Topic.PEOPLE, Topic.DECISIONS, Topic.APPLIED, Topic.RECEIPTS)


def _side_by_side(run: Run, chunk: Sequence[Sent]) -> int:
    """Half of the processes go over, each half works alone for a while, all go over, and all go back."""
    upgrade = set(_ONE)
    old, mixed, only_old, only_new, new, back = halves(chunk, 6)
    _through(run, old)
    _become(run, upgrade)
    _through(run, mixed)
    # Whoever works alone has everybody's partitions: records of people whom the other version has written last.
    _without(run, _ONE, only_old)
    _without(run, _OTHER, only_new)
    _become(run, set(_ALL))
    _through(run, new)
    _become(run, set())
    run.healed()
    run.publish(back)
    return 5


def _through(run: Run, records: Sequence[Sent]) -> None:
    run.publish(records)
    run.rig.drain()


def _without(run: Run, names: Sequence[str], records: Sequence[Sent]) -> None:
    children = run.rig.children
    children.hold(*names)
    _through(run, records)
    children.release(*names)
    children.wait_ready(*names)


def _become(run: Run, later: set[str]) -> None:
    """One after the other: those in `later` are of the next version from now on, and the others of this one."""
    children, folder = run.rig.children, run.rig.data / "next-version"
    wanted = dict.fromkeys(later, folder)
    changed = [name for name in _ALL if children.versions.get(name) != wanted.get(name)]
    children.versions = wanted
    for name in changed:
        children.hold(name)
        children.release(name)
        children.wait_ready(name)


@contextmanager
def _two_versions(run: Run) -> Iterator[None]:
    folder = next_version.make(run.rig.data / "next-version")
    # Before the first process of it starts, as in every upgrade.
    subprocess.run(
        [sys.executable, "-m", "frafaldsvarsel", "migrate"],
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": str(folder),
            PREFIX + "MIGRATE_DATABASE_URL": run.rig.database.url_of("faults", MIGRATE),
        },
        check=True,
        timeout=120,
    )
    try:
        yield
    finally:
        _become(run, set())


def _amend(run: Run, seen: Seen) -> None:
    """Both versions must have written, and this one must have passed on what it does not know."""
    field, header = next_version.FIELD.encode(), next_version.HEADER.encode()
    for topic in _WRITTEN:
        said = [text for where, text in seen.texts if where.startswith(f"topic {topic}/")]
        later = sum(header in text for text in said)
        if later in (0, len(said)):
            run.left_out.append(f"of {len(said)} records of {topic} the next version has written {later}")
    kept = sum(
        field in text and header not in text
        for where, text in seen.texts
        if where.startswith((f"topic {Topic.PEOPLE}/", f"topic {Topic.DECISIONS}/"))
    )
    run.told.append(f"{kept} records of this version hold a field of the next one, kept and passed on")
    if not kept:
        run.left_out.append("what the next version has added was not passed on")


CELLS: Final = (
    Cell(
        "two versions side by side",
        Family.CLOCK,
        _side_by_side,
        per_round=5,
        most_rounds=1,
        around=_two_versions,
        amend=_amend,
    ),
)
