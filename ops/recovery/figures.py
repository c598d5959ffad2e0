"""What waits for people, in numbers. Reading only.

Its cost grows with what has been refused, so it is read once a round of the audit, which costs more.
"""

from collections.abc import Iterator
from typing import Any, Final, LiteralString

from infra.figures import Figure
from infra.postgres import SyncConnection
from models.dead_letter import WAITING, DeadLetterKind
from ops.recovery import metrics
from ops.recovery.dead_letters import THINGS

IN_QUARANTINE: Final[LiteralString] = (
    f"SELECT kind, count(*), min(since) FROM ({THINGS}) AS waiting GROUP BY kind ORDER BY kind"
)
FAILED_LAST: Final[LiteralString] = """
SELECT f.unit_id, min(f.ended_at) FROM deliveries f
WHERE f.status IN ('refused', 'exhausted') AND f.channel = 'email' AND f.audience = 'unit' AND NOT EXISTS (
    SELECT 1 FROM deliveries o WHERE o.unit_id = f.unit_id AND o.channel = 'email' AND o.audience = 'unit'
      AND o.status = 'delivered' AND o.ended_at > f.ended_at)
GROUP BY f.unit_id ORDER BY f.unit_id
"""
"""Units whose last mail nobody took."""
LAST_NIGHT: Final[LiteralString] = """
SELECT kind, overdue, extract(epoch FROM at)::float8 FROM retention_runs ORDER BY kind
"""
NOW: Final[LiteralString] = "SELECT extract(epoch FROM clock_timestamp())::float8"


def everything_that_waits() -> dict[str, Any]:
    """The parameters of `IN_QUARANTINE`."""
    return dict.fromkeys(("kind", "reason", "party", "since", "until", "ids", "limit")) | {
        "states": sorted(WAITING)
    }


def for_people(connection: SyncConnection) -> Iterator[Figure]:
    """All of it; a kind of which nothing waits is 0."""
    found = {kind: number for kind, number, _ in connection.execute(IN_QUARANTINE, everything_that_waits())}
    for kind in DeadLetterKind:
        yield metrics.QUARANTINE, (kind.value,), found.get(kind.value, 0)
    yield metrics.UNITS_NOT_REACHED, (), len(connection.execute(FAILED_LAST).fetchall())
    night = connection.execute(LAST_NIGHT).fetchall()
    for kind, overdue, _ in night:
        yield metrics.RETENTION_OVERDUE, (kind,), overdue
    yield metrics.RETENTION_AT, (), min((at for *_, at in night), default=0)
    ((at,),) = connection.execute(NOW).fetchall()
    yield metrics.FOR_PEOPLE_AT, (), at
