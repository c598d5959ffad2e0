"""What became of the changes, and which of those that survive are meant to: what they change cannot be seen."""

import json
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools.mutate.changes import Change

FILE: Final = Path(__file__).with_name("equivalent.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A change that nobody can notice, by what it changes: lines move."""

    path: str
    function: str
    before: str
    after: str
    same: int | None = None
    """Which of several that read the same; all of them where it is left out."""
    because: str

    def fits(self, change: Change) -> bool:
        """Whether it is this one."""
        if self.same is not None and self.same != change.same:
            return False
        return (self.path, self.function, self.before, self.after) == change.key[:4]


def judged(file: Path = FILE) -> list[Judged]:
    """All that the file says."""
    return [Judged(**one) for one in tomllib.loads(file.read_text("utf-8")).get("change", [])]


@dataclass(frozen=True, slots=True)
class Counts:
    """How the changes of one module, or of all, ended."""

    changes: int
    killed: int
    equivalent: int

    @property
    def survived(self) -> int:
        """Those that nobody has judged."""
        return self.changes - self.killed - self.equivalent

    @property
    def percent(self) -> float:
        """Of those that can be noticed, how many a test notices."""
        visible = self.changes - self.equivalent
        return 100 * self.killed / visible if visible else 100.0


def counts(results: Mapping[Change, bool], known: Iterable[Judged]) -> dict[str, Counts]:
    """By module; `results` says of each change whether a test noticed."""
    known = list(known)
    total: Counter[str] = Counter(change.path for change in results)
    killed: Counter[str] = Counter(change.path for change, noticed in results.items() if noticed)
    same: Counter[str] = Counter(
        change.path
        for change, noticed in results.items()
        if not noticed and any(one.fits(change) for one in known)
    )
    return {path: Counts(total[path], killed[path], same[path]) for path in sorted(total)}


def remember(file: Path, change: Change, killed: bool) -> None:
    """A line a change, so that a run which is cut off has told what it knows."""
    with file.open("a", encoding="utf-8") as out:
        out.write(json.dumps([*change.key, killed]) + "\n")


def remembered(file: Path, changes: Iterable[Change]) -> dict[Change, bool]:
    """What earlier runs have told of these changes, the last word of each."""
    if not file.exists():
        return {}
    lines = (json.loads(line) for line in file.read_text("utf-8").splitlines())
    told = {tuple(key): killed for *key, killed in lines}
    return {change: told[change.key] for change in changes if change.key in told}
