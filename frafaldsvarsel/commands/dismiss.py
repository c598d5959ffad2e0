"""`dismiss`: an exception of the audit that only a sender could mend is put aside, with who and why."""

from typing import Annotated

import typer

from config.command_environments import DatabaseEnvironment
from frafaldsvarsel.commands.context import settings
from frafaldsvarsel.commands.database import database, operator
from frafaldsvarsel.commands.listing import Columns, present
from frafaldsvarsel.commands.terminal import By, DataDir, JsonFlag, PerhapsBecause, fail, out
from infra.postgres import SyncConnection
from models.events.exception_case import NoCase, parse
from models.operator import Operator
from ops.audit import dismissals
from ops.recovery.dismissals import dismiss as put_aside


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("dismiss")(dismiss)


def dismiss(
    cases: Annotated[
        list[str] | None,
        typer.Argument(help="As the audit names them: gap/SENDER/FIRST-LAST, twice/…, total/…; none: list."),
    ] = None,
    because: PerhapsBecause = None,
    by: By = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Do it; without this it is only said what would happen.")
    ] = False,
    data: DataDir = None,
    as_json: JsonFlag = False,
) -> None:
    """Put exceptions of the audit aside that only a sender could mend; without any, list those put aside."""
    with database(settings(DatabaseEnvironment, data).database, unreachable=2) as connection:
        if cases:
            _dismiss(connection, cases, operator(connection, by, because), yes=yes)
        else:
            nothing = "Nothing has been put aside."
            present(dismissals.everything(connection), _COLUMNS, as_json=as_json, empty=nothing)


def _dismiss(connection: SyncConnection, texts: list[str], who: Operator, *, yes: bool) -> None:
    if who.because is None:
        raise typer.BadParameter("say why", param_hint="--because")
    chosen = []
    for text in texts:
        try:
            case = parse(text)
        except NoCase as error:
            fail(f"{text}: {error}")
            continue
        wrong = dismissals.objection(connection, case)
        if wrong is None:
            chosen.append(case)
        else:
            fail(f"{text}: {wrong}; audit again.")
    if len(chosen) < len(texts):
        raise typer.Exit(1)
    if not yes:
        out.print(f"{len(chosen)} would be put aside; --yes does it.")
        return
    added = put_aside(connection, chosen, who)
    out.print(f"{added} put aside; {len(chosen) - added} were so already.")


_COLUMNS: Columns[dismissals.Dismissed] = {
    "case": lambda one: one.case,
    "by": lambda one: one.dismissed_by,
    "why": lambda one: one.because,
    "on": lambda one: f"{one.dismissed_at:%Y-%m-%d}",
}
