"""`dismiss`: an exception of the audit that only a sender could mend is put aside, with who and why."""

from typing import Annotated

import psycopg
import typer

from frafaldsvarsel.commands.account import account
from frafaldsvarsel.commands.context import settings
from frafaldsvarsel.commands.terminal import DataDir, JsonFlag, emit, fail, out, show
from infra.postgres import SyncConnection
from models.events.exception_case import NoCase, parse
from models.operator import Operator
from ops.audit import dismissals
from ops.recovery.dismissals import dismiss as put_aside

_WHY = "Why, for the audit trail. A few words; never a name, a CPR or anything about a person."


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("dismiss")(dismiss)


def dismiss(
    cases: Annotated[
        list[str] | None,
        typer.Argument(help="As the audit names them: gap/SENDER/FIRST-LAST, twice/…, total/…; none: list."),
    ] = None,
    because: Annotated[str | None, typer.Option("--because", help=_WHY)] = None,
    by: Annotated[
        str | None, typer.Option("--as", help="Who you are; else the name of your account.")
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Do it; without this it is only said what would happen.")
    ] = False,
    data: DataDir = None,
    as_json: JsonFlag = False,
) -> None:
    """Put exceptions of the audit aside that only a sender could mend; without any, list those put aside."""
    try:
        with psycopg.connect(settings(data).database_url.get_secret_value(), autocommit=True) as connection:
            if cases:
                _dismiss(connection, cases, Operator(by or account(), because), yes=yes)
            else:
                _list(connection, as_json=as_json)
    except psycopg.OperationalError:
        fail("PostgreSQL does not answer.")
        raise typer.Exit(2) from None


def _dismiss(connection: SyncConnection, texts: list[str], operator: Operator, *, yes: bool) -> None:
    if operator.because is None or not operator.because.strip():
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
    added = put_aside(connection, chosen, operator)
    out.print(f"{added} put aside; {len(chosen) - added} were so already.")


def _list(connection: SyncConnection, *, as_json: bool) -> None:
    found = dismissals.everything(connection)
    if as_json:
        for one in found:
            emit(
                {
                    "case": one.case,
                    "dismissed_by": one.dismissed_by,
                    "because": one.because,
                    "dismissed_at": one.dismissed_at,
                }
            )
        return
    rows = ([one.case, one.dismissed_by, one.because, f"{one.dismissed_at:%Y-%m-%d}"] for one in found)
    show("", ("case", "by", "why", "on"), rows, empty="Nothing has been put aside.")
