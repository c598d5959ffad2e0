"""`insight`: for a citizen who asks who has looked (GDPR, article 15)."""

import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from config.command_environments import InsightEnvironment
from frafaldsvarsel.commands.context import operator, settings
from frafaldsvarsel.commands.database import database
from frafaldsvarsel.commands.terminal import Because, By, DataDir, fail, out

commands = typer.Typer(help="What a person may know of what is held about them.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(commands, name="insight")


@commands.callback()
def _insight() -> None:
    """What a person may know."""


@commands.command("export")
def export(
    to: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Where the letter and the data go; made if need be.")
    ],
    because: Because,
    by: By = None,
    data: DataDir = None,
) -> None:
    """Write who has looked at a person, when and why: `insight.html` for the person, `insight.json` for a machine.

    The CPR is asked for, or read from standard input: it never stands in the command line. That you asked is noted
    in the audit trail first, and is the last line of the answer.
    """
    from config.reference.units import units_of
    from frafaldsvarsel.wiring.common import read_reference
    from models.cpr import NotAPerson, normalise
    from ops.insight.letter import as_data, letter
    from ops.insight.looks import looks_at

    known, who = settings(InsightEnvironment, data), operator(by, because)
    typed = typer.prompt("CPR", hide_input=True) if sys.stdin.isatty() else sys.stdin.readline()
    try:
        person_id = known.keys.pseudonyms.person_id(normalise(typed.strip()))
    except NotAPerson as error:
        fail(f"{error}.")
        raise typer.Exit(1) from None
    names = {str(unit_id): unit.name for unit_id, unit in units_of(read_reference(known.reference)).items()}
    with database(known.database, unreachable=2) as connection:
        looks = looks_at(connection, person_id, who)
    made_at = datetime.now(UTC)

    def name(unit: str) -> str:
        return names.get(unit, unit)

    try:
        to.mkdir(mode=0o700, parents=True, exist_ok=True)
        (to / "insight.html").write_text(letter(looks, made_at=made_at, unit_name=name), "utf-8")
        content = json.dumps(
            asdict(as_data(looks, made_at=made_at, unit_name=name)), ensure_ascii=False, indent=1
        )
        (to / "insight.json").write_text(content + "\n", "utf-8")
    except OSError as error:
        fail(f"{to} cannot be written: {error.strerror}.")
        raise typer.Exit(1) from None
    out.print(
        f"{len(looks)} looks, this one among them: {to / 'insight.html'}", highlight=False, soft_wrap=True
    )
