"""`python -m tests.fuzz`: inputs by chance to every surface that takes bytes of others. Exit code 1 for a finding."""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

from tests.fuzz.parts import parts, run_part
from tests.fuzz.surface import Tally
from tests.fuzz.surfaces.all_surfaces import SURFACES


def main() -> int:
    """Read the arguments, run, say what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=10_000, help="how many, over all surfaces")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--surface", choices=sorted(SURFACES), help="this one alone")
    parser.add_argument("--number", type=int, help="with --surface: this input alone, and what it raises")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--json", type=Path, help="write the summary there")
    arguments = parser.parse_args()
    if arguments.number is not None:
        return _again(arguments.surface, arguments.seed, arguments.number)
    chosen = [SURFACES[arguments.surface]] if arguments.surface else list(SURFACES.values())
    began = time.monotonic()
    tallies = {one.name: Tally(one.name) for one in chosen}
    with ProcessPoolExecutor(
        arguments.processes, mp_context=get_context("spawn"), max_tasks_per_child=1
    ) as pool:
        waiting = [
            pool.submit(run_part, name, arguments.seed, numbers)
            for name, numbers in parts(chosen, arguments.inputs)
        ]
        for done in as_completed(waiting):
            tally = done.result()
            tallies[tally.surface].add(tally)
            for found in tally.findings:
                print(f"WRONG at {found.where}: {found.what}\n  {found.replay}", file=sys.stderr, flush=True)
            print(
                f"{tally.surface}: {tally.codes.total()} more, {tally.wrong} wrong",
                file=sys.stderr,
                flush=True,
            )
    _say(list(tallies.values()), arguments.seed, time.monotonic() - began)
    if arguments.json is not None:
        arguments.json.write_text(
            json.dumps(_summary(tallies, arguments.seed), indent=2, sort_keys=True) + "\n", "utf-8"
        )
    return int(any(tally.wrong for tally in tallies.values()))


def _again(surface: str, seed: int, number: int) -> int:
    tally = run_part(surface, seed, range(number, number + 1))
    for found in tally.findings:
        print(found.trace)
    print(", ".join(tally.codes))
    return int(bool(tally.wrong))


def _say(tallies: Sequence[Tally], seed: int, seconds: float) -> None:
    total = sum(tally.codes.total() + tally.wrong for tally in tallies)
    print(f"{total} inputs of seed {seed} in {seconds:.0f} s, {sum(tally.wrong for tally in tallies)} wrong")
    for tally in tallies:
        print(
            f"\n{tally.surface}: {tally.codes.total()} answered, {tally.wrong} wrong, the slowest (number "
            f"{tally.slowest}) took {tally.slowest_seconds:.2f} s, memory grew by {tally.grown_mb} MB"
        )
        for code, times in tally.codes.most_common():
            print(f"  {times:>9}  {code}")
        for found in tally.findings:
            print(f"  WRONG at {found.where}: {found.what}\n    {found.replay}")


def _summary(tallies: dict[str, Tally], seed: int) -> dict[str, object]:
    return {
        "seed": seed,
        "surfaces": {
            name: {
                "answered": tally.codes.total(),
                "codes": dict(tally.codes),
                "wrong": [
                    {"what": one.what, "where": one.where, "replay": one.replay} for one in tally.findings
                ],
                "slowest_seconds": round(tally.slowest_seconds, 2),
                "grown_mb": tally.grown_mb,
            }
            for name, tally in tallies.items()
        },
    }


if __name__ == "__main__":
    sys.exit(main())
