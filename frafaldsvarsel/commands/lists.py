"""`receipts`, `decisions`: what became of messages, as a table or as JSON (docs/command-line.md)."""

from typing import Annotated

import typer

from frafaldsvarsel.commands.listing import Canaries, Columns, list_ledger
from frafaldsvarsel.commands.terminal import DataDir, JsonFlag, Limit
from ledger.queries import listings
from ledger.queries.listing_rows import DecisionListing, ReceiptListing
from models.calendar import COPENHAGEN
from models.eligibility.decision import Outcome
from models.events.event_types import TYPE_PREFIX
from models.events.receipt import ReceiptStatus


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
    list_ledger(
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
    list_ledger(
        listings.DECISIONS,
        {"outcome": outcome, "institution": institution, "message": message, "unit": unit},
        _DECISION_COLUMNS,
        canaries=canaries,
        data=data,
        limit=limit,
        as_json=as_json,
    )


def _time(row: ReceiptListing) -> str:
    return f"{row.appended_at.astimezone(COPENHAGEN):%d %b %H:%M}"


def _kind(row: ReceiptListing) -> str:
    return (row.type or "").removeprefix(TYPE_PREFIX).rsplit(".v", 1)[0]


def _answer(row: ReceiptListing) -> str:
    return " · ".join(part for part in (row.reason, row.detail, row.repeat, row.left_out) if part)


_RECEIPT_COLUMNS: Columns[ReceiptListing] = {
    "appended": _time,
    "sender": lambda row: row.institution,
    "id": lambda row: (row.message_id or "")[:8],
    "event": _kind,
    "status": lambda row: row.status,
    "why": _answer,
}
_DECISION_COLUMNS: Columns[DecisionListing] = {
    "from": lambda row: row.institution,
    "id": lambda row: row.message_id[:8],
    "decision": lambda row: row.decision,
    "reason": lambda row: "" if row.reason == row.decision else row.reason,
    "unit": lambda row: row.unit,
    "task": lambda row: row.task,
    "by": lambda row: row.react_by or row.review_on,
}
