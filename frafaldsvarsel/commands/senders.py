"""`senders`: who may send, with which keys: made for a trial, or enrolled as the sender's own."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final

import typer

from config.command_environments import ListEnvironment
from config.reference.checks.all import sound_reference
from config.reference.csv_reader import DATA
from config.senders import SenderRegister, base_senders, write_sender
from frafaldsvarsel.commands.context import settings
from frafaldsvarsel.commands.database import database, operator
from frafaldsvarsel.commands.listing import Columns, present
from frafaldsvarsel.commands.terminal import Because, By, JsonFlag, fail, note, out
from infra.postgres import SyncConnection
from ledger.store import audit_trail
from models.audit_kind import AuditKind
from models.events.sender import Sender
from models.operator import Operator
from publisher.enrolment import KeyRequest, NotEnrolled, enrolled, fingerprint, make_request, revoked
from publisher.key_files import NotAdded, add_sender, read_sender, rotate_key
from publisher.keys import NoKey, read_private_key

_NO_DATABASE: Final = 2
commands = typer.Typer(help="The senders' register and their keys for local use.", no_args_is_help=True)
DataOption = Annotated[Path, typer.Option("--data", help="Folder of the service.")]
NumberOption = Annotated[
    str, typer.Argument(help="Six digits: institution; four: municipality; REG-CPR: the register.")
]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(commands, name="senders")


@commands.command("add")
def add(
    number: NumberOption,
    name: Annotated[str | None, typer.Option(help="The sender's name.")] = None,
    cvr: Annotated[str | None, typer.Option(help="Its CVR number; made up unless given.")] = None,
    data: DataOption = Path("data"),
) -> None:
    """Enter a sender with a new key; a running service knows it within a second or two."""
    try:
        sender = add_sender(data, number, now=datetime.now(UTC), name=name, cvr=cvr)
    except NotAdded as error:
        fail(str(error))
        raise typer.Exit(1) from None
    out.print(f"[green]+[/] {sender.number} {sender.name}; source {sender.source}", highlight=False)
    out.print(f"  private key  {data / 'keys' / f'{number}.key.json'}", highlight=False, soft_wrap=True)


@commands.command("rotate")
def rotate(number: NumberOption, data: DataOption = Path("data")) -> None:
    """Give a sender a new key; the present one stays valid for a week."""
    try:
        sender = rotate_key(data, number, now=datetime.now(UTC))
    except NoKey as error:
        fail(str(error))
        raise typer.Exit(1) from None
    out.print(f"[green]✓[/] {sender.number} signs with {sender.keys[-1].kid} from now on.", highlight=False)


@commands.command("request")
def request(
    number: NumberOption,
    key: Annotated[Path, typer.Option("--key", help="The new private key, a JWK with a kid of its own.")],
    known: Annotated[
        Path | None,
        typer.Option("--known-key", help="The private key that you sign with now, to vouch for it."),
    ] = None,
) -> None:
    """At the sender's: print a request for a new key, which proves that you have its private half. It is no secret."""
    try:
        made = make_request(
            number,
            read_private_key(key),
            datetime.now(UTC),
            known_key=None if known is None else read_private_key(known),
        )
    except NoKey as error:
        fail(str(error))
        raise typer.Exit(1) from None
    typer.echo(made.model_dump_json(exclude_none=True))
    note(f"Read this to whoever enrols it, by a way of its own: {fingerprint(made.x)}")


@commands.command("enrol")
def enrol(
    file: Annotated[Path, typer.Argument(metavar="REQUEST", help="What `senders request` has printed.")],
    because: Because,
    confirmed: Annotated[
        str | None, typer.Option("--fingerprint", help="As the sender has read it to you; for a first key.")
    ] = None,
    overlap_days: Annotated[
        int, typer.Option(min=0, max=60, help="So long the earlier keys stay valid, for what is under way.")
    ] = 7,
    by: By = None,
    data: DataOption = Path("data"),
) -> None:
    """Enter a sender's new key, when the request proves that the sender has it; known within a second or two.

    A key that the sender signs with now must vouch for it, or you give the fingerprint that the sender has said.
    The audit trail says who has entered it, and which of the two it was.
    """
    try:
        asked = KeyRequest.model_validate_json(file.read_bytes())
    except (OSError, ValueError):
        fail(f"{file.name} is no request of `senders request`.")
        raise typer.Exit(1) from None
    known = _known(data)
    register = SenderRegister(data / "senders")
    try:
        sender = register.find(asked.number)
        if sender is None and register.faults:
            raise NotEnrolled(f"The register has a fault that comes first: {register.faults[0]}")
        sender = sender or _of_reference(asked.number, known.reference.directory or DATA)
        changed = enrolled(
            sender,
            asked,
            others=register.senders,
            now=datetime.now(UTC),
            overlap=timedelta(days=overlap_days),
            confirmed=confirmed,
        )
    except NotEnrolled as error:
        fail(str(error))
        raise typer.Exit(1) from None
    with database(known.database, unreachable=_NO_DATABASE) as connection, connection.transaction():
        who = operator(connection, by, because)
        vouched = "fingerprint" if confirmed is not None else "known key"
        _note(connection, AuditKind.SENDER_KEY_ENROLLED, who, changed, asked.kid, vouched_by=vouched)
        write_sender(data / "senders", changed)
    out.print(f"[green]✓[/] {changed.number} may sign with {asked.kid} from now on.", highlight=False)


@commands.command("revoke")
def revoke(
    number: NumberOption,
    kid: Annotated[str, typer.Argument(help="Of the key.")],
    because: Because,
    since: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%dT%H:%M:%S%z"], help="From when, as 2026-10-01T08:00:00+0200; else now."
        ),
    ] = None,
    by: By = None,
    data: DataOption = Path("data"),
) -> None:
    """End a key: what the brokers get from then on is refused, within a second or two. What was decided stays.

    The audit trail says who has ended it. A database that is away holds up nothing: exit code 2, and the key is ended.
    """
    known = _known(data)
    try:
        sender = revoked(read_sender(data, number), kid, since or datetime.now(UTC))
    except (NoKey, NotEnrolled) as error:
        fail(str(error))
        raise typer.Exit(1) from None
    try:
        with database(known.database, unreachable=_NO_DATABASE) as connection, connection.transaction():
            who = operator(connection, by, because)
            _note(connection, AuditKind.SENDER_KEY_REVOKED, who, sender, kid)
            write_sender(data / "senders", sender)
    except typer.Exit as ended:
        if ended.exit_code != _NO_DATABASE:
            raise
        # A key in wrong hands does not wait for a database.
        write_sender(data / "senders", sender)
        fail(
            f"{number} signs with {kid} no more, and the audit trail has no line of it: write down who did it."
        )
        raise
    out.print(f"[green]✓[/] {number} signs with {kid} no more.", highlight=False)


@commands.command("list")
def list_senders(data: DataOption = Path("data"), as_json: JsonFlag = False) -> None:
    """List the register."""
    register = SenderRegister(data / "senders")
    senders = [
        sender
        for file in sorted((data / "senders").glob("*.json"))
        if (sender := register.find(file.stem)) is not None
    ]
    present(senders, _COLUMNS, as_json=as_json, empty="No sender is registered.")


def _of_reference(number: str, tables: Path) -> Sender:
    found = next(
        (sender for sender in base_senders(sound_reference(tables)) if sender.number == number), None
    )
    if found is None:
        raise NotEnrolled(f"Neither the register nor senders.csv has a sender {number}.")
    return found


def _known(data: Path) -> ListEnvironment:
    """Of the service in the folder; where that is the register alone, of the environment."""
    return settings(ListEnvironment, data if (data / "addresses.json").exists() else None)


def _note(
    connection: SyncConnection, kind: AuditKind, who: Operator, sender: Sender, kid: str, **more: str
) -> None:
    detail = {"number": sender.number, "kid": kid, "by": who.by, "because": who.because, **more}
    connection.execute(audit_trail.APPEND, audit_trail.line(kind, detail))


_COLUMNS: Columns[Sender] = {
    "number": lambda sender: sender.number,
    "kind": lambda sender: sender.kind,
    "name": lambda sender: sender.name,
    "source": lambda sender: sender.source,
    "keys": lambda sender: len(sender.keys),
}
