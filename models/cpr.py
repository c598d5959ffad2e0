"""What a Danish civil registration number (CPR) is, and when it cannot be a person's.

Modulus 11 is never asked: numbers without it have been issued since 2007 (source: cpr.dk).
"""

import re
import unicodedata
from datetime import date

_SHAPE = re.compile(r"\d{6}-?\d{4}", re.ASCII)
_BEGUN = re.compile(r"(\d[\W_]*){6,}")
_BETWEEN = r"[\W_]{0,3}"
_HELD = re.compile(
    rf"(?<!\d)(?=(\d\d{_BETWEEN}\d\d{_BETWEEN}\d\d{_BETWEEN}\d\d{_BETWEEN}\d\d)(?!\d))", re.ASCII
)
_HEXADECIMAL = re.compile(r"[\da-f-]{20,}", re.ASCII | re.IGNORECASE)
"""Without a look ahead for the letter: an address of nothing but digits would be looked through from each of them."""
_LETTER = re.compile(r"[a-f]", re.IGNORECASE | re.ASCII)
_WRITTEN = re.compile(r"(?<!\d)\d{6} ?[-–]? ?\d{4}(?!\d)", re.ASCII)
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


def seems_begun(text: str) -> bool:
    """Whether somebody has typed a CPR or the date that it begins with: six digits, whatever lies between them.

    >>> seems_begun("cpr 01.01.01"), seems_begun("010101"), seems_begun("FV-7K2P-01AB"), seems_begun("01010")
    (True, True, False, False)
    """
    return _BEGUN.search(plain_digits(text)) is not None


def holds_one(text: str) -> bool:
    """Whether a CPR may stand somewhere in `text`, however it is written; a random id in hexadecimal is none.

    >>> holds_one("Anna (010101 \u2013 1234)"), holds_one("CPR0101011234"), holds_one("110169484474386276334")
    (True, True, False)
    >>> holds_one("a0b1c2d3-0101-4112-8101-011234abcdef"), holds_one("+45 12 34 56 78")
    (False, False)
    """
    return found_in(text) is not None


def found_in(text: str) -> str | None:
    """The ten digits of the first CPR that may stand in `text`."""
    for held in _HELD.finditer(_HEXADECIMAL.sub(_without_id, plain_digits(text))):
        digits = re.sub(r"\D", "", held[1])
        if 1 <= int(digits[:2]) % _TEMPORARY_DAY <= 31 and 1 <= int(digits[2:4]) <= 12:
            return digits
    return None


def struck(text: str) -> str:
    """`text` without a CPR as people write one, for a sentence that repeats what somebody has written.

    >>> struck('unit_id "010101-1234": unknown'), struck("no number")
    ('unit_id "[CPR]": unknown', 'no number')
    """
    if not is_written_in(text):
        return text
    return _WRITTEN.sub("[CPR]", plain_digits(text))


def plain_digits(text: str) -> str:
    """`text` with every decimal digit as 0 to 9, whatever script or width it was typed in."""
    if text.isascii():
        return text
    return "".join(
        str(unicodedata.decimal(sign)) if sign.isdecimal() else sign
        for sign in unicodedata.normalize("NFKC", text)
    )


def _without_id(found: re.Match[str]) -> str:
    """A random id goes; digits and hyphens alone are none."""
    return " " if _LETTER.search(found[0]) else found[0]


def is_written_in(text: str) -> bool:
    """Whether a CPR stands in `text` as people write one. Narrower than `holds_one`: what it finds is refused.

    >>> is_written_in("Ring om 010101-1234"), is_written_in("Ring 12 34 56 78"), is_written_in("Ring +4512345678")
    (True, False, False)
    >>> is_written_in("Tlf. 12 11 34 56, 20 elever")
    False
    """
    return any(
        _is_possible("".join(filter(str.isdigit, found))) for found in _WRITTEN.findall(plain_digits(text))
    )


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
