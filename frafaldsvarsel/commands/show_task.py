"""One task's history in words. It knows coded words alone, and no personal data is among them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Final

from rich.markup import escape

from frafaldsvarsel.commands.terminal import out, show
from ledger.queries.listing_rows import TaskHistoryLine, TaskListing
from models.calendar import COPENHAGEN

_SERVICE: Final[Mapping[str, str]] = {
    "task_opened": "opened",
    "task_reopened": "in force again",
    "message_joined": "another message",
    "message_left": "a message no longer belongs to it",
    "task_handed_over": "given to {to}: the rules name that unit now",
    "task_withdrawn": "withdrawn: {reason}",
    "delivery_refused": "a notice was refused ({occasion}): {reason}",
    "delivery_exhausted": "a notice was given up ({occasion}): {reason}",
    "delivery_superseded": "a notice was no longer needed ({occasion}): {reason}",
    "delivery_rebuilt": "a notice was found missing ({occasion})",
    "delivery_lease_lost": "a notice may have been sent twice ({occasion})",
}
_PERSON: Final[Mapping[str, str]] = {
    "acknowledge": "seen",
    "take": "taken",
    "release": "given back",
    "attempt": "contact sought, {form}, {at}: {met}",
    "close": "closed: {ending}{decided}",
    "reopen": "opened again: {reason}",
    "hand_over": "handed over to {to_unit}: {reason}{as}",
    "note": "noted: {note}",
    "looked_at": "looked at",
    "opened": "the person's particulars were opened: {purpose}",
    "found_by_cpr": "found by CPR",
    "delivery_sent_again": "a notice was sent again ({occasion})",
    "delivery_hurried": "a notice was tried at once: {because}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryAnswer:
    """One line of the history, with its words."""

    at: datetime
    by: str
    who: str | None
    via: str | None
    kind: str
    detail: Mapping[str, object]
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskAnswer(TaskListing):
    """`tasks show --json`: the fields of `tasks`, and the history."""

    history: Sequence[HistoryAnswer]


def task_answer(task: TaskListing, history: Sequence[TaskHistoryLine]) -> TaskAnswer:
    """What a program reads of one task."""
    lines = [
        HistoryAnswer(
            at=row.at,
            by=row.by,
            who=row.who,
            via=row.via,
            kind=row.kind,
            detail=row.detail,
            said=sentence(row),
        )
        for row in history
    ]
    return TaskAnswer(**{field.name: getattr(task, field.name) for field in fields(task)}, history=lines)


def present(task: TaskListing, history: Sequence[TaskHistoryLine]) -> None:
    """The task for a person."""
    ending = "" if task.ending is None else f", {_words(task.ending)}"
    said = [
        f"{task.reference} of {task.unit}: {task.status}{ending}",
        f"to be reacted to by {task.react_by}, a local target",
        f"{task.messages} message" + ("" if task.messages == 1 else "s"),
    ]
    if task.mentor_until is not None:
        said.append(f"mentor right to be taken up by {task.mentor_until}")
    if task.owner is not None and task.status == "open":
        said.append(f"{task.owner} works on it")
    if task.follows is not None:
        said.append(f"it follows {task.follows}, which is closed")
    for line in said:
        out.print(line, markup=False, highlight=False, soft_wrap=True)
    show(
        "",
        ("when", "who", "what"),
        (
            # A name and an operator's words may look like the terminal's markup.
            [_when(row.at), escape(row.who or "the service"), escape(sentence(row))]
            for row in history
        ),
        empty="Nothing has happened yet.",
    )


def sentence(row: TaskHistoryLine) -> str:
    """What one line of the history says."""
    detail = row.detail
    if row.by != "person":
        if row.kind in ("task_opened", "task_reopened") and "act" in detail:
            return "taken over from another unit"
        if row.kind == "task_handed_over" and "act" in detail:
            return f"no longer this unit's: {detail['to']} has it"
        return _filled(_SERVICE.get(row.kind), row.kind, detail)
    more = dict(detail)
    if row.kind == "attempt":
        more["at"] = _when(datetime.fromisoformat(str(detail["at"])))
        more["met"] = "reached" if detail["reached"] else "not reached"
    if row.kind == "close":
        initiatives = detail.get("initiatives", ())
        decided = [_words(one) for one in initiatives] if isinstance(initiatives, Sequence) else []
        reason = detail.get("none_because")
        more["decided"] = "".join(f"; {one}" for one in decided) + (f" ({_words(reason)})" if reason else "")
    if row.kind == "hand_over":
        more["as"] = "" if row.successor is None else f", there {row.successor}"
    return _filled(_PERSON.get(row.kind), row.kind, more)


def _filled(template: str | None, kind: str, detail: Mapping[str, object]) -> str:
    if template is None:
        return _words(kind)
    try:
        return template.format_map({name: _words(value) for name, value in detail.items()})
    except KeyError:
        return _words(kind)


def _words(coded: object) -> str:
    text = str(coded)
    return text.replace("_", " ") if "@" not in text else text


def _when(moment: datetime) -> str:
    return f"{moment.astimezone(COPENHAGEN):%Y-%m-%d %H:%M}"
