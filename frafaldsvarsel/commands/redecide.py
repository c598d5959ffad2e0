"""`redecide`: messages that waited for the law are decided by the tables of today."""

from typing import Annotated

import typer

from config.environments import HealingAuditEnvironment
from frafaldsvarsel.commands.context import settings
from frafaldsvarsel.commands.database import database
from frafaldsvarsel.commands.terminal import DataDir, out
from models.reasons import DecisionReason


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("redecide")(redecide)


def redecide(
    yes: Annotated[
        bool, typer.Option("--yes", help="Do it; without this it is only said what would happen.")
    ] = False,
    data: DataDir = None,
) -> None:
    """Decide the messages again that wait as `law_not_confirmed`. Every worker must have the new tables before."""
    from frafaldsvarsel.wiring.redrive import redriver
    from ops.recovery.redecide import waiting

    known = settings(HealingAuditEnvironment, data)
    with database(known.database, unreachable=2) as connection:
        people = waiting(connection, DecisionReason.LAW_NOT_CONFIRMED)
    if not yes:
        out.print(f"Waiting for the law: {len(people)}. --yes decides their messages again.")
        return
    driven = redriver(known)(people)
    out.print(f"Decided again: {len(driven)} of {len(people)}. What still waits is listed by `decisions`.")
    if len(driven) < len(people):
        raise typer.Exit(1)
