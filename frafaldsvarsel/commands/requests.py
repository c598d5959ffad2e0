"""`requests`: what one person has asked for and another approves (docs/decisions/0061)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID, uuid4

import typer
from rich.markup import escape

from config.command_environments import DatabaseEnvironment
from frafaldsvarsel.commands.context import settings
from frafaldsvarsel.commands.database import database, operator
from frafaldsvarsel.commands.listing import Columns, present
from frafaldsvarsel.commands.terminal import Because, By, DataDir, JsonFlag, fail, note, out
from infra.postgres import SyncConnection
from models.operator import Operator
from ops.recovery import requests as store
from ops.recovery.requests import CannotApprove, Request, RequestKind

commands = typer.Typer(help="What takes two people: asked by one, approved by another.", no_args_is_help=True)
_COLUMNS: Columns[Request] = {
    "id": lambda one: one.id,
    "of": lambda one: one.kind,
    "what": lambda one: escape(", ".join(one.what)),
    "asked by": lambda one: one.asked_by,
    "why": lambda one: escape(one.because),
    "approved by": lambda one: one.approved_by,
}


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(commands, name="requests")


@commands.command("list")
def list_requests(
    everything: Annotated[bool, typer.Option("--all", help="Those that were approved, too.")] = False,
    data: DataDir = None,
    as_json: JsonFlag = False,
) -> None:
    """List what waits for a second person, the oldest first."""
    with database(settings(DatabaseEnvironment, data).database) as connection:
        found = store.requests(connection, approved_too=everything)
    present(found, _COLUMNS, as_json=as_json, empty="Nothing waits for a second person.")


@commands.command("approve")
def approve(
    number: Annotated[UUID, typer.Argument(metavar="REQUEST", help="As `requests list` shows it.")],
    because: Because,
    by: By = None,
    data: DataDir = None,
) -> None:
    """Approve what another has asked for. Look at it first: your name stands for it in the trail."""
    with database(settings(DatabaseEnvironment, data).database) as connection:
        try:
            store.approve(connection, number, operator(connection, by, because))
        except CannotApprove as error:
            fail(str(error))
            raise typer.Exit(1) from None
    out.print("Approved; whoever runs the command again carries it out.")


def approved(
    connection: SyncConnection,
    kind: RequestKind,
    things: Mapping[str, datetime | None],
    who: Operator,
) -> Sequence[str]:
    """Which of the things another person has approved; for those that nobody has asked for, it is asked now.

    `things` says of each when it was last decided: an approval from before then was for that time.
    """
    if not things:
        return []
    known = store.states(connection, kind, list(things))
    good, waiting, fresh = [], set[UUID](), []
    for thing, decided_at in things.items():
        state = known.get(thing, store.NOT_ASKED)
        if state.approved_at is not None and (decided_at is None or state.approved_at > decided_at):
            good.append(thing)
        elif state.waits is not None:
            waiting.add(state.waits)
        else:
            fresh.append(thing)
    if fresh:
        if who.because is None:
            raise typer.BadParameter("say why, for whoever approves it", param_hint="--because")
        number = uuid4()
        store.ask(connection, number, kind, fresh, who)
        waiting.add(number)
    for number in sorted(waiting):
        note(
            f"It takes a second person: frafaldsvarsel requests approve {number} --because TEXT. "
            "Then run this again."
        )
    return good
