"""`tasks` and `tasks show`: the units' duties, and the history of one in words (docs/command-line.md)."""

from typing import Annotated, Final

import typer

from config.command_environments import DatabaseEnvironment
from frafaldsvarsel.commands.context import settings
from frafaldsvarsel.commands.listing import Canaries, Columns, answered, list_ledger
from frafaldsvarsel.commands.show_task import present, task_answer
from frafaldsvarsel.commands.terminal import DataDir, JsonFlag, Limit, emit, fail
from ledger.queries import listings
from ledger.queries.listing_rows import TaskListing
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
    list_ledger(
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
    url = settings(DatabaseEnvironment, data).database.url.get_secret_value()
    wanted = {"reference": reference.upper()}
    found = list(answered(listings.rows(url, listings.TASKS, wanted, limit=1)))
    history = list(answered(listings.rows(url, listings.HISTORY, wanted, limit=None)))
    if not found:
        fail(f"There is no task {reference}.")
        raise typer.Exit(EX_UNKNOWN)
    if as_json:
        emit(task_answer(found[0], history))
    else:
        present(found[0], history)


_COLUMNS: Columns[TaskListing] = {
    "task": lambda row: row.reference,
    "unit": lambda row: row.unit,
    "state": lambda row: (row.ending or row.status).replace("_", " "),
    "react by": lambda row: row.react_by,
    "mentor": lambda row: row.mentor_until,
    "msgs": lambda row: row.messages,
    "sent": lambda row: str(row.delivered) + (f", {row.waiting} due" if row.waiting else ""),
}
