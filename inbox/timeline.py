"""A task's history as people would tell it: one line for each thing that happened, the latest first. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from inbox.date_text import clock
from inbox.translations import Translations
from ledger.queries.task_detail import HistoryEntry, TaskView
from models.audit_kind import AuditKind
from models.tasks.actions import Action, Close, ContactAttempt, Ending, HandOver, Note, Reopen, Via
from models.tasks.notes import NoteCode

_SILENT: Final = frozenset({"decided"})
"""Of the audit trail, what says nothing to the unit."""
_BY_MESSAGE: Final = frozenset({"task_opened", "task_reopened"})
"""By a message, or by another unit that handed the task over."""


class Names(Protocol):
    """What things are called."""

    @property
    def unit_name(self) -> Callable[[str], str]: ...

    @property
    def institution_name(self) -> Callable[[str], str]: ...


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One thing that happened."""

    at: datetime
    text: str
    who: str | None
    """A person or a client; None is the service itself."""
    via: Via | None
    sign: str
    """Of the design system."""


def timeline(view: TaskView, say: Translations, names: Names) -> list[TimelineEntry]:
    """The lines, the latest first."""
    lines = [_line(entry, say, names) for entry in view.history]
    return [line for line in reversed(lines) if line is not None]


@dataclass(frozen=True, slots=True)
class LatestNote:
    """A code that somebody has noted, as it was noted last."""

    note: NoteCode
    at: datetime
    by_name: str | None


def latest_notes(history: Sequence[HistoryEntry]) -> list[LatestNote]:
    """Each code once, the latest first."""
    latest = {
        entry.deed.note: LatestNote(entry.deed.note, entry.at, entry.by_name)
        for entry in sorted(history, key=lambda entry: entry.at)
        if isinstance(entry.deed, Note)
    }
    return sorted(latest.values(), key=lambda note: note.at, reverse=True)


def _line(entry: HistoryEntry, say: Translations, names: Names) -> TimelineEntry | None:
    via = Via(entry.via) if entry.via in set(Via) else None
    if entry.deed is not None:
        return TimelineEntry(
            entry.at, _deed(entry.deed, say, names), entry.by_name, via, _SIGNS.get(entry.kind, "check")
        )
    if entry.kind in _SILENT:
        return None
    text = _audit(entry, say, names)
    return (
        None
        if text is None
        else TimelineEntry(entry.at, text, entry.by_name, via, _SIGNS.get(entry.kind, "info"))
    )


def _deed(deed: Action, say: Translations, names: Names) -> str:
    match deed:
        case ContactAttempt(at=at, form=form, reached=reached):
            key = "history.attempt_reached" if reached else "history.attempt_missed"
            return say(key, form=say(f"form.{form}").lower(), at=clock(at, say.language))
        case Close(ending=Ending.NOT_REACHED):
            return say("history.close_not_reached")
        case Close(initiatives=initiatives, none_because=because):
            chosen = ", ".join(say(f"initiative.{each}").lower() for each in initiatives)
            if because is not None:
                return say("history.close_none", because=say(f"because.{because}").lower())
            return say("history.close_contact", initiatives=chosen)
        case HandOver(to_unit=unit, reason=reason):
            return say(
                "history.hand_over",
                unit=names.unit_name(unit),
                reason=say(f"hand_over_reason.{reason}").lower(),
            )
        case Reopen(reason=reason):
            return say("history.reopen", reason=say(f"reopen_reason.{reason}").lower())
        case Note(note=note):
            return say("history.note", note=say(f"note.{note}"))
        case _:
            return say(f"history.{deed.kind}")


def _audit(entry: HistoryEntry, say: Translations, names: Names) -> str | None:
    key = f"history.{entry.kind}"
    if entry.kind in _BY_MESSAGE and entry.sender is None:
        key = "history.task_taken_over"
    detail = entry.detail
    if entry.kind == AuditKind.FOUND_BY_CPR and detail.get("purpose"):
        key += "_for"
    if not say.knows(key):
        return None
    purpose, occasion = detail.get("purpose"), f"occasion.{detail.get('occasion')}"
    return say(
        key,
        institution="" if entry.sender is None else names.institution_name(entry.sender),
        unit=names.unit_name(str(detail.get("to") or detail.get("unit") or "")),
        occasion=say(occasion).lower() if say.knows(occasion) else "",
        reason=_reason(detail.get("reason"), say),
        purpose=say(f"purpose.{purpose}").lower() if say.knows(f"purpose.{purpose}") else "",
    )


def _reason(code: object, say: Translations) -> str:
    key = f"reason.{code}"
    return say(key) if say.knows(key) else ""


_SIGNS: Final = {
    "acknowledge": "check",
    "take": "person",
    "release": "person-remove",
    "attempt": "headset",
    "close": "success",
    "reopen": "refresh",
    "hand_over": "forward",
    "note": "bookmark",
    "opened": "visibility",
    "found_by_cpr": "search",
    "task_opened": "flag",
    "message_joined": "email",
}
