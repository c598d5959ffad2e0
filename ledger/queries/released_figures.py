"""The figures of the follow-up report for single municipalities, as they were released (docs/decisions/0057).

Nothing is counted here: the interface and the report cannot say two things.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, LiteralString

from psycopg.rows import class_row

from infra.postgres import Connection

RELEASES: Final[LiteralString] = """
SELECT first_day, last_day, as_of, threshold FROM releases ORDER BY first_day DESC
"""
FIGURES: Final[LiteralString] = """
WITH own AS (
    SELECT DISTINCT family, value FROM released_figures
    WHERE first_day = %(first_day)s
      AND (value = '' OR value = ANY(%(municipalities)s) OR measure = 'base' AND members && %(municipalities)s::text[])
)
SELECT family, value, category, measure, number, status, members
FROM released_figures JOIN own USING (family, value) WHERE first_day = %(first_day)s ORDER BY place
"""
"""Also the lines in which a municipality is counted with others, and the families that were withheld."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasedPeriod:
    """A release of the report."""

    first_day: date
    last_day: date
    as_of: date
    threshold: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasedFigure:
    """A cell of it."""

    family: str
    value: str
    category: str
    measure: str
    number: int | None
    status: str
    members: Sequence[str]


async def periods(connection: Connection) -> list[ReleasedPeriod]:
    """Every release, the newest first."""
    async with connection.cursor(row_factory=class_row(ReleasedPeriod)) as cursor:
        await cursor.execute(RELEASES)
        return await cursor.fetchall()


async def figures(
    connection: Connection, first_day: date, municipalities: Collection[str]
) -> list[ReleasedFigure]:
    """Those of the municipalities (their codes) in the release that begins on `first_day`."""
    async with connection.cursor(row_factory=class_row(ReleasedFigure)) as cursor:
        await cursor.execute(FIGURES, {"first_day": first_day, "municipalities": sorted(municipalities)})
        return await cursor.fetchall()
