"""From a form to a deed, or to what is wrong with the form. Pure."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final, TypeVar
from uuid import UUID

from pydantic import ValidationError

from inbox.forms import Form
from models.calendar import COPENHAGEN
from models.tasks.actions import (
    Acknowledge,
    Action,
    Close,
    ContactAttempt,
    ContactForm,
    Ending,
    HandOver,
    HandOverReason,
    Initiative,
    NoInitiative,
    Note,
    Release,
    Reopen,
    ReopenReason,
    Take,
)
from models.tasks.notes import NoteCode

E = TypeVar("E")
_VERSION: Final = re.compile(r"[1-9]\d{0,17}", re.ASCII)
_NEVER: Final = -1
_DAY: Final = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)|(?P<d>\d{1,2})[./-] ?(?P<m>\d{1,2})[./-] ?(?P<y>\d{4})",
    re.ASCII,
)
"""As a browser's field sends it, and as people write it in Danish where the field is one for text."""
_CLOCK: Final = re.compile(
    r"(?:kl\.? ?)?(?P<hour>\d{1,2})(?:[:.]?(?P<minute>\d\d)(?:[:.](?P<second>\d\d)(?:\.0+)?)?)?",
    re.ASCII | re.IGNORECASE,
)
"""The same. `18.20` is twenty past six, never a fraction of a second."""


@dataclass(frozen=True, slots=True)
class FieldFault:
    """A field that must be mended, and the key of the sentence that says how."""

    field: str
    sentence: str
    task: str | None = None
    """The reference of the task that the sentence leads to."""


@dataclass(frozen=True, slots=True)
class BadForm:
    """Everything that is wrong with a form."""

    faults: tuple[FieldFault, ...]


def read_attempt(form: Form) -> Action | BadForm:
    """When, how, and whether the young person was reached."""
    faults = []
    at = _moment(form.one("date"), form.one("time"))
    if at is None:
        faults.append(FieldFault("attempt-date", "fault.when"))
    how = _member(ContactForm, form.one("form"))
    if how is None:
        faults.append(FieldFault("attempt-form", "fault.form"))
    reached = {"yes": True, "no": False}.get(form.one("reached"))
    if reached is None:
        faults.append(FieldFault("attempt-reached", "fault.reached"))
    if at is None or how is None or reached is None:
        return BadForm(tuple(faults))
    return ContactAttempt(at=at, form=how, reached=reached)


def read_close(form: Form) -> Action | BadForm:
    """The mandatory outcome."""
    ending = form.one("ending")
    if ending == Ending.NOT_REACHED:
        return Close(ending=Ending.NOT_REACHED)
    if ending != Ending.CONTACT_MADE:
        return BadForm((FieldFault("close-ending", "fault.ending"),))
    initiatives = tuple(
        found for text in form.all("initiative") if (found := _member(Initiative, text)) is not None
    )
    if not initiatives:
        return BadForm((FieldFault("close-initiative", "fault.initiative"),))
    if Initiative.NONE in initiatives and len(initiatives) > 1:
        return BadForm((FieldFault("close-initiative", "fault.none_and_more"),))
    because = _member(NoInitiative, form.one("none_because")) if Initiative.NONE in initiatives else None
    if Initiative.NONE in initiatives and because is None:
        return BadForm((FieldFault("close-because", "fault.none_because"),))
    try:
        return Close(ending=Ending.CONTACT_MADE, initiatives=initiatives, none_because=because)
    except ValidationError:
        return BadForm((FieldFault("close-initiative", "fault.initiative"),))


def read_hand_over(form: Form) -> Action | BadForm:
    """To whom, and why."""
    faults = []
    unit, reason = form.one("to_unit"), _member(HandOverReason, form.one("reason"))
    if not unit:
        faults.append(FieldFault("hand-over-unit", "fault.unit"))
    if reason is None:
        faults.append(FieldFault("hand-over-reason", "fault.reason"))
    if reason is None or faults:
        return BadForm(tuple(faults))
    try:
        return HandOver(to_unit=unit, reason=reason)
    except ValidationError:
        return BadForm((FieldFault("hand-over-unit", "fault.unit"),))


def read_reopen(form: Form) -> Action | BadForm:
    """Why."""
    reason = _member(ReopenReason, form.one("reason"))
    return (
        BadForm((FieldFault("reopen-reason", "fault.reason"),)) if reason is None else Reopen(reason=reason)
    )


def read_note(form: Form) -> Action | BadForm:
    """Which."""
    note = _member(NoteCode, form.one("note"))
    return BadForm((FieldFault("note-code", "fault.note"),)) if note is None else Note(note=note)


READERS: Final[Mapping[str, Callable[[Form], Action | BadForm]]] = {
    "acknowledge": lambda _: Acknowledge(),
    "take": lambda _: Take(),
    "release": lambda _: Release(),
    "attempt": read_attempt,
    "close": read_close,
    "hand_over": read_hand_over,
    "reopen": read_reopen,
    "note": read_note,
}
"""By the deed's kind."""


def read_id(text: str) -> UUID | None:
    """The id that makes a deed happen once."""
    try:
        return UUID(text)
    except ValueError:
        return None


def read_version(text: str) -> int | None:
    """The version that the form's page showed; None where the form names none. No task has what is not a number."""
    if not text:
        return None
    return int(text) if _VERSION.fullmatch(text) else _NEVER


def read_day(text: str) -> date | None:
    """A day, as a browser's field sends it or as people write it; None for what is none.

    >>> read_day("2026-10-07"), read_day("7.10.2026"), read_day("31.2.2026")
    (datetime.date(2026, 10, 7), datetime.date(2026, 10, 7), None)
    """
    found = _DAY.fullmatch(text)
    if found is None:
        return None
    year, month, number = (
        found["year"] or found["y"],
        found["month"] or found["m"],
        found["day"] or found["d"],
    )
    try:
        return date(int(year), int(month), int(number))
    except ValueError:
        return None


def _member(kind: Callable[[str], E], text: str) -> E | None:
    try:
        return kind(text)
    except ValueError:
        return None


def _moment(day: str, at: str) -> datetime | None:
    """A time by Copenhagen's clock; in the hour that comes twice it is the first."""
    found, clock = read_day(day), _CLOCK.fullmatch(at)
    if found is None or clock is None:
        return None
    hour, minute = int(clock["hour"]), int(clock["minute"] or 0)
    try:
        return datetime.combine(
            found,
            time(hour, minute, int(clock["second"] or 0)),
            COPENHAGEN,
        )
    except ValueError:
        return None
