"""All numbers of one person, as pseudonyms: whichever of them is typed, the same tasks are found."""

from typing import Final, LiteralString

from infra.postgres import Connection

NUMBERS: Final[LiteralString] = """
WITH RECURSIVE joined (person_id) AS (
    SELECT %s::text
    UNION
    SELECT other.person_id FROM joined, LATERAL (
        SELECT joined_to FROM person_joins WHERE person_joins.person_id = joined.person_id
        UNION ALL
        SELECT person_joins.person_id FROM person_joins WHERE joined_to = joined.person_id
    ) other (person_id)
)
SELECT person_id FROM joined
"""


async def numbers_of(connection: Connection, person_id: str) -> list[str]:
    """The number itself and those that are joined with it, whichever way round."""
    cursor = await connection.execute(NUMBERS, (person_id,))
    return sorted(person for (person,) in await cursor.fetchall())
