"""`migrate`: the schema of this version, and each role's rights; exit code 1 where something is missing."""

from typing import Annotated

import psycopg
import typer
from rich.markup import escape

from config.command_environments import MigrateEnvironment
from config.errors import ConfigError, Fault
from config.sections.base import PREFIX
from frafaldsvarsel.commands.context import settings
from frafaldsvarsel.commands.terminal import DataDir, fail, note, out
from infra.fault_kind import fault_kind

EX_UNREACHABLE = 2


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("migrate")(migrate)


def migrate(
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; say what is missing or too much.")
    ] = False,
    show: Annotated[
        bool, typer.Option("--print", help="Print the SQL for a DBA; needs no database and no setting.")
    ] = False,
    data: DataDir = None,
) -> None:
    """Apply the migrations of this version as the tables' owner, then give each role its rights, and no more.

    Run it before the processes of a new version start. Exit code 1 where something is still missing, or --check
    found something; 2 where PostgreSQL does not answer or refuses.
    """
    from ledger.schema import apply_rights
    from ledger.schema.dba_script import script

    if show:
        typer.echo(script(), nl=False)
        return
    told = settings(MigrateEnvironment, data)
    url, visits = told.migrate.url, told.keys.visits or ()
    if url is None:
        raise ConfigError([Fault(f"{PREFIX}MIGRATE_DATABASE_URL is missing.")])
    try:
        if check:
            _check(url.get_secret_value())
            return
        done = apply_rights.bring_up(url.get_secret_value(), visit_keys=visits)
    except apply_rights.NotSetUp as error:
        fail(str(error))
        raise typer.Exit(1) from None
    except psycopg.Error as error:
        # Its own words may repeat the address.
        lost = isinstance(error, psycopg.OperationalError) and error.sqlstate is None
        fail("PostgreSQL does not answer." if lost else f"PostgreSQL does not go along: {fault_kind(error)}.")
        raise typer.Exit(EX_UNREACHABLE) from None
    for name in done.migrations:
        out.print(f"[green]+[/] {name}")
    for statement in (*done.revoked, *done.granted, *done.limited):
        out.print(f"[green]+[/] {escape(statement)}", highlight=False, soft_wrap=True)
    if done.newer:
        note(f"A later version has migrated ({', '.join(done.newer)}): its rights are left as they are.")
    elif not (done.migrations or done.granted or done.revoked or done.limited):
        out.print("Schema and rights are of this version.")
    left = [] if done.newer else done.left
    for one in left:
        fail(one.sentence)
    if left:
        fail("That is a DBA's to mend: frafaldsvarsel migrate --print.")
    if any(one.is_missing for one in left):
        raise typer.Exit(1)


def _check(url: str) -> None:
    from infra.postgres_timeouts import CONNECT_SECONDS
    from ledger.schema.apply_rights import check

    with psycopg.connect(url, autocommit=True, connect_timeout=CONNECT_SECONDS) as connection:
        found = check(connection)
    for one in found:
        fail(one.sentence)
    if found:
        by_dba = any(one.by_dba for one in found)
        fail(
            "frafaldsvarsel migrate mends it"
            + (", after a DBA has run what migrate --print prints." if by_dba else ".")
        )
        raise typer.Exit(1)
    out.print("[green]✓[/] Schema and rights are of this version.")
