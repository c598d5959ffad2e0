"""`demo`: the command; what it plays and shows is loaded only when it is called."""

from pathlib import Path
from typing import Annotated

import typer

from frafaldsvarsel.commands.terminal import needs_a_clone


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("demo")(demo)


def demo(
    once: Annotated[bool, typer.Option("--once", help="End after the summary.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The last line is one JSON object.")] = False,
    seed: Annotated[int | None, typer.Option(help="Another autumn; the same for the same seed.")] = None,
    messages: Annotated[
        int | None, typer.Option(min=1, help="How many at-risk messages; else 5,000.")
    ] = None,
    data: Annotated[Path, typer.Option("--data", help="Everything lies here; emptied at the start.")] = Path(
        ".demo"
    ),
) -> None:
    """Play an autumn of real input through the whole service, and hold the result against an independent count."""
    needs_a_clone()
    from frafaldsvarsel.commands.play import Options, play

    raise typer.Exit(play(Options(once=once, as_json=as_json, seed=seed, messages=messages, data=data)))
