"""A reader's own views: a name, and what the address of the task list says. They are nobody else's, and of no case.

`connection` shows the reader's own rows, and none of another's (`ledger.queries.visit`).
"""

from dataclasses import dataclass
from typing import Final, LiteralString

from infra.postgres import Connection

MOST: Final = 20
"""Views of one reader."""
VIEWS: Final[LiteralString] = """
SELECT name, query FROM saved_views WHERE user_id = %(reader)s ORDER BY saved_at, name
"""
SAVE: Final[LiteralString] = """
INSERT INTO saved_views (user_id, name, query)
SELECT %(reader)s, %(name)s, %(query)s
WHERE %(most)s > (SELECT count(*) FROM saved_views WHERE user_id = %(reader)s AND name <> %(name)s)
ON CONFLICT (user_id, name) DO UPDATE SET query = excluded.query
"""
DROP: Final[LiteralString] = "DELETE FROM saved_views WHERE user_id = %(reader)s AND name = %(name)s"


@dataclass(frozen=True, slots=True)
class SavedView:
    """One of them."""

    name: str
    query: str
    """Of the list's address; empty: the list as it comes."""


async def views_of(connection: Connection, reader: str) -> tuple[SavedView, ...]:
    """The oldest first."""
    cursor = await connection.execute(VIEWS, {"reader": reader})
    return tuple(SavedView(*row) for row in await cursor.fetchall())


async def save_view(connection: Connection, reader: str, view: SavedView) -> bool:
    """In place of the one of the same name; False where the reader has `MOST` already."""
    values = {"reader": reader, "name": view.name, "query": view.query, "most": MOST}
    return (await connection.execute(SAVE, values)).rowcount == 1


async def drop_view(connection: Connection, reader: str, name: str) -> None:
    """Gone already is as good."""
    await connection.execute(DROP, {"reader": reader, "name": name})
