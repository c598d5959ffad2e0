"""`redecide`: messages that waited for the tables, or for their person's record, are decided as things are today."""

from typing import Annotated

import typer

from config.environments import HealingAuditEnvironment
from frafaldsvarsel.commands.context import settings
from frafaldsvarsel.commands.database import database
from frafaldsvarsel.commands.terminal import DataDir, fail, out
from ops.recovery.redecide import RedecideReason, joins, of_senders, waiting


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("redecide")(redecide)


def redecide(
    yes: Annotated[
        bool, typer.Option("--yes", help="Do it; without this it is only said what would happen.")
    ] = False,
    reason: Annotated[
        list[RedecideReason] | None,
        typer.Option(help="Why the messages wait; may be given again. Without it: law_not_confirmed."),
    ] = None,
    sender: Annotated[
        list[str] | None,
        typer.Option(
            help="Everybody about whom this sender has sent something, after a merger; again for more."
        ),
    ] = None,
    joined: Annotated[
        bool,
        typer.Option(
            "--joined", help="Every change of number: all is forwarded again, and its mark is written."
        ),
    ] = False,
    data: DataDir = None,
) -> None:
    """Decide messages again that wait for the tables. Every worker must have the new ones before."""
    from frafaldsvarsel.wiring.redrive import redriver

    reasons = [] if (sender or joined) and not reason else reason or [RedecideReason.LAW_NOT_CONFIRMED]
    known = settings(HealingAuditEnvironment, data)
    with database(known.database, unreachable=2) as connection:
        people = [*waiting(connection, reasons), *of_senders(connection, sender or [])]
        people += joins(connection) if joined else []
    if not yes:
        out.print(
            f"Waiting ({', '.join([*reasons, *(sender or []), *(['joined'] if joined else [])])}): "
            f"{_people(len(people))}. --yes hands them over."
        )
        return
    driven = redriver(known)(people)
    again = "done once, that is all." if sender or joined else "run again until it says 0."
    out.print(f"Handed over: {_people(len(driven))}; {again}")
    if len(driven) < len(people):
        fail(f"{len(people) - len(driven)} could not be handed over: their events are out of the log.")
        raise typer.Exit(1)


def _people(number: int) -> str:
    return "1 person" if number == 1 else f"{number} people"
