"""`tasks` and `tasks show`: the units' duties, and the history of one in words (docs/command-line.md)."""

from collections.abc import Mapping
from typing import Annotated, Final

import psycopg
import typer

from frafaldsvarsel.commands.context import settings
from frafaldsvarsel.commands.lists import Canaries, Column, Limit, listing, plain
from frafaldsvarsel.commands.show_task import as_object, present
from frafaldsvarsel.commands.terminal import DataDir, JsonFlag, emit, fail
from ledger.queries import listings
from models.tasks.status import TaskStatus

commands = typer.Typer(invoke_without_command=True, no_args_is_help=False)
EX_UNKNOWN: Final = 1


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(commands, name="tasks")


@commands.callback()
def tasks(
    context: typer.Context,
    status: Annotated[TaskStatus | None, typer.Option(help="open, closed or withdrawn.")] = None,
    unit: Annotated[str | None, typer.Option(help="Of one unit.")] = None,
    reference: Annotated[str | None, typer.Option(help="One task: FV-XXXX-XXXX-XXXX.")] = None,
    canaries: Canaries = False,
    data: DataDir = None,
    limit: Limit = None,
    as_json: JsonFlag = False,
) -> None:
    """List the units' duties, open ones first, each by its react-by date; `show` tells one task's history."""
    if context.invoked_subcommand is not None:
        return
    listing(
        listings.TASKS,
        {"status": status, "unit": unit, "reference": reference},
        _COLUMNS,
        canaries=canaries,
        data=data,
        limit=limit,
        as_json=as_json,
    )


@commands.command("show")
def show(
    reference: Annotated[str, typer.Argument(help="The task: FV-XXXX-XXXX-XXXX.")],
    data: DataDir = None,
    as_json: JsonFlag = False,
) -> None:
    """Tell one task's history in words: what became of it, who did what and when. No CPR, no text of a message."""
    url = settings(data).database_url.get_secret_value()
    wanted = {"reference": reference.upper()}
    try:
        found = list(listings.rows(url, listings.TASKS, wanted, limit=1))
        history = list(listings.rows(url, listings.HISTORY, wanted, limit=None))
    except psycopg.OperationalError:
        fail("PostgreSQL does not answer.")
        raise typer.Exit(EX_UNKNOWN) from None
    if not found:
        fail(f"There is no task {reference}.")
        raise typer.Exit(EX_UNKNOWN)
    if as_json:
        emit(as_object(found[0], history))
    else:
        present(found[0], history)


_COLUMNS: Mapping[str, Column] = {
    "task": plain("reference"),
    "unit": plain("unit"),
    "state": lambda row: str(row["ending"] or row["status"]).replace("_", " "),
    "react by": plain("react_by"),
    "mentor": plain("mentor_until"),
    "msgs": plain("messages"),
    "sent": lambda row: str(row["delivered"]) + (f", {row['waiting']} due" if row["waiting"] else ""),
}
