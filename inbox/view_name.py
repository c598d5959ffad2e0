"""What a reader may call a view. Pure."""

from enum import StrEnum
from typing import Final

from models.actor_text import fault_in
from models.cpr import seems_begun

LONGEST: Final = 60


class ViewNameFault(StrEnum):
    """What is wrong with a name."""

    MISSING = "missing"
    TOO_LONG = "too_long"
    NUMBER = "number"
    """It could hold a CPR, or the date of birth that one begins with: a view tells of no person."""


def read_view_name(text: str) -> str | ViewNameFault:
    """The name without needless spaces.

    >>> read_view_name("  Høj alvor  på NEXT "), read_view_name("Anna 010101"), read_view_name(" ")
    ('Høj alvor på NEXT', <ViewNameFault.NUMBER: 'number'>, <ViewNameFault.MISSING: 'missing'>)
    """
    name = " ".join(text.split())
    if len(name) > LONGEST:
        return ViewNameFault.TOO_LONG
    if seems_begun(name):
        return ViewNameFault.NUMBER
    return name if fault_in(name) is None else ViewNameFault.MISSING
