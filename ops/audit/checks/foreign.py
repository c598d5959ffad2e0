"""What the service did not write on its own topics: it had no effect, lies in quarantine, and people must look.

It is no gap, and stops no heartbeat: else whoever can write one record could silence the service's sign of life.
One that the ledger has passed by and that is not in quarantine is a fault.
"""

from typing import Final, LiteralString

from config.topics import Topic
from ops.audit.checks.context import LISTED, CheckContext, moment_of
from ops.audit.report import Check, CheckResult

FOUND: Final = "a record that the service did not write"
NOT_LISTED: Final = "a record that the service did not write is not in quarantine"
READ_BY_LEDGER: Final = frozenset({Topic.RECEIPTS, Topic.APPLIED, Topic.DECISIONS})
ROWS: Final[LiteralString] = """
SELECT f.topic, f.partition, f."offset", f.reason, q.state
FROM foreign_records f LEFT JOIN quarantine q
    ON q.kind = 'foreign' AND q.id = concat_ws('/', f.topic, f.partition, f."offset") AND q.since = f.appended_at
ORDER BY 1, 2, 3
"""
SEEN: Final[LiteralString] = "SELECT topic, partition, place, at_ms FROM foreign_record ORDER BY 1, 2, 3"


def count(context: CheckContext) -> CheckResult:
    """What lies in quarantine, and what the auditor has seen itself. A checkpoint of somebody else's is told by the
    worker at its next assignment: until then it is counted as open."""
    parts = {"open": 0, "dismissed": 0}
    listed = set()
    for topic, partition, offset, reason, state in context.rows(ROWS):
        listed.add((topic, partition, offset))
        if state == "dismissed":
            parts["dismissed"] += 1
        else:
            _open(context, parts, (topic, partition, offset), reason)
    young = unlisted = 0
    for topic, partition, offset, at_ms in context.index.rows(SEEN):
        place = (topic, partition, offset)
        if place in listed:
            continue
        if topic == Topic.PROGRESS:
            _open(context, parts, place, None)
        elif _is_under_way(context, place, at_ms):
            young += 1
        else:
            unlisted += 1
            if unlisted <= LISTED:
                context.miss(Check.FOREIGN, NOT_LISTED, topic=topic, partition=partition, offset=offset)
    return CheckResult(
        hop=Check.FOREIGN,
        total=sum(parts.values()) + young + unlisted,
        parts=parts,
        under_way=young,
        unaccounted=unlisted,
    )


def _open(
    context: CheckContext, parts: dict[str, int], place: tuple[str, int, int], reason: str | None
) -> None:
    parts["open"] += 1
    if parts["open"] <= LISTED:
        topic, partition, offset = place
        context.miss(Check.FOREIGN, FOUND, topic=topic, partition=partition, offset=offset, detail=reason)


def _is_under_way(context: CheckContext, place: tuple[str, int, int], at_ms: int) -> bool:
    topic, partition, _ = place
    if context.under_way_at(moment_of(at_ms), *place):
        return True
    if topic in READ_BY_LEDGER:
        return False
    # Match has passed it by and told the ledger, by a record that the ledger may have still to read.
    told = (str(Topic.APPLIED), partition)
    return context.waits(*told, context.moment.own[told][1] - 1)
