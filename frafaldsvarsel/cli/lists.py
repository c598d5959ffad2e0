"""`receipts`, `decisions`, `tasks`: what became of messages, as a table or as JSON (docs/command-line.md)."""

from collections.abc import Sequence
from typing import Annotated, Any

import psycopg
import typer

from frafaldsvarsel.cli.environment import settings
from frafaldsvarsel.cli.terminal import DataDir, JsonFlag, emit, fail, note, show
from ledger import queries
from models.decision import Outcome
from models.receipt import ReceiptStatus
from models.task import TaskStatus

Limit = Annotated[
    int | None, typer.Option("--limit", min=1, help="How many rows; a table shows 50 unless told.")
]
_TABLE_ROWS = 50


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(receipts)
    app.command()(decisions)
    app.command()(tasks)


def receipts(
    status: Annotated[ReceiptStatus | None, typer.Option(help="accepted or rejected.")] = None,
    institution: Annotated[str | None, typer.Option(help="Of one sender's number.")] = None,
    message: Annotated[str | None, typer.Option(help="Of one message id.")] = None,
    data: DataDir = None,
    limit: Limit = None,
    as_json: JsonFlag = False,
) -> None:
    """List what intake answered to every input record, newest first."""
    _list(
        queries.RECEIPTS,
        {"status": status, "institution": institution, "message": message},
        ("appended_at", "institution", "message_id", "type", "status", "reason", "detail", "repeat"),
        data=data,
        limit=limit,
        as_json=as_json,
    )


def decisions(
    outcome: Annotated[Outcome | None, typer.Option(help="obliged, not_obliged or undecided.")] = None,
    institution: Annotated[str | None, typer.Option(help="Of one sender's number.")] = None,
    message: Annotated[str | None, typer.Option(help="Of one message id.")] = None,
    unit: Annotated[str | None, typer.Option(help="Of one unit.")] = None,
    data: DataDir = None,
    limit: Limit = None,
    as_json: JsonFlag = False,
) -> None:
    """List the last decision on every accepted message, newest message first."""
    _list(
        queries.DECISIONS,
        {"outcome": outcome, "institution": institution, "message": message, "unit": unit},
        (
            "appended_at",
            "institution",
            "message_id",
            "decision",
            "reason",
            "unit",
            "task",
            "react_by",
            "review_on",
        ),
        data=data,
        limit=limit,
        as_json=as_json,
    )


def tasks(
    status: Annotated[TaskStatus | None, typer.Option(help="open or withdrawn.")] = None,
    unit: Annotated[str | None, typer.Option(help="Of one unit.")] = None,
    reference: Annotated[str | None, typer.Option(help="One task: FV-XXXX-XXXX.")] = None,
    data: DataDir = None,
    limit: Limit = None,
    as_json: JsonFlag = False,
) -> None:
    """List the units' duties, the earliest react-by date first."""
    _list(
        queries.TASKS,
        {"status": status, "unit": unit, "reference": reference},
        ("reference", "unit", "status", "react_by", "mentor_until", "messages", "delivered", "waiting"),
        data=data,
        limit=limit,
        as_json=as_json,
    )


def _list(
    query: queries.Query,
    filters: dict[str, str | None],
    columns: Sequence[str],
    *,
    data: Any,
    limit: int | None,
    as_json: bool,
) -> None:
    url = settings(data).database_url.get_secret_value()
    wanted = limit if as_json or limit is not None else _TABLE_ROWS
    try:
        rows = queries.rows(url, query, filters, limit=wanted)
        if as_json:
            for row in rows:
                emit(row)
            return
        found = list(rows)
    except psycopg.OperationalError:
        fail("PostgreSQL does not answer.")
        raise typer.Exit(1) from None
    show("", columns, ([_cell(row[column]) for column in columns] for row in found), empty="None.")
    if limit is None and len(found) == _TABLE_ROWS:
        note(f"[dim]The first {_TABLE_ROWS}; --limit N shows more, --json all.[/]")


def _cell(value: object) -> object:
    return f"{value:%Y-%m-%d %H:%M:%S}" if hasattr(value, "hour") else value
