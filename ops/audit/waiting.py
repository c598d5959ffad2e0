"""Steps that have work and do not move: lag that will not go away by itself, and nothing that could be driven again."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final, LiteralString

from ops.audit.checks.context import CheckContext, moment_of
from ops.audit.consumer_groups import PartitionKey
from ops.audit.index import AuditIndex
from ops.audit.report import Waiting

HANDLED: Final[LiteralString] = """
SELECT 'deliveries/' || d.channel, count(*) FROM attempts a JOIN deliveries d ON d.id = a.delivery_id GROUP BY 1
UNION ALL SELECT 'steps/due', (extract(epoch FROM max(ended_at)) * 1000)::bigint FROM steps
    WHERE status = 'fired' AND failed_delivery IS NULL
UNION ALL SELECT 'steps/failed', (extract(epoch FROM max(failed_at)) * 1000)::bigint FROM steps
"""
"""How far each of those has come that read no topic: one that stands still must not be hidden by another that works."""
KNOWN: Final[LiteralString] = "SELECT topic, partition, at_ms FROM moved"
NOTE: Final[LiteralString] = """
INSERT INTO moved VALUES (?, ?, ?, ?)
ON CONFLICT DO UPDATE SET upto = excluded.upto, at_ms = excluded.at_ms WHERE upto <> excluded.upto
"""
AT_REST: Final[LiteralString] = "UPDATE moved SET at_ms = ? WHERE (topic, partition) = (?, ?)"


def waiting(context: CheckContext) -> tuple[Waiting, ...]:
    """Every partition in which something waits, and for how long its step has not moved though it did.

    To be asked after all checks. The time runs from when the step last moved, or had nothing to do, or from when the
    oldest began to wait: whichever came last. Without a file that is kept, a step was never seen before.
    """
    handled = {(what, 0): upto or 0 for what, upto in context.rows(HANDLED)}
    # Of what never said how far it has come, 0 is known: it is stuck like any other.
    places = {**dict.fromkeys(context.oldest, 0), **context.moment.passed, **handled}
    moved = _moved(context.index, places, context.oldest.keys(), context.now)
    return tuple(
        Waiting(
            topic=topic,
            partition=part,
            seconds=(context.now - max(since, moved[topic, part])).total_seconds(),
        )
        for (topic, part), since in sorted(context.oldest.items())
    )


def _moved(
    index: AuditIndex, places: Mapping[PartitionKey, int], at_work: Collection[PartitionKey], now: datetime
) -> Mapping[PartitionKey, datetime]:
    """When each step was first seen where it is with something to do."""
    now_ms = round(now.timestamp() * 1000)
    with index.writing():
        index.many(NOTE, [(*key, upto, now_ms) for key, upto in places.items()])
        index.many(AT_REST, [(now_ms, *key) for key in places if key not in at_work])
        return {(topic, part): moment_of(at_ms) for topic, part, at_ms in index.rows(KNOWN)}
