"""How the quarantine is listed, and what came of a replay or a dismissal of each thing (docs/command-line.md)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rich.markup import escape

from frafaldsvarsel.commands.listing import Columns, present
from frafaldsvarsel.commands.terminal import note, out
from models.calendar import COPENHAGEN
from models.dead_letter import DeadLetter, DeadLetterKind, DeadLetterState, ReplayOutcome

NOTHING: Final = "Nothing in quarantine is so."


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayAnswer:
    """What a replay of one thing would come to, or came to."""

    id: str
    kind: DeadLetterKind
    reason: str
    prospect: ReplayOutcome
    why: str | None
    replayed: bool
    replayed_as: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DismissAnswer:
    """Whether one thing was put aside."""

    id: str
    kind: DeadLetterKind
    reason: str
    state: DeadLetterState
    dismissed: bool


def show_replay(answers: Sequence[ReplayAnswer], *, yes: bool) -> None:
    """The plan, or what came of it, for a person."""
    columns: Columns[ReplayAnswer] = {
        "id": lambda one: one.id,
        "kind": lambda one: one.kind,
        "reason": lambda one: one.reason,
        "came to" if yes else "now": lambda one: _said(one.prospect, replayed=one.replayed),
        "why": lambda one: escape(one.replayed_as or one.why or ""),
    }
    present(answers, columns, as_json=False, empty=NOTHING)
    _say_dry([one.replayed for one in answers], yes=yes, word="replayed")


def show_dismissal(answers: Sequence[DismissAnswer], *, yes: bool) -> None:
    """The same for what was put aside."""
    present(answers, _DISMISS_COLUMNS, as_json=False, empty=NOTHING)
    _say_dry([one.dismissed for one in answers], yes=yes, word="dismissed")


def _said(prospect: ReplayOutcome, *, replayed: bool) -> str:
    if replayed:
        return "[green]replayed[/]"
    colour = "green" if prospect.worthwhile else "yellow"
    return f"[{colour}]{prospect.replace('_', ' ')}[/]"


def _say_dry(done: Sequence[bool], *, yes: bool, word: str) -> None:
    if not done:
        return
    if not yes:
        note(f"[dim]Nothing has been {word}: --yes does it.[/]")
        return
    out.print(f"{sum(done)} of {len(done)} {word}.", highlight=False)


def _why(dead_letter: DeadLetter) -> str:
    said = [
        dead_letter.detail,
        dead_letter.task,
        dead_letter.replayed_as and f"as {dead_letter.replayed_as}",
        dead_letter.delivery_status if dead_letter.state is DeadLetterState.REPLAYED else None,
        dead_letter.because and f"“{dead_letter.because}”",
        dead_letter.decided_by,
    ]
    return " · ".join(part for part in said if part)


_STATES: Mapping[DeadLetterState, str] = {
    DeadLetterState.OPEN: "[bold]open[/]",
    DeadLetterState.BEGUN: "[yellow]begun[/]",
    DeadLetterState.REPLAYED: "[green]replayed[/]",
    DeadLetterState.DISMISSED: "[dim]dismissed[/]",
}
COLUMNS: Columns[DeadLetter] = {
    "id": lambda one: one.id,
    "kind": lambda one: one.kind,
    "since": lambda one: f"{one.since.astimezone(COPENHAGEN):%Y-%m-%d %H:%M}",
    "from / unit": lambda one: one.sender or one.unit,
    "reason": lambda one: one.reason,
    "state": lambda one: _STATES[one.state],
    "why": lambda one: escape(_why(one)),
}
_DISMISS_COLUMNS: Columns[DismissAnswer] = {
    "id": lambda one: one.id,
    "kind": lambda one: one.kind,
    "reason": lambda one: one.reason,
    "state": lambda one: "dismissed" if one.dismissed else one.state,
}
