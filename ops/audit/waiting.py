"""Steps that have work and do not move: lag that will not go away by itself, and nothing that could be driven again."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, LiteralString

from ops.audit.checks.context import CheckContext
from ops.audit.consumer_groups import PartitionKey
from ops.audit.index import AuditIndex
from ops.audit.report import Waiting

HANDLED: Final[LiteralString] = """
SELECT 'deliveries', (SELECT count(*) FROM attempts)
UNION ALL SELECT 'maildir', (SELECT count(*) FROM bounces)
UNION ALL SELECT 'steps', (SELECT count(*) FROM steps WHERE ended_at IS NOT NULL) + (SELECT count(*) FROM plans)
"""
KNOWN: Final[LiteralString] = "SELECT topic, partition, upto, at_ms FROM moved"
NOTE: Final[LiteralString] = """
INSERT INTO moved VALUES (?, ?, ?, ?)
ON CONFLICT DO UPDATE SET upto = excluded.upto, at_ms = excluded.at_ms WHERE upto <> excluded.upto
"""


def waiting(context: CheckContext) -> tuple[Waiting, ...]:
    """Every partition in which something waits, and for how long its step has not moved though it did.

    To be asked after all checks. A step that was not looked at before has moved just now.
    """
    handled = {(what, 0): number for what, number in context.rows(HANDLED)}
    moved = _moved(context.index, {**context.moment.passed, **handled}, context.now)
    return tuple(
        Waiting(
            topic=topic,
            partition=part,
            seconds=(context.now - max(since, moved.get((topic, part), context.now))).total_seconds(),
        )
        for (topic, part), since in sorted(context.oldest.items())
    )


def _moved(
    index: AuditIndex, upto: Mapping[PartitionKey, int], now: datetime
) -> Mapping[PartitionKey, datetime]:
    """When each step was first seen where it is."""
    with index.writing():
        index.many(NOTE, [(*key, place, round(now.timestamp() * 1000)) for key, place in upto.items()])
        return {
            (topic, part): datetime.fromtimestamp(at_ms / 1000, UTC)
            for topic, part, _, at_ms in index.rows(KNOWN)
        }
