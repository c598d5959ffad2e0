"""One seed, one run, one verdict: and many of them, on all cores."""

import asyncio
import gc
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import Final

from tests.simulation.clock import Clock
from tests.simulation.come_to_rest import play
from tests.simulation.event_loop import TimelessLoop
from tests.simulation.faults import Mutation
from tests.simulation.judge import judge
from tests.simulation.world import Database, World

_BETWEEN_COLLECTIONS: Final = 20


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a run came to."""

    seed: int | str
    violations: tuple[str, ...]
    counts: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    trace: tuple[str, ...] = ()

    @property
    def replay(self) -> str:
        """The line that runs it again."""
        return f"python -m tests.simulation --seed {self.seed} --trace"


def simulate(seed: int | str, *, mutation: Mutation | None = None, tracing: bool = False) -> Verdict:
    """A pure function of its arguments."""
    with asyncio.Runner(loop_factory=TimelessLoop) as runner:
        return runner.run(run(seed, mutation=mutation, tracing=tracing))


async def run(
    seed: int | str,
    *,
    mutation: Mutation | None = None,
    tracing: bool = False,
    database: Callable[[Clock], Database] | None = None,
) -> Verdict:
    """As `simulate`, in a running loop; `database` may be a real one."""
    trace: list[str] = []
    world = World(
        seed,
        mutation=mutation,
        database=database,
        tell=trace.append if tracing else None,
    )
    try:
        await play(world)
        violations = await judge(world)
    except Exception as fault:
        where = traceback.extract_tb(fault.__traceback__)[-1]
        violations = [f"the run ended in {type(fault).__name__}: {fault} ({where.name}:{where.lineno})"]
    copies = Counter(taken.mail.message_id for taken in world.relay.taken)
    return Verdict(
        seed,
        tuple(violations),
        Counter(
            {
                "records": len(world.story),
                "person_events": len(world.log.all_of("person-events")),
                "decisions": len(world.log.all_of("decisions")),
                "actions": world.actions,
                "mails": len(copies),
                "copies": copies.total() - len(copies),
                "acts": len(await world.database.rows("acts")),
            }
        ),
        Counter({str(fault): number for fault, number in world.faults.items()}),
        tuple(trace),
    )


@dataclass
class Campaign:
    """Many runs, added up."""

    runs: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    failed: list[Verdict] = field(default_factory=list)

    def add(self, other: "Campaign") -> None:
        """Take in the result of some more runs."""
        self.runs += other.runs
        self.counts += other.counts
        self.faults += other.faults
        self.failed += other.failed


def chunk(seeds: Iterable[int]) -> Campaign:
    """Some seeds, one after the other, in one loop."""
    result = Campaign()

    async def all_of_them() -> None:
        for seed in seeds:
            verdict = await run(seed)
            if result.runs % _BETWEEN_COLLECTIONS == 0:
                gc.collect()
            result.runs += 1
            result.counts += verdict.counts
            result.faults += verdict.faults
            if verdict.violations:
                result.failed.append(verdict)

    # A world is full of cycles, and looking for them all the time takes a tenth of it.
    # What was there before the first one is never looked at again.
    gc.freeze()
    gc.disable()
    try:
        with asyncio.Runner(loop_factory=TimelessLoop) as runner:
            runner.run(all_of_them())
    finally:
        gc.enable()
    return result


def campaign(first: int, number: int, *, processes: int, size: int = 100) -> Iterator[Campaign]:
    """The seeds from `first` on; yields the result of each chunk as it is done."""
    chunks = [range(start, min(start + size, first + number)) for start in range(first, first + number, size)]
    if processes == 1:
        yield from map(chunk, chunks)
        return
    with ProcessPoolExecutor(processes) as pool:
        yield from pool.map(chunk, chunks)
