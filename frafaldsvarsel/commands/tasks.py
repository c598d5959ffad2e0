"""`tasks` and `tasks show`: the units' duties, and the history of one in words (docs/command-line.md)."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import psycopg
import typer

from config.command_environments import DatabaseEnvironment, ListEnvironment
from frafaldsvarsel.commands.context import settings
from frafaldsvarsel.commands.database import database, operator
from frafaldsvarsel.commands.listing import Canaries, Columns, answered, list_ledger
from frafaldsvarsel.commands.show_task import present, task_answer
from frafaldsvarsel.commands.terminal import Because, By, DataDir, JsonFlag, Limit, emit, fail, out
from frafaldsvarsel.wiring.common import read_reference
from ledger.queries import listings
from ledger.queries.listing_rows import TaskListing
from models.operator import Operator
from models.tasks.status import TaskStatus
from ops.retention.case_file import CaseFile, CaseNames, as_data, as_page, read_case

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


@commands.command("export")
def export(
    reference: Annotated[str, typer.Argument(help="The task: FV-XXXX-XXXX-XXXX.")],
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="Where the files go; made if need be.")],
    because: Because,
    by: By = None,
    data: DataDir = None,
) -> None:
    """Write one case as files for the case system: acts, decisions with their facts, letters. Opens nothing sealed.

    That you did is noted in the audit trail first.
    """
    known = settings(ListEnvironment, data)
    with database(known.database) as connection:
        who = operator(connection, by, because)
    reference = reference.upper()
    case = asyncio.run(_case(known, reference, who))
    if case is None:
        fail(f"There is no task {reference}.")
        raise typer.Exit(EX_UNKNOWN)
    made_at = datetime.now(UTC)
    try:
        to.mkdir(mode=0o700, parents=True, exist_ok=True)
        (to / f"{reference}.html").write_text(as_page(case, _names(known), made_at=made_at), "utf-8")
        (to / f"{reference}.json").write_bytes(as_data(case, made_at=made_at) + b"\n")
    except OSError as error:
        fail(f"{to} cannot be written: {error.strerror}.")
        raise typer.Exit(EX_UNKNOWN) from None
    out.print(f"{to / reference}.html and .json", highlight=False, soft_wrap=True)


@commands.command("journalised")
def journalised(
    reference: Annotated[str, typer.Argument(help="The task: FV-XXXX-XXXX-XXXX.")],
    receipt: Annotated[
        str, typer.Option(help="What the case system calls the case; nothing about a person.")
    ],
    because: Because,
    by: By = None,
    data: DataDir = None,
) -> None:
    """Note that a case that is over stands in the case system. Retention asks for it before it takes the case away."""
    from ledger.store.retention import Unknown, journalise

    known = settings(DatabaseEnvironment, data)
    with database(known.database) as connection:
        who = operator(connection, by, because)
        try:
            journalise(connection, reference.upper(), receipt, who)
        except Unknown as error:
            fail(str(error))
            raise typer.Exit(EX_UNKNOWN) from None
    out.print("Noted.")


async def _case(known: ListEnvironment, reference: str, who: Operator) -> CaseFile | None:
    try:
        async with await psycopg.AsyncConnection.connect(
            known.database.url.get_secret_value(), autocommit=True
        ) as connection:
            return await read_case(connection, reference, who)
    except psycopg.OperationalError:
        fail("PostgreSQL does not answer.")
        raise typer.Exit(EX_UNKNOWN) from None


def _names(known: ListEnvironment) -> CaseNames:
    reference = read_reference(known.reference)
    units = {row.unit_id: row.name for row in reference.units.rows}
    senders = {row.number: row.name for row in reference.senders.rows}
    municipalities = {row.code: row.name for row in reference.municipalities.rows}
    return CaseNames(
        unit_name=lambda unit: units.get(unit, unit),
        institution_name=lambda number: senders.get(number, number),
        municipality_name=lambda code: municipalities.get(code, code),
    )


_COLUMNS: Columns[TaskListing] = {
    "task": lambda row: row.reference,
    "unit": lambda row: row.unit,
    "state": lambda row: (row.ending or row.status).replace("_", " "),
    "react by": lambda row: row.react_by,
    "mentor": lambda row: row.mentor_until,
    "msgs": lambda row: row.messages,
    "sent": lambda row: str(row.delivered) + (f", {row.waiting} due" if row.waiting else ""),
}
