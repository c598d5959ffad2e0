"""How the command line speaks: tables and sentences for people, one JSON object a line for programs."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

out = Console()
err = Console(stderr=True)

EX_CONFIG = 78
"""A person must mend the configuration (sysexits.h)."""

_FOLDED = frozenset(
    {"what", "who", "why", "reason", "what became of it", "it is over when", "state", "sent", "url"}
    | {"name", "source", "recipient"}
)
"""Columns that give way on a narrow terminal; ids, dates and references never break."""

JsonFlag = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
DataDir = Annotated[
    Path | None,
    typer.Option("--data", help="Folder of a service started with `up`; without it the environment decides."),
]


def fail(sentence: str) -> None:
    """Say what is wrong, on standard error."""
    err.print(f"[bold red]✗[/] {escape(sentence)}", highlight=False, soft_wrap=True)


def note(sentence: str) -> None:
    """Say something by the way, on standard error."""
    err.print(sentence, highlight=False, soft_wrap=True)


def needs_a_clone() -> None:
    """Ends with a sentence in the image, which has no servers to embed."""
    if find_spec("local") is None:
        fail("Only a clone of the repository has the embedded servers: run `up` and `demo` from there.")
        raise typer.Exit(EX_CONFIG)


def emit(row: Mapping[str, Any]) -> None:
    """One object on a line of its own."""
    sys.stdout.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")


def show(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str) -> None:
    """A table, or a sentence where there is nothing to show."""
    table = Table(
        title=title or None,
        title_justify="left",
        header_style="bold",
        box=SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column not in _FOLDED)
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    if table.row_count:
        out.print(table)
    else:
        out.print(empty)
