"""No committed offset is ahead of what is durable, and nothing was removed from the log before it was read.

A consumer that has committed further than its output reaches would, after a crash, never come back for the rest.
"""

from typing import Final, LiteralString

from ops.audit import catch_up, consumer_groups
from ops.audit.checks import applied, receipts
from ops.audit.checks.context import CheckContext
from ops.audit.report import Check, CheckResult, Lag

AHEAD: Final = "committed, though what follows from it is not durable"
PASSED: Final = "removed by retention before its consumer had read it"
FAULTS: Final[LiteralString] = """
SELECT topic, partition, first, last, what FROM fault ORDER BY 1, 2, 3
"""


def count(context: CheckContext) -> CheckResult:
    """Every partition that a group of the service has committed, and every fault of the log itself."""
    moment = context.moment
    total = ahead = 0
    durable = catch_up.durable(context.index, {**moment.input, **moment.own})
    for group, limits in ((consumer_groups.WORKER, durable), (consumer_groups.LEDGER, moment.projected)):
        for (topic, part), offset in sorted(moment.committed.get(group, {}).items()):
            total += 1
            first, _ = {**moment.input, **moment.own}.get((topic, part), (0, 0))
            agreed = max(context.index.mark(name, topic, part) or 0 for name in (receipts.MARK, applied.MARK))
            # What log and ledger agreed on is durable, though retention has taken the answers since.
            limit = max(limits.get((topic, part), 0), first, agreed)
            if offset > limit:
                ahead += 1
                detail = f"group {group} has committed {offset}"
                context.miss(Check.OFFSETS, AHEAD, topic=topic, partition=part, offset=limit, detail=detail)
            elif offset < first:
                ahead += 1
                context.miss(Check.OFFSETS, PASSED, topic=topic, partition=part, offset=offset)
    faults = list(context.index.rows(FAULTS))
    for topic, part, first, last, what in faults:
        reach = None if first == last else f"up to offset {last}"
        context.miss(Check.OFFSETS, what, topic=topic, partition=part, offset=first, detail=reach)
    return CheckResult(
        hop=Check.OFFSETS,
        total=total + len(faults),
        parts={"durable": total - ahead},
        unaccounted=ahead + len(faults),
    )


def lags(context: CheckContext) -> tuple[Lag, ...]:
    """Every group and partition that it reads; one that was never committed stands at the log's start."""
    edges = {**context.moment.input, **context.moment.own}
    return tuple(
        Lag(
            group=group,
            topic=topic,
            partition=part,
            behind=end - context.moment.committed.get(group, {}).get((topic, part), first),
            headroom=context.moment.committed.get(group, {}).get((topic, part), first) - first,
        )
        for group, topics in consumer_groups.READS.items()
        for (topic, part), (first, end) in edges.items()
        if topic in topics
    )
