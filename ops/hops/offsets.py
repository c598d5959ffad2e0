"""No committed offset is ahead of what is durable, and nothing was removed from the log before it was read.

A consumer that has committed further than its output reaches would, after a crash, never come back for the rest.
"""

from typing import Final

from ops import groups, reading
from ops.accounts import Account, Hop
from ops.hops.desk import Desk

PASSED: Final = "removed by retention before its consumer had read it"


def count(desk: Desk) -> Account:
    """Every partition that a group of the service has committed, and every fault of the log itself."""
    moment = desk.moment
    total = ahead = 0
    durable = reading.durable(desk.notes, {**moment.input, **moment.own})
    for group, limits in ((groups.WORKER, durable), (groups.LEDGER, moment.position)):
        for (topic, part), offset in sorted(moment.committed.get(group, {}).items()):
            total += 1
            first, _ = {**moment.input, **moment.own}.get((topic, part), (0, 0))
            limit = max(limits.get((topic, part), 0), first)
            if offset > limit:
                ahead += 1
                what = f"group {group} has committed {offset}, and only what is before this is durable"
                desk.miss(Hop.OFFSETS, what, topic=topic, partition=part, offset=limit)
            elif offset < first:
                ahead += 1
                desk.miss(Hop.OFFSETS, PASSED, topic=topic, partition=part, offset=offset)
    faults = list(desk.notes.rows("SELECT topic, partition, first, last, what FROM fault ORDER BY 1, 2, 3"))
    for topic, part, first, last, what in faults:
        said = what if first == last else f"{what} (to {last})"
        desk.miss(Hop.OFFSETS, said, topic=topic, partition=part, offset=first)
    return Account(
        hop=Hop.OFFSETS,
        total=total + len(faults),
        parts={"durable": total - ahead},
        unaccounted=ahead + len(faults),
    )
