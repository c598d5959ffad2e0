"""Changes the rules in small ways, one at a time, and says which changes no test notices: ``make mutate``."""

import argparse
import json
import os
import random
import sys
import time
import traceback
from pathlib import Path
from typing import Final

import pytest

from tools.mutate.changes import Change, changes_of
from tools.mutate.cold import passes_unchanged, preload, tests_for, try_cold
from tools.mutate.judged import Counts, counts, judged, remember, remembered
from tools.mutate.modules import ROOT, TESTS, chosen
from tools.mutate.session import ARGUMENTS, be_repeatable
from tools.mutate.warm import KILLED, OTHERWISE, SURVIVED, Ran, Warm

FOLDER: Final = ROOT / ".mutate"
RESULTS: Final = FOLDER / "results.jsonl"
JUDGED: Final = "judged"
_LEAST: Final = 97.0


def main() -> int:
    """1 when too few changes are noticed."""
    options = _options()
    os.chdir(ROOT)
    changes = _changes(options)
    if options.list:
        print(*(change.name for change in changes), sep="\n")
        return 0
    FOLDER.mkdir(exist_ok=True)
    known = {}
    if options.again:
        known = {change: True for change, killed in remembered(RESULTS, changes).items() if killed}
    else:
        RESULTS.unlink(missing_ok=True)
    if not _try_all([change for change in changes if change not in known], options.processes):
        print(f"Tests fail without any change; see {FOLDER / 'warm.log'}.", file=sys.stderr)
        return 2
    total = _print(remembered(RESULTS, changes))
    return 0 if total.percent >= options.least else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make mutate", description=__doc__)
    parser.add_argument(
        "modules", nargs="*", help="beginnings of paths, such as models/eligibility; all by default"
    )
    parser.add_argument("--sample", type=int, metavar="N", help="so many changes by chance, and no more")
    parser.add_argument(
        "--seed", type=int, default=1, help="of the sample: the same one gives the same changes"
    )
    parser.add_argument("--line", type=int, help="only changes to this line")
    parser.add_argument(
        "--again", action="store_true", help="what a test has noticed before is not tried again"
    )
    parser.add_argument("--processes", type=int, default=2, metavar="N", help="at the same time (2)")
    parser.add_argument(
        "--least", type=float, default=_LEAST, help=f"percent that must be noticed ({_LEAST:g})"
    )
    parser.add_argument("--list", action="store_true", help="print the changes and try none")
    return parser.parse_args()


def _changes(options: argparse.Namespace) -> list[Change]:
    found = [change for path in chosen(tuple(options.modules) or ("",)) for change in changes_of(path, ROOT)]
    if options.line:
        found = [change for change in found if change.line <= options.line <= change.last_line]
    if options.sample and options.sample < len(found):
        kept = set(random.Random(options.seed).sample(range(len(found)), options.sample))  # noqa: S311  no secret
        found = [change for index, change in enumerate(found) if index in kept]
    return found


def _try_all(changes: list[Change], processes: int) -> bool:
    """False when tests fail without a change."""
    begun = time.monotonic()
    told = FOLDER / "warm.jsonl"
    told.unlink(missing_ok=True)
    if (child := os.fork()) == 0:
        _warm(changes, processes, told)
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0:
        return False
    lines = [json.loads(line) for line in told.read_text().splitlines()]
    ran = {
        one["test"]: Ran(one["seconds"], frozenset(map(tuple, one["lines"])))
        for one in lines
        if "test" in one
    }
    ended = {changes[one["change"]]: one["ended"] for one in lines if "change" in one}
    known = judged()
    for change in changes:
        if ended[change] == SURVIVED and any(one.fits(change) for one in known):
            remember(RESULTS, change, killed=False)
            ended[change] = JUDGED
    left = [change for change in changes if ended[change] not in (KILLED, JUDGED)]
    random.Random(0).shuffle(left)  # noqa: S311  no secret: of a run that is cut off, what was tried is a sample
    print(
        f"{len(changes)} changes; after {time.monotonic() - begun:.0f} s {len(left)} are tried anew.",
        flush=True,
    )
    preload(next(one["libraries"] for one in lines if "libraries" in one))
    found = _cold(left, ended, ran, processes)
    print(f"All were tried after {time.monotonic() - begun:.0f} s.", flush=True)
    return found


def _cold(left: list[Change], ended: dict[Change, str], ran: dict[str, Ran], processes: int) -> bool:
    for own_only in (True, False):
        tests = tests_for(left, ended, ran, own_only=own_only)
        usual = {name for names in tests.values() for name in names}
        if usual and not passes_unchanged(ROOT, sorted(usual)):
            return False
        noticed = set()
        for change, how in try_cold(ROOT, left, tests, processes):
            remember(RESULTS, change, killed=how == KILLED)
            noticed |= {change} if how == KILLED else set()
        left = [change for change in left if change not in noticed and ended[change] == OTHERWISE]
    return True


def _warm(changes: list[Change], processes: int, told: Path) -> None:
    """In the child, which never returns."""
    try:
        log = os.open(FOLDER / "warm.log", os.O_CREAT | os.O_TRUNC | os.O_WRONLY)
        os.dup2(log, 1)
        os.dup2(log, 2)
        numbers = {change: number for number, change in enumerate(changes)}
        with told.open("w", buffering=1) as out:

            def tell(change: Change, ended: str) -> None:
                out.write(json.dumps({"change": numbers[change], "ended": ended}) + "\n")
                if ended == KILLED:
                    remember(RESULTS, change, killed=True)

            be_repeatable()
            warm = Warm(ROOT, changes, processes, tell)
            code = pytest.main([*ARGUMENTS, *TESTS], plugins=[warm])
            for name, ran in warm.ran.items():
                out.write(
                    json.dumps({"test": name, "seconds": ran.seconds, "lines": sorted(ran.lines)}) + "\n"
                )
            out.write(json.dumps({"libraries": _libraries()}) + "\n")
        os._exit(1 if warm.failed or not warm.ran or code not in (0, 5) else 0)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(1)


def _libraries() -> list[str]:
    return [
        name for name, one in sys.modules.items() if "site-packages" in (getattr(one, "__file__", None) or "")
    ]


def _print(results: dict[Change, bool]) -> Counts:
    known = judged()
    for change, killed in results.items():
        judgement = next((one for one in known if one.fits(change)), None)
        if killed and judgement is not None:
            print(f"Noticed, though equivalent.toml says that it cannot be: {change.name}")
        elif not killed and judgement is None:
            print(f"Survived: {change.name}")
    by_module = counts(results, known)
    total = Counts(
        sum(one.changes for one in by_module.values()),
        sum(one.killed for one in by_module.values()),
        sum(one.equivalent for one in by_module.values()),
    )
    print(f"\n{'module':44} changes  killed  equivalent  survived  percent")
    for path, one in [*by_module.items(), ("all", total)]:
        figures = f"{one.changes:7} {one.killed:7} {one.equivalent:11} {one.survived:9} {one.percent:8.1f}"
        print(f"{path:44} {figures}")
    return total


if __name__ == "__main__":
    raise SystemExit(main())
