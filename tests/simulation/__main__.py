"""`python -m tests.simulation`: many seeds, or one again. Exit code 1 when a promise did not hold."""

import argparse
import json
import logging
import os
import sys
import time
from pathlib import Path

from tests.simulation.simulate import Campaign, campaign, simulate


def main() -> int:
    """Read the arguments, run, say what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=2000, help="how many")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--seed", type=int, help="this one only")
    parser.add_argument("--trace", action="store_true", help="with --seed: say what happens, step by step")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--json", type=Path, help="write the summary there")
    arguments = parser.parse_args()
    logging.disable(logging.CRITICAL)  # what the service says of faults is not news here
    if arguments.seed is not None:
        return _one(arguments.seed, tracing=arguments.trace)
    return _many(arguments.first, arguments.seeds, arguments.processes, arguments.json)


def _one(seed: int, *, tracing: bool) -> int:
    verdict = simulate(seed, tracing=tracing)
    for line in verdict.trace:
        print(line)
    print(f"seed {seed}: {_numbers(dict(verdict.counts))}")
    for violation in verdict.violations:
        print(f"VIOLATED: {violation}")
    return int(bool(verdict.violations))


def _many(first: int, number: int, processes: int, file: Path | None) -> int:
    total, begun = Campaign(), time.monotonic()
    for part in campaign(first, number, processes=processes):
        total.add(part)
        for verdict in part.failed:
            print(
                f"\nVIOLATED in seed {verdict.seed}: {verdict.violations[0]}\n  {verdict.replay}", flush=True
            )
        seconds = time.monotonic() - begun
        if sys.stderr.isatty() or total.runs % 5000 == 0 or total.runs == number:
            left = seconds / total.runs * (number - total.runs)
            text = f"{total.runs}/{number} seeds, {len(total.failed)} violated, {seconds:.0f} s, {left:.0f} s left"
            print(f"\r{text}" if sys.stderr.isatty() else text, end="", file=sys.stderr, flush=True)
            print(end="" if sys.stderr.isatty() and total.runs < number else "\n", file=sys.stderr)
    seconds = time.monotonic() - begun
    print(f"seeds {first} to {first + number - 1} in {seconds:.0f} s on {processes} processes")
    print(f"  {_numbers(dict(total.counts))}")
    print(f"  {total.faults.total()} faults of {len(total.faults)} kinds:")
    for fault, times in total.faults.most_common():
        print(f"  {times:>9}  {fault}")
    print(f"  violated: {len(total.failed)}")
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(_summary(first, total, seconds), indent=2, sort_keys=True) + "\n", "utf-8")
    return int(bool(total.failed))


def _summary(first: int, total: Campaign, seconds: float) -> dict[str, object]:
    return {
        "first_seed": first,
        "seeds": total.runs,
        "seconds": round(seconds, 1),
        "counts": dict(total.counts),
        "faults": dict(total.faults),
        "fault_injections": total.faults.total(),
        "violations": [
            {"seed": verdict.seed, "violations": list(verdict.violations), "replay": verdict.replay}
            for verdict in total.failed
        ],
    }


def _numbers(counts: dict[str, int]) -> str:
    return ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in sorted(counts.items()))


if __name__ == "__main__":
    sys.exit(main())
