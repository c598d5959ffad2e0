"""`sessions`: who is logged in to the inbox, and the end of it."""

from typing import Annotated

import typer

from config.command_environments import DatabaseEnvironment
from frafaldsvarsel.commands.context import settings
from frafaldsvarsel.commands.database import database, operator
from frafaldsvarsel.commands.listing import Columns, present
from frafaldsvarsel.commands.terminal import Because, By, DataDir, JsonFlag, out
from ops.recovery.open_sessions import OpenSession, end_sessions, open_sessions

commands = typer.Typer(help="Who is logged in to the inbox.", no_args_is_help=True)
_COLUMNS: Columns[OpenSession] = {
    "who": lambda row: row.user_name,
    "id": lambda row: row.user_id,
    "logged in": lambda row: f"{row.created_at:%Y-%m-%d %H:%M}",
    "last used": lambda row: f"{row.seen_at:%Y-%m-%d %H:%M}",
    "ends": lambda row: f"{row.ends_at:%Y-%m-%d %H:%M}",
}


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(commands, name="sessions")


@commands.command("list")
def list_sessions(data: DataDir = None, as_json: JsonFlag = False) -> None:
    """List the sessions of the inbox, the most recently used first."""
    with database(settings(DatabaseEnvironment, data).database) as connection:
        found = open_sessions(connection)
    present(found, _COLUMNS, as_json=as_json, empty="Nobody is logged in.")


@commands.command("end")
def end(
    because: Because,
    user: Annotated[str | None, typer.Argument(help="Whose, by the id that `sessions list` shows.")] = None,
    everybody: Annotated[bool, typer.Option("--everybody", help="All of them.")] = False,
    by: By = None,
    data: DataDir = None,
) -> None:
    """End somebody's sessions at once: the next click leads to the log-in. Take rights away at the provider before."""
    if (user is None) == (not everybody):
        raise typer.BadParameter("name a user, or say --everybody", param_hint="USER")
    with database(settings(DatabaseEnvironment, data).database) as connection:
        ended = end_sessions(connection, user, operator(connection, by, because))
    out.print(f"{ended} sessions ended.", highlight=False)
