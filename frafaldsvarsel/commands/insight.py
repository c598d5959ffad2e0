"""`insight`: for a citizen who asks who has looked (GDPR, article 15)."""

import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import SystemRandom
from typing import TYPE_CHECKING, Annotated

import typer

from config.command_environments import InsightEnvironment, SampleEnvironment
from frafaldsvarsel.commands.context import must_be_known, settings
from frafaldsvarsel.commands.database import database, operator
from frafaldsvarsel.commands.listing import Columns, present
from frafaldsvarsel.commands.terminal import Because, By, DataDir, JsonFlag, fail, out, typed_cpr
from models.calendar import COPENHAGEN

if TYPE_CHECKING:
    from ops.insight.sample import SampledLook

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

    known = settings(InsightEnvironment, data)
    try:
        person_id = known.keys.pseudonyms.person_id(normalise(typed_cpr()))
    except NotAPerson as error:
        fail(f"{error}.")
        raise typer.Exit(1) from None
    names = {str(unit_id): unit.name for unit_id, unit in units_of(read_reference(known.reference)).items()}
    with database(known.database, unreachable=2) as connection:
        looks = looks_at(connection, person_id, operator(connection, by, because))
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


@commands.command("sample")
def sample(
    unit: Annotated[str, typer.Argument(help="Whose looks: a unit's id.")],
    month: Annotated[str, typer.Argument(help="Such as 2026-10.")],
    because: Because,
    size: Annotated[int, typer.Option(min=1, max=200, help="So many of all, and of the unusual ones.")] = 20,
    by: By = None,
    data: DataDir = None,
    as_json: JsonFlag = False,
) -> None:
    """Draw looks of a unit's employees by chance, for its manager, with what is unusual marked. It names no citizen.

    That it was drawn is noted in the audit trail first.
    """
    from ops.insight.sample import looks_of_unit, sample_of

    known = settings(SampleEnvironment, data)
    must_be_known(known.reference, unit)
    try:
        since = datetime.strptime(month, "%Y-%m").replace(tzinfo=COPENHAGEN)
    except ValueError:
        raise typer.BadParameter("a month reads 2026-10", param_hint="MONTH") from None
    until = (since + timedelta(days=32)).replace(day=1)
    with database(known.database, unreachable=2) as connection:
        looks = looks_of_unit(connection, unit, since, until, operator(connection, by, because))
    found = sample_of(looks, size, SystemRandom().sample)
    present(found.drawn, _SAMPLE, as_json=as_json, empty="Nobody looked.")
    if not as_json:
        out.print(f"{found.looks} looks in {month}, {found.unusual} of them unusual.", highlight=False)


_SAMPLE: "Columns[SampledLook]" = {
    "when": lambda one: f"{one.at.astimezone(COPENHAGEN):%Y-%m-%d %H:%M}",
    "what": lambda one: one.kind,
    "who": lambda one: one.who,
    "purpose": lambda one: one.purpose,
    "task": lambda one: one.reference,
    "unusual": lambda one: ", ".join(one.unusual),
}
