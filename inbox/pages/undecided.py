"""The queue of messages that nobody has yet: what is missing of each, and what finds it out."""

from typing import Final
from urllib.parse import urlencode

from starlette.responses import Response

from crypto.visit_token import EVERYWHERE
from inbox.auth_guard import NoAccess
from inbox.page_context import Visit
from ledger.queries.cursors import NotACursor
from ledger.queries.undecided import UndecidedCursor, undecided, undecided_count
from ledger.queries.undecided_cursor import open_cursor, seal_cursor

PATH: Final = "/uafklarede"
_PAGE_SIZE: Final = 50


async def queue(visit: Visit) -> Response:
    """The longest waiting first."""
    rights, today = visit.rights, visit.today
    if not rights.sees_undecided:
        raise NoAccess
    near = None if rights.undecided else visit.parts.municipalities_of(rights.figures_of, today)
    place = _read(visit)
    async with visit.connection(municipalities=EVERYWHERE if near is None else near) as connection:
        page = await undecided(connection, today=today, municipalities=near, after=place, limit=_PAGE_SIZE)
        number = await undecided_count(connection, today=today, municipalities=near)
    following = None if page.next is None else seal_cursor(visit.parts.page_seal, page.next)
    return visit.page(
        "undecided.html",
        everywhere=near is None,
        messages=page.messages,
        number=number,
        institution=visit.parts.institution_name,
        municipality=lambda code: (
            visit.parts.municipalities.get(code) or visit.say("undecided.code", code=code)
        ),
        first=PATH if place is not None else None,
        following=None if following is None else f"{PATH}?{urlencode({'efter': following})}",
    )


def _read(visit: Visit) -> UndecidedCursor | None:
    """Where to go on; an address that somebody has shortened begins at the beginning."""
    try:
        return open_cursor(visit.parts.page_seal, visit.query("efter"))
    except NotACursor:
        return None
