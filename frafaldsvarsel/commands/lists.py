"""`receipts`, `decisions`: what became of messages, as a table or as JSON (docs/command-line.md)."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import psycopg
import typer

from frafaldsvarsel.commands.context import settings
from frafaldsvarsel.commands.known import nothing_of
from frafaldsvarsel.commands.terminal import DataDir, JsonFlag, emit, fail, note, show
from ledger.queries import listings
from models.calendar import COPENHAGEN
from models.eligibility.decision import Outcome
from models.events.event_types import TYPE_PREFIX
from models.events.receipt import ReceiptStatus

Limit = Annotated[
    int | None, typer.Option("--limit", min=1, help="How many rows; a table shows 50 unless told.")
]
Canaries = Annotated[
    bool, typer.Option("--canaries", help="The canary's too; what is asked for by name is shown anyway.")
]
ListRow = Mapping[str, Any]
Column = Callable[[ListRow], object]
_TABLE_ROWS = 50


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(receipts)
    app.command()(decisions)


def receipts(
    status: Annotated[ReceiptStatus | None, typer.Option(help="accepted or rejected.")] = None,
    institution: Annotated[str | None, typer.Option(help="Of one sender's number.")] = None,
    message: Annotated[str | None, typer.Option(help="Of one message id.")] = None,
    canaries: Canaries = False,
    data: DataDir = None,
    limit: Limit = None,
    as_json: JsonFlag = False,
) -> None:
    """List what intake answered to every input record, newest first."""
    listing(
        listings.RECEIPTS,
        {"status": status, "institution": institution, "message": message},
        _RECEIPT_COLUMNS,
        canaries=canaries,
        data=data,
        limit=limit,
        as_json=as_json,
    )


def decisions(
    outcome: Annotated[Outcome | None, typer.Option(help="obliged, not_obliged or undecided.")] = None,
    institution: Annotated[str | None, typer.Option(help="Of one sender's number.")] = None,
    message: Annotated[str | None, typer.Option(help="Of one message id.")] = None,
    unit: Annotated[str | None, typer.Option(help="Of one unit.")] = None,
    canaries: Canaries = False,
    data: DataDir = None,
    limit: Limit = None,
    as_json: JsonFlag = False,
) -> None:
    """List the last decision on every accepted message, newest message first."""
    listing(
        listings.DECISIONS,
        {"outcome": outcome, "institution": institution, "message": message, "unit": unit},
        _DECISION_COLUMNS,
        canaries=canaries,
        data=data,
        limit=limit,
        as_json=as_json,
    )


def asked_for(
    query: listings.Query,
    filters: dict[str, str | None],
    *,
    canaries: bool = False,
    data: Path | None,
    limit: int | None,
    as_json: bool,
) -> list[ListRow] | None:
    """The rows of a query for a table; None where they were wanted as JSON, and have been said one by one.

    Ends with 1 where PostgreSQL does not answer, or nothing was found of a unit that there is not.
    """
    known = settings(data)
    url = known.database_url.get_secret_value()
    wanted = limit if as_json or limit is not None else _TABLE_ROWS
    found: list[ListRow] = []
    nothing = True
    try:
        for row in listings.rows(url, query, filters, limit=wanted, canaries=canaries):
            nothing = False
            if as_json:
                emit(row)
            else:
                found.append(row)
    except psycopg.OperationalError:
        fail("PostgreSQL does not answer.")
        raise typer.Exit(1) from None
    if nothing:
        nothing_of(known, filters.get("unit"))
    return None if as_json else found


def listing(
    query: listings.Query,
    filters: dict[str, str | None],
    columns: Mapping[str, Column],
    *,
    canaries: bool,
    data: Path | None,
    limit: int | None,
    as_json: bool,
) -> None:
    """The rows of a query, as they were asked for."""
    found = asked_for(query, filters, canaries=canaries, data=data, limit=limit, as_json=as_json)
    if found is None:
        return
    show("", list(columns), ([column(row) for column in columns.values()] for row in found), empty="None.")
    if limit is None and len(found) == _TABLE_ROWS:
        note(f"[dim]The first {_TABLE_ROWS}; --limit N shows more, --json all and whole.[/]")


def plain(name: str) -> Column:
    """A field as it is."""
    return lambda row: row[name]


def _time(row: ListRow) -> str:
    moment: datetime = row["appended_at"]
    return f"{moment.astimezone(COPENHAGEN):%d %b %H:%M}"


def _id(row: ListRow) -> str:
    return str(row["message_id"] or "")[:8]


def _kind(row: ListRow) -> str:
    return str(row["type"] or "").removeprefix(TYPE_PREFIX).removesuffix(".v1")


def _answer(row: ListRow) -> str:
    said = [row["reason"], row["detail"], row["repeat"]]
    return " · ".join(str(part) for part in said if part)


_RECEIPT_COLUMNS: Mapping[str, Column] = {
    "appended": _time,
    "sender": plain("institution"),
    "id": _id,
    "event": _kind,
    "status": plain("status"),
    "why": _answer,
}
_DECISION_COLUMNS: Mapping[str, Column] = {
    "from": plain("institution"),
    "id": _id,
    "decision": plain("decision"),
    "reason": lambda row: "" if row["reason"] == row["decision"] else row["reason"],
    "unit": plain("unit"),
    "task": plain("task"),
    "by": lambda row: row["react_by"] or row["review_on"],
}
