"""How every list is presented: one JSON object a line and whole, or a table of the first rows."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Final, TypeVar

import psycopg
import typer

from config.command_environments import ListEnvironment
from frafaldsvarsel.commands.context import must_be_known, settings
from frafaldsvarsel.commands.terminal import emit, fail, note, show
from ledger.queries.listings import Query, rows

Canaries = Annotated[
    bool, typer.Option("--canaries", help="The canary's too; what is asked for by name is shown anyway.")
]
ShownT = TypeVar("ShownT")
Columns = Mapping[str, Callable[[ShownT], object]]
"""The cells of a row, by their heading."""

TABLE_ROWS: Final = 50


def first(limit: int | None, *, as_json: bool) -> int | None:
    """How many rows to ask for; None: all."""
    return limit if as_json or limit is not None else TABLE_ROWS


def present(
    found: Iterable[ShownT],
    columns: Columns[ShownT],
    *,
    as_json: bool,
    empty: str = "None.",
    cut: bool = False,
) -> int:
    """Print the rows, and return how many. As JSON each is printed when it comes.

    `cut`: no more than the first `TABLE_ROWS` were asked for, so that there may be more.
    """
    if as_json:
        printed = 0
        for row in found:
            emit(row)
            printed += 1
        return printed
    table = list(found)
    show("", list(columns), ([column(row) for column in columns.values()] for row in table), empty=empty)
    if cut and len(table) == TABLE_ROWS:
        note(f"[dim]The first {TABLE_ROWS}; --limit N shows more, --json all and whole.[/]")
    return len(table)


def list_ledger(
    query: Query[ShownT],
    filters: Mapping[str, str | None],
    columns: Columns[ShownT],
    *,
    canaries: bool = False,
    data: Path | None,
    limit: int | None,
    as_json: bool,
) -> None:
    """The rows of a listing of the ledger, as they were asked for.

    Ends with 1 where PostgreSQL does not answer, or nothing was found of a unit that there is not: of one that was
    taken out of the data there may still be old things to list.
    """
    known = settings(ListEnvironment, data)
    url, wanted = known.database.url.get_secret_value(), first(limit, as_json=as_json)
    found = answered(rows(url, query, filters, limit=wanted, canaries=canaries))
    unit = filters.get("unit")
    if not present(found, columns, as_json=as_json, cut=limit is None) and unit is not None:
        must_be_known(known.reference, unit)


def answered(found: Iterator[ShownT]) -> Iterator[ShownT]:
    """`found`; ends with 1 where PostgreSQL does not answer."""
    try:
        yield from found
    except psycopg.OperationalError:
        fail("PostgreSQL does not answer.")
        raise typer.Exit(1) from None
