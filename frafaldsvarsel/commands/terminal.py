"""How the command line speaks: tables and sentences for people, one JSON object a line for programs."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer
from pydantic import BaseModel
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
JsonObjectFlag = Annotated[bool, typer.Option("--json", help="One JSON object.")]
Limit = Annotated[
    int | None, typer.Option("--limit", min=1, help="How many rows; a table shows 50 unless told.")
]
By = Annotated[
    str | None,
    typer.Option(
        "--as",
        help="Who you are, in a trial where all share one log-in to the database; else that log-in says it.",
    ),
]
_WHY = "Why, for the audit trail. A few words; never a name, a CPR or anything about a person."
Because = Annotated[str, typer.Option("--because", help=_WHY)]
PerhapsBecause = Annotated[str | None, typer.Option("--because", help=_WHY)]


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


def emit(row: object) -> None:
    """One record on a line of its own, its fields in their order."""
    shown = dict(row) if isinstance(row, Mapping) else _plain(row)
    sys.stdout.write(json.dumps(shown, ensure_ascii=False, default=_plain) + "\n")


def _plain(value: object) -> object:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if is_dataclass(value):
        return plain_fields(value)
    return str(value)


def plain_fields(record: object) -> dict[str, object]:
    """The fields of a dataclass in their order, each as it is."""
    return {field.name: getattr(record, field.name) for field in fields(record)}  # type: ignore[arg-type]  # checked


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


def typed_cpr() -> str:
    """What is typed when it is asked for, or comes on standard input; it is not shown."""
    typed: str = typer.prompt("CPR", hide_input=True) if sys.stdin.isatty() else sys.stdin.readline()
    return typed.strip()
