"""`redecide`: messages that waited for the law, or for their person's record, are decided as things are today."""

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
    frozen: Annotated[
        bool,
        typer.Option(
            "--frozen",
            help="Those instead whom the earlier bound of 300 events had frozen, after `rebuild people --apply`.",
        ),
    ] = False,
    data: DataDir = None,
) -> None:
    """Decide the messages again that wait as `law_not_confirmed`. Every worker must have the new tables before."""
    from frafaldsvarsel.wiring.redrive import redriver
    from ops.recovery.redecide import waiting

    known = settings(HealingAuditEnvironment, data)
    with database(known.database, unreachable=2) as connection:
        reason = DecisionReason.TOO_MANY_EVENTS if frozen else DecisionReason.LAW_NOT_CONFIRMED
        people = waiting(connection, reason)
    if not yes:
        what = "Frozen by the earlier bound" if frozen else "Waiting for the law"
        out.print(f"{what}: {len(people)}. --yes decides their messages again.")
        return
    driven = redriver(known)(people)
    out.print(f"Decided again: {len(driven)} of {len(people)}. What still waits is listed by `decisions`.")
    if len(driven) < len(people):
        raise typer.Exit(1)
