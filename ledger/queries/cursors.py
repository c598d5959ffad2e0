"""Where a page of a list ends, in a form that an address can carry. It names no person.

It need not be signed: it only says where to go on reading among what the reader may see.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from models.cpr import holds_one, seems_begun

_REFERENCE: Final = re.compile(r"FV-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}")
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MOMENT: Final = re.compile(r"\d{8}T\d{6}\.\d{6}", re.ASCII)
_MOMENT_FORM: Final = "%Y%m%dT%H%M%S.%f"
_LEAST: Final = 4
"""Signs of a reference that a search needs: fewer would find the half of everything."""
_MISREAD: Final = str.maketrans("OIL", "011")


class NotACursor(ValueError):
    """Text that names no place, or a place of another list."""


@dataclass(frozen=True, slots=True)
class ByDate:
    """A place in a list of open tasks."""

    at: date
    reference: str


@dataclass(frozen=True, slots=True)
class ByClosing:
    """A place in a list of closed tasks."""

    at: datetime
    reference: str


Cursor = ByDate | ByClosing


def cursor_text(place: Cursor) -> str:
    """`place` as text: letters that an address carries as they are."""
    if isinstance(place, ByDate):
        return f"{place.at.isoformat()}~{place.reference}"
    return f"{place.at.astimezone(UTC).strftime(_MOMENT_FORM)}~{place.reference}"


def read_cursor(text: str) -> Cursor:
    """What `cursor_text` wrote; raises `NotACursor` for anything else."""
    at, _, reference = text.partition("~")
    if not _REFERENCE.fullmatch(reference):
        raise NotACursor("not a place of a list")
    try:
        if _DATE.fullmatch(at):
            return ByDate(date.fromisoformat(at), reference)
        if _MOMENT.fullmatch(at):
            return ByClosing(datetime.strptime(at, _MOMENT_FORM).replace(tzinfo=UTC), reference)
    except ValueError:
        raise NotACursor("no such date") from None
    raise NotACursor("not a place of a list")


def is_reference(text: str) -> bool:
    """Whether `text` can be a task's reference."""
    return _REFERENCE.fullmatch(text) is not None


def reference_beginning(text: str) -> str | None:
    """What somebody typed of a reference, as references begin; None where it is too little or none at all.

    >>> reference_beginning(" fv 7k2p o1")
    'FV-7K2P-01'
    """
    letters = re.sub(r"[\s\-]", "", text).upper().removeprefix("FV").translate(_MISREAD)
    if not _LEAST <= len(letters) <= 12 or re.search(r"[^0-9A-HJKMNP-TV-Z]", letters):
        return None
    return "FV-" + "-".join(letters[at : at + 4] for at in range(0, len(letters), 4))


def addressable(text: str) -> str | None:
    """The same, where it may go into an address: what could be a CPR, in any spelling, or a name is no reference.

    >>> addressable("FV-0101-01"), addressable("cpr 010101"), addressable("FV 010101-1234"), addressable("7k2p")
    ('FV-0101-01', None, None, 'FV-7K2P')
    """
    named = text.strip().upper().startswith("FV")
    if holds_one(text) or (seems_begun(text) and not named):
        return None
    beginning = reference_beginning(text)
    return beginning if beginning is None or named or re.search(r"\d", text) else None
