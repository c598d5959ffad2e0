"""`senders`: who may send, and one more of them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from config.senders import SenderRegister
from frafaldsvarsel.commands.listing import Columns, present
from frafaldsvarsel.commands.terminal import JsonFlag, fail, out
from models.events.sender import Sender
from publisher.key_files import NotAdded, add_sender, rotate_key
from publisher.keys import NoKey

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


_COLUMNS: Columns[Sender] = {
    "number": lambda sender: sender.number,
    "kind": lambda sender: sender.kind,
    "name": lambda sender: sender.name,
    "source": lambda sender: sender.source,
    "keys": lambda sender: len(sender.keys),
}
