"""How far the ledger has come, and what match has told it, asked of its tables."""

from typing import Final, LiteralString

from infra.postgres import SyncConnection
from ledger.store.repository import POSITIONS
from ops.growth.foreign_keys import ForeignPlace

FOREIGN: Final[LiteralString] = """
SELECT topic, partition, "offset" FROM foreign_records WHERE reason = 'unknown_key'
"""
TAKE_LOCK: Final[LiteralString] = "SELECT pg_try_advisory_lock(%s)"
_LOCK: Final = 0x46_52_47_52


def is_alone(connection: SyncConnection) -> bool:
    """Whether nobody else gives people more partitions, as long as the connection lasts."""
    row = connection.execute(TAKE_LOCK, (_LOCK,)).fetchone()
    return row is not None and bool(row[0])


def projected(connection: SyncConnection) -> dict[tuple[str, int], int]:
    """The next offset of each partition that it has begun to read."""
    return {(topic, part): upto for topic, part, upto in connection.execute(POSITIONS).fetchall()}


def told_foreign(connection: SyncConnection) -> frozenset[ForeignPlace]:
    """Records by a key that the workers do not know, as match has told the ledger."""
    return frozenset(connection.execute(FOREIGN).fetchall())
