"""Of a sender that counts its events every number has come once: what it sent and we never got is found here.

Counted from the lowest number that the log still holds; a sender that does not count is no part of it.
What a person has put aside is said beside what has come, and is no exception any more.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final, LiteralString

from models.events.exception_case import Case, Gap, Twice, without
from ops.audit.checks.context import INPUTS, LISTED, CheckContext, moment_of
from ops.audit.dismissals import cases
from ops.audit.report import Check, CheckResult

MISSING: Final = "a number of the sender's sequence is missing"
TWICE: Final = "one number of the sender's sequence for two events"
HOLES: Final = """
SELECT sender, before + 1, number - 1, at_ms, topic, partition, place FROM (
    SELECT *, lag(number) OVER (ORDER BY number) AS before FROM sequence WHERE sender = ?
) WHERE number > before + 1
"""
BOUNDS: Final[LiteralString] = """
SELECT sender, min(number), max(number), count(*) FROM sequence GROUP BY sender
"""
NUMBERS_TWICE: Final[LiteralString] = """
SELECT sender, number, topic, partition, place FROM sequence WHERE differs
"""


def count(context: CheckContext) -> CheckResult:
    """Numbers that must have come, against those that have. What comes late is under way for the grace time."""
    aside = cases(context.connection)
    found: Counter[str] = Counter()
    total = 0
    for sender, first, last, came in context.index.rows(BOUNDS):
        total += last - first + 1
        found["received"] += came
        if came < last - first + 1:
            found += _holes(context, sender, [one for one in aside if isinstance(one, Gap)])
    found += _twice(context, aside)
    parts = {"received": found["received"] - found["twice"]}
    if found["dismissed"]:
        parts["dismissed"] = found["dismissed"]
    return CheckResult(
        hop=Check.SEQUENCES, total=total, parts=parts, under_way=found["young"], unaccounted=found["old"]
    )


def _holes(context: CheckContext, sender: str, aside: Collection[Gap]) -> Mapping[str, int]:
    """How many numbers may still come, have stayed away, or were put aside; the record behind a hole is its place."""
    found: Counter[str] = Counter()
    for _, first, last, at_ms, *place in context.index.rows(HOLES, (sender,)):
        hole = Gap(sender, first, last)
        left = without(hole, aside)
        missing = sum(gap.last - gap.first + 1 for gap in left)
        found["dismissed"] += last - first + 1 - missing
        at = moment_of(at_ms)
        if missing and context.under_way(at, waits=context.is_behind(at, INPUTS)):
            found["young"] += missing
            continue
        found["old"] += missing
        for gap in left:
            said = str(gap.first) if gap.first == gap.last else f"{gap.first} to {gap.last}"
            _miss(context, MISSING, gap, said, place)
    return found


def _twice(context: CheckContext, aside: Collection[Case]) -> Mapping[str, int]:
    found: Counter[str] = Counter()
    for sender, number, *place in _doubled(context):
        found["twice"] += 1
        case = Twice(sender, number)
        if case in aside:
            found["dismissed"] += 1
            continue
        found["old"] += 1
        if found["old"] <= LISTED:
            _miss(context, TWICE, case, str(number), place)
    return found


def _doubled(context: CheckContext) -> Iterator[tuple[Any, ...]]:
    return context.index.rows(NUMBERS_TWICE)


def _miss(context: CheckContext, what: str, case: Gap | Twice, said: str, place: list[Any]) -> None:
    topic, part, offset = place
    detail = f"sender {case.sender}: {said}"
    context.miss(
        Check.SEQUENCES, what, topic=topic, partition=part, offset=offset, detail=detail, case=str(case)
    )
