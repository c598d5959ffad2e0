"""The tasks behind references that somebody has before them. Reading only."""

from collections.abc import Collection, Mapping
from typing import Final, LiteralString
from uuid import UUID

from infra.postgres import Connection

IDS: Final[LiteralString] = """
SELECT reference, id FROM tasks WHERE reference = ANY(%(references)s) AND unit_id = ANY(%(units)s)
"""


async def ids_of(
    connection: Connection, references: Collection[str], *, units: frozenset[str]
) -> Mapping[str, UUID]:
    """By reference; without those of other units."""
    values = {"references": list(references), "units": sorted(units)}
    cursor = await connection.execute(IDS, values)
    return dict(await cursor.fetchall())
