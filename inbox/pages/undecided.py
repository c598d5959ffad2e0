"""The queue of messages that nobody has yet: what is missing of each, and what finds it out."""

from datetime import date
from typing import Final
from urllib.parse import urlencode

from starlette.responses import Response

from inbox.guard import NoAccess
from inbox.visit import Visit
from ledger.undecided import UndecidedPlace, undecided, undecided_count
from models.frozen import Frozen
from seals.vault import NotOpenedError

PATH: Final = "/uafklarede"
_PURPOSE: Final = "inbox/undecided"
_PAGE_SIZE: Final = 50


class _Place(Frozen):
    """Where a page ends, as the address carries it: sealed, since it names a message."""

    review_on: date
    sender: str
    message_id: str
    person_id: str


async def queue(visit: Visit) -> Response:
    """The longest waiting first."""
    rights, today = visit.rights, visit.today
    if not rights.sees_undecided:
        raise NoAccess
    near = None if rights.undecided else visit.parts.municipalities_of(rights.figures_of, today)
    place = _read(visit)
    async with visit.parts.pool.connection() as connection:
        page = await undecided(connection, today=today, municipalities=near, after=place, limit=_PAGE_SIZE)
        number = await undecided_count(connection, today=today, municipalities=near)
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
        following=None if page.next is None else f"{PATH}?{urlencode({'efter': _write(visit, page.next)})}",
    )


def _write(visit: Visit, place: UndecidedPlace) -> str:
    content = _Place(
        review_on=place.review_on, sender=place.sender, message_id=place.message_id, person_id=place.person_id
    )
    return visit.parts.vault.seal(content.model_dump_json().encode(), _PURPOSE)


def _read(visit: Visit) -> UndecidedPlace | None:
    """Where to go on; an address that somebody has shortened begins at the beginning."""
    try:
        found = _Place.model_validate_json(visit.parts.vault.open(visit.query("efter"), _PURPOSE))
    except (NotOpenedError, ValueError):
        return None
    return UndecidedPlace(found.review_on, found.sender, found.message_id, found.person_id)
