"""Which things of the quarantine a command is about: its options, and what they come to."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Annotated

import typer

from frafaldsvarsel.commands.terminal import fail
from models.calendar import COPENHAGEN
from models.dead_letter import DeadLetterKind
from ops.recovery.dead_letters import Selection

KindOption = Annotated[
    DeadLetterKind | None,
    typer.Option("--kind", help="input, conflict, left_out, foreign, delivery or bounce."),
]
ReasonOption = Annotated[
    str | None,
    typer.Option("--reason", help="As in the list: docs/reasons.md, refused, exhausted, not_understood."),
]
Party = Annotated[str | None, typer.Option("--sender", help="A sender's number, or a unit.")]
Since = Annotated[
    str | None,
    typer.Option("--since", help="Not before: a date, or a moment (Danish time without an offset)."),
]
Until = Annotated[str | None, typer.Option("--until", help="Before this date or moment.")]
IdsArgument = Annotated[
    list[str] | None, typer.Option("--id", help="This one; may be given again. Found whatever its state.")
]
DecidedOption = Annotated[bool, typer.Option("--all", help="Those replayed or dismissed too.")]


def selection(
    kind: DeadLetterKind | None,
    reason: str | None,
    party: str | None,
    since: str | None,
    until: str | None,
    ids: list[str] | None,
    decided: bool,
) -> Selection:
    """What was asked for."""
    return Selection(
        kind=kind,
        reason=reason,
        party=party,
        since=_moment(since, "--since"),
        until=_moment(until, "--until"),
        ids=tuple(ids or ()),
        decided_too=decided,
    )


def narrow(chosen: Selection) -> Selection:
    """`chosen`; ends with 2 where it is everything."""
    if not chosen.narrows:
        fail("Which? Give --id, --kind, --reason, --sender, --since or --until.")
        raise typer.Exit(2)
    return chosen


def _moment(text: str | None, option: str) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            "a date or a moment: 2026-10-02, 2026-10-02T14:00", param_hint=option
        ) from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=COPENHAGEN)


def must_be_there(chosen: Selection, found: Iterable[str]) -> None:
    """Ends with 1 where an id that was asked for is not among what was found: a slip must not look like done."""
    there = set(found)
    missing = [identity for identity in dict.fromkeys(chosen.ids) if identity not in there]
    wanted = " with what else was asked for" if replace(chosen, ids=()).narrows else ""
    for identity in missing:
        fail(f"{identity} is not in quarantine{wanted}.")
    if missing:
        raise typer.Exit(1)
