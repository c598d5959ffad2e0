"""`routes test`: who would be told about a resident of a municipality, when, and why (docs/command-line.md)."""

from datetime import date, datetime
from typing import Annotated

import typer
from rich.markup import escape

from config.command_environments import ReferenceEnvironment
from config.reference.explain_route import Routed, When, route
from frafaldsvarsel.commands.context import settings
from frafaldsvarsel.commands.terminal import DataDir, JsonFlag, emit, out, show
from frafaldsvarsel.wiring.common import read_reference
from models.calendar import COPENHAGEN
from models.notifications.delivery import Occasion

commands = typer.Typer(help="Who answers for whom.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(commands, name="routes")


@commands.callback()
def _group() -> None:
    """Who answers for whom."""


@commands.command("test")
def ask(
    municipality: Annotated[str, typer.Argument(help="Municipality code, four digits.")],
    on: Annotated[str | None, typer.Option(help="The message's date; today unless told.")] = None,
    data: DataDir = None,
    as_json: JsonFlag = False,
) -> None:
    """Say which unit a message about a resident would oblige, who would be told, when, and why.

    Exit code 1 when nobody answers for the municipality on that day.
    """
    try:
        day = datetime.now(COPENHAGEN).date() if on is None else date.fromisoformat(on)
    except ValueError:
        raise typer.BadParameter("a date: 2026-10-02", param_hint="--on") from None
    known = settings(ReferenceEnvironment, data)
    found = route(municipality, day, read_reference(known.reference))
    if as_json:
        emit(found)
    else:
        _present(found)
    if found.unit_id is None:
        raise typer.Exit(1)


def _present(found: Routed) -> None:
    name = f"{found.municipality_code} {found.municipality or ''}".strip()
    if found.unit_id is None:
        out.print(f"{escape(name)} on {found.on}: [yellow]no unit[/]; {found.because}.", highlight=False)
        out.print(
            "A message about a resident waits in the queue for people; nobody is told.", highlight=False
        )
        return
    out.print(f"{escape(name)} on {found.on}: [bold]{found.unit_id}[/] {found.unit}", highlight=False)
    out.print(escape(found.because), highlight=False, soft_wrap=True)
    out.print(f"To react within {found.working_days} working days, a local target.", highlight=False)
    show(
        "",
        ("audience", "channel", "recipient"),
        ([one.audience, one.channel, one.recipient] for one in found.told),
        empty="Nobody would be told.",
    )
    show(
        "",
        ("step", "who", "when"),
        (
            [_name(one), f"{', '.join(one.to)} by {', '.join(one.channels)}", _moment(one)]
            for one in found.when
        ),
        empty="",
    )
    learns = ", ".join(found.answers) or "nothing beside the receipt"
    out.print(f"The institution learns: {learns}.", highlight=False)


def _name(when: When) -> str:
    return f"{when.occasion.replace('_', ' ')} {when.level or ''}".rstrip()


def _moment(when: When) -> str:
    if when.working_days is None:
        return "at once"
    about = "the mentor right ends" if when.occasion is Occasion.MENTOR_ENDS else "the date"
    days = abs(when.working_days)
    side = "before" if when.working_days < 0 else "after"
    apart = f"{days} working day{'' if days == 1 else 's'} {side}" if days else "on"
    return f"{apart} {about}{', unless seen' if when.until_seen else ''}"
