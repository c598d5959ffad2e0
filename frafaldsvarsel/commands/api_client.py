"""`api-client`: an entry for a case system, with a new secret that is shown once and kept nowhere."""

from typing import Annotated

import typer
from pydantic import ValidationError

from config.api_clients import ApiClient, ClientRight, KeptSecret
from config.sentences import sentences
from crypto.client_secret_hash import hash_secret, new_secret
from frafaldsvarsel.commands.terminal import fail, note, out


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("api-client")(api_client)


def api_client(
    client_id: Annotated[str, typer.Argument(help="Its id: small letters, digits and hyphens.")],
    name: Annotated[str, typer.Option(help="As it stands in a task's history.")],
    unit: Annotated[list[str], typer.Option(help="A unit whose tasks it may see; may be given again.")],
    right: Annotated[
        list[ClientRight] | None, typer.Option(help="What it may do; may be given again. All, unless given.")
    ] = None,
) -> None:
    """Print the entry for the clients' file, and on standard error the secret for whoever runs the case system."""
    secret = new_secret()
    try:
        client = ApiClient(
            id=client_id,
            name=name,
            units=tuple(unit),
            rights=tuple(right or ClientRight),
            secrets=(KeptSecret(hash=hash_secret(secret)),),
        )
    except ValidationError as error:
        for _, sentence in sentences(error):
            fail(sentence)
        raise typer.Exit(1) from None
    out.print(
        client.model_dump_json(indent=2, exclude_none=True), highlight=False, soft_wrap=True, markup=False
    )
    note(f"The secret, shown this once: {secret}")
