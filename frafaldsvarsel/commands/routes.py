"""`routes`: who would be told about a resident of a municipality, when, and why; and who has signed for it."""

import json
import os
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from config.command_environments import ListEnvironment, ReferenceEnvironment
from config.reference.approved import GUARDED, approve, fingerprint, keep
from config.reference.checks.all import check_reference_data, sound_reference
from config.reference.csv_reader import DATA
from config.reference.explain_route import Routed, When, route
from config.sections.base import PREFIX
from crypto.new_keys import new_signing_key
from frafaldsvarsel.commands.context import settings
from frafaldsvarsel.commands.database import database, operator
from frafaldsvarsel.commands.terminal import (
    EX_CONFIG,
    Because,
    By,
    DataDir,
    JsonFlag,
    emit,
    fail,
    note,
    out,
    show,
)
from frafaldsvarsel.wiring.common import unsigned
from ledger.store import audit_trail
from models.audit_kind import AuditKind
from models.calendar import COPENHAGEN
from models.notifications.delivery import Occasion
from publisher.keys import NoKey, read_private_key

commands = typer.Typer(help="Who answers for whom.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(commands, name="routes")


@commands.callback()
def _group() -> None:
    """Who answers for whom."""


@commands.command("test")
def ask(
    municipality: Annotated[str, typer.Argument(help="Municipality code, four digits.")],
    on: Annotated[str | None, typer.Option(help="The message's date; today unless told.")] = None,
    data: DataDir = None,
    as_json: JsonFlag = False,
) -> None:
    """Say which unit a message about a resident would oblige, who would be told, when, and why.

    Exit code 1 when nobody answers for the municipality on that day.
    """
    try:
        day = datetime.now(COPENHAGEN).date() if on is None else date.fromisoformat(on)
    except ValueError:
        raise typer.BadParameter("a date: 2026-10-02", param_hint="--on") from None
    known = settings(ReferenceEnvironment, data)
    # Before anybody has signed for them, too: it is by this that one sees what one signs.
    found = route(municipality, day, sound_reference(known.reference.directory or DATA))
    for fault in unsigned(known.reference):
        note(f"No process takes these tables yet: {fault}")
    if as_json:
        emit(found)
    else:
        _present(found)
    if found.unit_id is None:
        raise typer.Exit(1)


@commands.command("key")
def make_key(
    person: Annotated[str, typer.Argument(help="Whose it is: as you are logged in to the database.")],
    file: Annotated[Path, typer.Argument(help="Where the private key goes. It must not be there yet.")],
) -> None:
    """Make a person's key to sign with; the public half is printed, for the set of those who may."""
    key = new_signing_key(person)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        fail(f"{file.name} cannot be made: {error.strerror}.")
        raise typer.Exit(1) from None
    with os.fdopen(descriptor, "w") as out_file:
        json.dump(key.as_dict(private=True), out_file)
    typer.echo(json.dumps(key.as_dict(private=False)))


@commands.command("sign")
def sign(
    key: Annotated[Path, typer.Option(help="Your private Ed25519 key with a kid (JWK).")],
    because: Because,
    by: By = None,
    data: DataDir = None,
) -> None:
    """Say that routes and addresses are right as they stand: who answers, and where it is told.

    Where REFERENCE_APPROVERS is set, no process takes them before two people have said so.
    """
    known = settings(ListEnvironment, data)
    directory, approvers = known.reference.directory, known.reference.approvers
    if directory is None or approvers is None:
        fail(f"Set {PREFIX}REFERENCE_DIR and {PREFIX}REFERENCE_APPROVERS: docs/operations.md, Two people.")
        raise typer.Exit(EX_CONFIG)
    try:
        private = read_private_key(key)
    except NoKey as error:
        fail(str(error))
        raise typer.Exit(1) from None
    person = str(private.kid)
    if person not in approvers or approvers[person].thumbprint() != private.thumbprint():
        fail(f"{key.name} is not a key of those who may sign ({', '.join(sorted(approvers))}).")
        raise typer.Exit(1)
    if faults := check_reference_data(directory):
        for fault in faults:
            fail(str(fault))
        raise typer.Exit(EX_CONFIG)
    tables = fingerprint(directory)
    row = approve(tables, private, datetime.now(COPENHAGEN).date())
    with database(known.database, unreachable=2) as connection, connection.transaction():
        who = operator(connection, by, because)
        detail = {"tables": tables, "key": person, "by": who.by, "because": who.because}
        connection.execute(audit_trail.APPEND, audit_trail.line(AuditKind.ROUTES_SIGNED, detail))
        keep(directory, row)
    lacking = unsigned(known.reference)
    out.print(f"Signed by {escape(person)}: {', '.join(GUARDED)} ({tables[:12]}).", highlight=False)
    out.print("One more person must sign." if lacking else "Two people have signed.", highlight=False)


def _present(found: Routed) -> None:
    name = f"{found.municipality_code} {found.municipality or ''}".strip()
    if found.unit_id is None:
        out.print(f"{escape(name)} on {found.on}: [yellow]no unit[/]; {found.because}.", highlight=False)
        out.print(
            "A message about a resident waits in the queue for people; nobody is told.", highlight=False
        )
        return
    out.print(f"{escape(name)} on {found.on}: [bold]{found.unit_id}[/] {found.unit}", highlight=False)
    out.print(escape(found.because), highlight=False, soft_wrap=True)
    out.print(f"To react within {found.working_days} working days, a local target.", highlight=False)
    show(
        "",
        ("audience", "channel", "recipient"),
        ([one.audience, one.channel, one.recipient] for one in found.told),
        empty="Nobody would be told.",
    )
    show(
        "",
        ("step", "who", "when"),
        (
            [_name(one), f"{', '.join(one.to)} by {', '.join(one.channels)}", _moment(one)]
            for one in found.when
        ),
        empty="",
    )
    learns = ", ".join(found.answers) or "nothing beside the receipt"
    out.print(f"The institution learns: {learns}.", highlight=False)


def _name(when: When) -> str:
    return f"{when.occasion.replace('_', ' ')} {when.level or ''}".rstrip()


def _moment(when: When) -> str:
    if when.working_days is None:
        return "at once"
    about = "the mentor right ends" if when.occasion is Occasion.MENTOR_ENDS else "the date"
    days = abs(when.working_days)
    side = "before" if when.working_days < 0 else "after"
    apart = f"{days} working day{'' if days == 1 else 's'} {side}" if days else "on"
    return f"{apart} {about}{', unless seen' if when.until_seen else ''}"
