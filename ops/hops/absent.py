"""Which offsets of a partition have no row in a table of the ledger."""

from ops.hops.desk import Desk
from ops.log import Bounds


def absent(
    desk: Desk, table: str, topic: str | None, partition: int, bounds: Bounds, found: int
) -> list[int]:
    """The offsets within `bounds` that have no row."""
    if found == bounds[1] - bounds[0]:
        return []
    where = "r.topic = %(topic)s AND " if topic is not None else ""
    rows = desk.connection.execute(
        f"SELECT o FROM generate_series(%(first)s::bigint, %(last)s::bigint) o WHERE NOT EXISTS "  # noqa: S608 - fixed words
        f'(SELECT 1 FROM {table} r WHERE {where}r.partition = %(partition)s AND r."offset" = o) ORDER BY o',
        {"topic": topic, "partition": partition, "first": bounds[0], "last": bounds[1] - 1},
    ).fetchall()
    return [offset for (offset,) in rows]
