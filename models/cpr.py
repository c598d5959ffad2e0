"""What a Danish civil registration number (CPR) is, and when it cannot be a person's.

Modulus 11 is never asked: numbers without it have been issued since 2007 (source: cpr.dk).
"""

import re
from datetime import date

_SHAPE = re.compile(r"\d{6}-?\d{4}", re.ASCII)
_BEGUN = re.compile(r"(\d[\s-]*){6,}", re.ASCII)
_INSIDE = re.compile(r"(?<!\d)\d{6} ?[-–]? ?\d{4}(?!\d)", re.ASCII)
_TEMPORARY_DAY = 60


class NotAPerson(ValueError):
    """The number cannot belong to a person. The message never contains the number."""


def normalise(text: str) -> str:
    """Ten digits from ``DDMMYYSSSS`` or ``DDMMYY-SSSS``; raises `NotAPerson`."""
    if not _SHAPE.fullmatch(text):
        raise NotAPerson("a CPR has ten digits, with or without a hyphen after the sixth")
    digits = text.replace("-", "")
    birth_date(digits)
    return digits


def is_unborn(digits: str, day: date) -> bool:
    """Whether the number's date of birth is after `day` (of Denmark): nobody has it yet. `digits` of `normalise`."""
    return birth_date(digits) > day


def seems_one(text: str) -> bool:
    """Whether somebody has typed a CPR, or the date that it begins with: digits and nothing else.

    >>> seems_one(" 010101 - 1234"), seems_one("010101"), seems_one("FV-0101-0112"), seems_one("01010")
    (True, True, False, False)
    """
    return _BEGUN.fullmatch(text.strip()) is not None


def holds_one(text: str) -> bool:
    """Whether a CPR stands somewhere in a text that people have written: ten digits that begin with a date.

    >>> holds_one("Ring om 010101-1234"), holds_one("Ring 12 34 56 78"), holds_one("Ring +4512345678")
    (True, False, False)
    """
    return any(_is_possible("".join(filter(str.isdigit, found))) for found in _INSIDE.findall(text))


def _is_possible(digits: str) -> bool:
    try:
        birth_date(digits)
    except NotAPerson:
        return False
    return True


def birth_date(digits: str) -> date:
    """The date that the first seven digits name; temporary numbers carry day + 60. Raises `NotAPerson`."""
    day, month, year, seventh = int(digits[:2]), int(digits[2:4]), int(digits[4:6]), int(digits[6])
    if day > _TEMPORARY_DAY:
        day -= _TEMPORARY_DAY
    try:
        return date(_century(seventh, year) + year, month, day)
    except ValueError:
        raise NotAPerson("the first six digits of a CPR are a date, and these are not") from None


def _century(seventh: int, year: int) -> int:
    """The century by the seventh digit (source: cpr.dk, "Personnummeret i CPR")."""
    if seventh <= 3:
        return 1900
    if seventh in (4, 9):
        return 2000 if year <= 36 else 1900
    return 2000 if year <= 57 else 1800
