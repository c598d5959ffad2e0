"""Made-up civil registration numbers: valid dates, and numbers that no person can hold."""

from datetime import date, timedelta
from typing import Final

_WEIGHTS: Final = (4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
_FIRST_BIRTHDAY: Final = date(1994, 1, 2)
_DAYS: Final = 16 * 365
_STRIDE: Final = 2741
"""Prime to the number of days: neighbours in the cast are not neighbours in age."""


def made_up_cpr(index: int) -> str:
    """The number of person `index`: another for each, a date from 1994 to 2009, never one that was issued.

    It fails modulus 11, and the birthday is not 1 January: such a number is nobody's (source: cpr.dk).
    """
    rank, place = divmod(index, _DAYS)
    birthday = _FIRST_BIRTHDAY + timedelta(days=place * _STRIDE % _DAYS)
    if (birthday.month, birthday.day) == (1, 1):
        # Moved to its own rank of serials, so that it stays apart from those born on the day itself.
        birthday, rank = birthday + timedelta(days=1), rank + 400
    century = "4" if birthday.year >= 2000 else "1"
    serial = 2 * rank
    number = f"{birthday:%d%m%y}{century}{serial:03d}"
    if sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=True)) % 11 == 0:
        number = f"{birthday:%d%m%y}{century}{serial + 1:03d}"
    return number
