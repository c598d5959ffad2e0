"""The canary's own senders, unit and people: reserved, so that no real person and no real unit is ever touched.

The rows behind the numbers stand in the reference data; that they keep to themselves is judged here, by intake.
"""

from datetime import date, timedelta
from typing import Final

from models.cpr import birth_date

INSTITUTION: Final = "999990"
MUNICIPALITY: Final = "9990"
REGISTER: Final = "REG-CANARY"
SENDERS: Final = frozenset({INSTITUTION, MUNICIPALITY, REGISTER})
UNIT: Final = "canary-9990"

_FIRST_BIRTHDAY: Final = date(1858, 1, 2)
_LAST_BIRTHDAY: Final = date(1867, 12, 31)
_DAYS: Final = (_LAST_BIRTHDAY - _FIRST_BIRTHDAY).days + 1
_CENTURY: Final = "5678"
"""The seventh digits that put these years into the 19th century (source: cpr.dk)."""
_SERIALS: Final = 1000


def made_up_cpr(person: int) -> str:
    """The number of the canary's person `person`: born before 1868, whom no register of numbers has known (from 1968).

    Another one for each of 14.6 million; after that they come again.
    """
    rank, day = divmod(person, _DAYS)
    serial, century = divmod(rank, len(_CENTURY))
    return f"{_FIRST_BIRTHDAY + timedelta(days=day):%d%m%y}{_CENTURY[century]}{serial % _SERIALS:03d}"


def is_one_of_its_people(cpr: str) -> bool:
    """Whether the ten digits can be one of `made_up_cpr`'s."""
    return int(cpr[:2]) <= 31 and _FIRST_BIRTHDAY <= birth_date(cpr) <= _LAST_BIRTHDAY


def oversteps(sender: str, cpr: str, municipality: str | None) -> str | None:
    """The field in which a canary's sender speaks of others than the canary's own; None for every other sender."""
    if sender not in SENDERS:
        return None
    if not is_one_of_its_people(cpr):
        return "cpr"
    if municipality is not None and municipality != MUNICIPALITY:
        return "municipality_code"
    return None
