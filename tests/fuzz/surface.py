"""What a surface of the fuzzer is, and how its inputs are tried: no fault, no hang, a code, bounded memory."""

import asyncio
import resource
import signal
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import FrameType
from typing import Final, Protocol

from tests.paths import ROOT

CPU_SECONDS: Final = 30.0
"""Processor time of one input. The slowest known takes a hundredth: whoever needs this long has no end."""
WALL_SECONDS: Final = 300.0
"""For an input that waits instead, on however busy a machine."""
GROWTH_MB: Final = 400
"""What a share may add to the most that the process held after its first tenth."""
_KEPT: Final = 20
"""Findings of a share that are told; one fault can strike thousands of times."""


class Wrong(AssertionError):
    """The service answered, and not as it should: without a known code, or with what it must not say."""


class Hang(BaseException):
    """An input took more processor time than any may; no handler of the service's may swallow it."""


class Attempts(Protocol):
    """A surface that was made ready."""

    async def attempt(self, chance: Random) -> str:
        """Make one input and give it to the service; returns the code of the answer, raises for a finding."""


class Surface(Protocol):
    """A place where bytes of others come in."""

    name: str
    share: int
    """Of a thousand inputs."""

    def ready(self, folder: Path) -> AbstractAsyncContextManager[Attempts]:
        """What is started once for many inputs; `folder` is its own."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What went wrong, and how to see it again."""

    surface: str
    seed: int
    number: int
    what: str
    where: str
    trace: str = field(repr=False)

    @property
    def replay(self) -> str:
        """The line that does it again."""
        return f"python -m tests.fuzz --surface {self.surface} --seed {self.seed} --number {self.number}"


@dataclass
class Tally:
    """What came of a share."""

    surface: str
    codes: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    wrong: int = 0
    grown_mb: int = 0
    slowest_seconds: float = 0.0
    slowest: int = 0

    def add(self, other: "Tally") -> None:
        """With another share of the same surface."""
        self.codes += other.codes
        self.findings = (self.findings + other.findings)[:_KEPT]
        self.wrong += other.wrong
        self.grown_mb = max(self.grown_mb, other.grown_mb)
        if other.slowest_seconds > self.slowest_seconds:
            self.slowest_seconds, self.slowest = other.slowest_seconds, other.slowest


def chance_of(surface: str, seed: int, number: int) -> Random:
    """The chance of one input: it can be played again without those before it."""
    return Random(f"{surface}/{seed}/{number}")


async def run(surface: Surface, seed: int, numbers: range, folder: Path) -> Tally:
    """Try those inputs, one after the other."""
    tally = Tally(surface.name)
    warm, most = numbers.start + max(1, len(numbers) // 10), _most_mb()
    async with surface.ready(folder) as attempts:
        for number in numbers:
            began = _cpu()
            try:
                with _limited():
                    async with asyncio.timeout(WALL_SECONDS):
                        code = await attempts.attempt(chance_of(surface.name, seed, number))
            except (Exception, Hang) as fault:
                tally.wrong += 1
                found = _finding(surface.name, seed, number, fault)
                if len(tally.findings) < _KEPT and found.where not in {one.where for one in tally.findings}:
                    tally.findings.append(found)
            else:
                tally.codes[code] += 1
            if (took := _cpu() - began) > tally.slowest_seconds:
                tally.slowest_seconds, tally.slowest = took, number
            if number <= warm:
                most = _most_mb()
    tally.grown_mb = _most_mb() - most
    if tally.grown_mb > GROWTH_MB:
        tally.wrong += 1
        what = f"memory grew by {tally.grown_mb} MB"
        tally.findings.append(Finding(surface.name, seed, numbers.stop - 1, what, "memory", ""))
    return tally


def _finding(surface: str, seed: int, number: int, fault: BaseException) -> Finding:
    frames = traceback.extract_tb(fault.__traceback__)
    ours = [
        frame for frame in frames if frame.filename.startswith(f"{ROOT}/") and ".venv" not in frame.filename
    ]
    last = (ours or frames)[-1]
    where = f"{last.filename.removeprefix(f'{ROOT}/')}:{last.lineno} {type(fault).__name__}"
    what = f"{type(fault).__name__}: {str(fault)[:300]}"
    return Finding(surface, seed, number, what, where, "".join(traceback.format_exception(fault)))


@contextmanager
def _limited() -> Iterator[None]:
    """Raises `Hang` inside after `CPU_SECONDS` of the process; patterns of `re` are stopped by it too."""

    def over(_: int, __: FrameType | None) -> None:
        raise Hang(f"more than {CPU_SECONDS:.0f} seconds of the processor")

    before = signal.signal(signal.SIGPROF, over)
    signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _most_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
