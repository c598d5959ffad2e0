"""What a migration leaves to be done row by row, while the version before works on: in batches, each committed at once.

A row that somebody holds is passed over and taken later, so a batch waits for nobody and locks no table.
"""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, LiteralString
from uuid import UUID

from infra.postgres import Connection

log = logging.getLogger(__name__)

BATCH: Final = 2_000
_AGAIN_SECONDS: Final = 1.0
FIRST: Final = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Backfill:
    """A batch, and whether anything is left."""

    fill: LiteralString
    """Fills up to `limit` rows after the id `after`; returns the last one's id, or none."""
    left: LiteralString
    """Whether there is a row that is not filled."""


FILL_CAUSES: Final[LiteralString] = """
WITH batch AS (
    SELECT id FROM deliveries WHERE cause_kind IS NULL AND id > %(after)s
    ORDER BY id LIMIT %(limit)s FOR NO KEY UPDATE SKIP LOCKED
), filled AS (
    UPDATE deliveries d SET cause = d.cause FROM batch WHERE d.id = batch.id RETURNING d.id
)
SELECT id FROM filled ORDER BY id DESC LIMIT 1
"""
"""The trigger of `0012_cause.sql` fills the rest of the row."""
CAUSES_LEFT: Final[LiteralString] = "SELECT EXISTS (SELECT FROM deliveries WHERE cause_kind IS NULL)"
BEFORE: Final[Mapping[str, Backfill]] = {"0013_cause_filled.sql": Backfill(FILL_CAUSES, CAUSES_LEFT)}
"""What must be filled before a file is applied."""


async def fill(connection: Connection, backfill: Backfill, *, batch: int = BATCH) -> None:
    """Until nothing is left; `connection` is in autocommit."""
    while True:
        after: UUID | None = FIRST
        while after is not None:
            values = {"after": after, "limit": batch}
            found = await (await connection.execute(backfill.fill, values)).fetchone()
            after = None if found is None else found[0]
        left = await (await connection.execute(backfill.left)).fetchone()
        if left is None or not left[0]:
            return
        log.warning("backfill: rows that somebody holds are left; asking again")
        await asyncio.sleep(_AGAIN_SECONDS)
