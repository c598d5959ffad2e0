"""Where a page of the undecided queue ends, as an address carries it: sealed, since it names a message and a person."""

from datetime import date
from typing import Final

from crypto.vault import NotOpenedError, PageSeal
from ledger.queries.cursors import NotACursor
from ledger.queries.undecided import UndecidedCursor
from models.base import Frozen

_PURPOSE: Final = "inbox/undecided"


class _Cursor(Frozen):
    review_on: date
    sender: str
    message_id: str
    person_id: str


def seal_cursor(seal: PageSeal, place: UndecidedCursor) -> str:
    """`place` for an address."""
    content = _Cursor(
        review_on=place.review_on, sender=place.sender, message_id=place.message_id, person_id=place.person_id
    )
    return seal.seal(content.model_dump_json().encode(), _PURPOSE)


def open_cursor(seal: PageSeal, text: str) -> UndecidedCursor:
    """What `seal_cursor` wrote; raises `NotACursor` for anything else."""
    try:
        found = _Cursor.model_validate_json(seal.open(text, _PURPOSE))
    except (NotOpenedError, ValueError):
        raise NotACursor("not a place of the queue") from None
    return UndecidedCursor(found.review_on, found.sender, found.message_id, found.person_id)
