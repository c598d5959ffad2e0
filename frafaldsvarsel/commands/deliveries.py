"""`deliveries` and `webhooks`: where notices stand, what may be tried again, and endpoints that are off."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final, LiteralString
from uuid import UUID

import psycopg
import typer

from frafaldsvarsel.commands import quarantine as at_quarantine
from frafaldsvarsel.commands.account import account
from frafaldsvarsel.commands.context import settings
from frafaldsvarsel.commands.lists import asked_for
from frafaldsvarsel.commands.quarantine import Because, By
from frafaldsvarsel.commands.terminal import DataDir, JsonFlag, fail, out, show
from infra.postgres import SyncConnection
from ledger.queries import listings
from models.calendar import COPENHAGEN
from models.dead_letter import DeadLetterKind
from models.notifications.delivery import Channel, DeliveryStatus
from models.operator import Operator
from ops.recovery import deliveries

commands = typer.Typer(help="Notices to the units: list them, try one again.", no_args_is_help=True)
webhooks = typer.Typer(help="The units' webhooks: which fail, which are off.", no_args_is_help=True)

Limit = Annotated[int | None, typer.Option("--limit", min=1, help="How many rows; a table shows 50.")]
STATUS: Final[LiteralString] = "SELECT status FROM deliveries WHERE id = %s"


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(commands, name="deliveries")
    app.add_typer(webhooks, name="webhooks")


@commands.command("list")
def list_deliveries(
    status: Annotated[DeliveryStatus | None, typer.Option(help="Where they stand.")] = None,
    unit: Annotated[str | None, typer.Option(help="Of one unit.")] = None,
    channel: Annotated[Channel | None, typer.Option(help="email or webhook.")] = None,
    task: Annotated[str | None, typer.Option(help="Of one task: FV-XXXX-XXXX-XXXX.")] = None,
    data: DataDir = None,
    limit: Limit = None,
    as_json: JsonFlag = False,
) -> None:
    """List notices with their last attempt, the newest first."""
    filters = {"status": status, "unit": unit, "channel": channel, "task": task}
    columns = ("delivery", "task", "what became of it")
    _list(listings.DELIVERIES, filters, columns, _delivery_row, data=data, limit=limit, as_json=as_json)


@commands.command("retry")
def retry(
    identity: Annotated[UUID, typer.Argument(metavar="ID", help="As in the list.")],
    because: Because,
    by: By = None,
    data: DataDir = None,
) -> None:
    """Let one notice be tried now: at once where it is due, and by a replay where it was refused or exhausted.

    Exit code 1 when it is neither, or no longer fits its task.
    """
    with _database(data) as connection:
        if deliveries.hurry(connection, str(identity), _operator(by, because)):
            out.print("It is tried now.")
            return
        row = connection.execute(STATUS, (identity,)).fetchone()
    if row is None:
        fail("There is no such delivery.")
        raise typer.Exit(1)
    if row[0] not in (DeliveryStatus.REFUSED, DeliveryStatus.EXHAUSTED):
        fail("It is being tried." if row[0] == DeliveryStatus.DUE else f"It is {row[0]}.")
        raise typer.Exit(1)
    at_quarantine.replay(
        kind=DeadLetterKind.DELIVERY, ids=[str(identity)], because=because, by=by, yes=True, data=data
    )


@webhooks.command("list")
def list_webhooks(
    unit: Annotated[str | None, typer.Option(help="Of one unit.")] = None,
    data: DataDir = None,
    limit: Limit = None,
    as_json: JsonFlag = False,
) -> None:
    """List the endpoints that have failed since they last took anything, and those that are off."""
    columns = ("unit", "failing since", "off since", "why", "url")
    _list(listings.ENDPOINTS, {"unit": unit}, columns, _endpoint_row, data=data, limit=limit, as_json=as_json)


@webhooks.command("enable")
def enable(
    unit: Annotated[str, typer.Argument(help="A unit's id.")],
    because: Because,
    by: By = None,
    data: DataDir = None,
) -> None:
    """Switch a unit's webhooks on again, once they are mended; `test-send --channel webhook` tells."""
    with _database(data) as connection:
        found = deliveries.enable(connection, unit, _operator(by, because))
    if not found:
        fail(f"No webhook of {unit} is off.")
        raise typer.Exit(1)
    out.print(f"{found} on again.", highlight=False)


def _list(
    query: listings.Query,
    filters: dict[str, str | None],
    columns: tuple[str, ...],
    row_of: Any,
    *,
    data: Path | None,
    limit: int | None,
    as_json: bool,
) -> None:
    found = asked_for(query, filters, data=data, limit=limit, as_json=as_json)
    if found is not None:
        show("", columns, map(row_of, found), empty="None.")


def _delivery_row(row: Mapping[str, Any]) -> list[object]:
    told = f"{row['occasion'].replace('_', ' ')} to {row['unit']} by {row['channel']}"
    tries = [f"{row['attempts']} tries"] if row["attempts"] > 1 else []
    # What a delivered one was answered, and an outcome that is the status again, say nothing.
    came = [] if row["status"] == DeliveryStatus.DELIVERED else [row["last_outcome"], row["last_detail"]]
    waits = [f"next {_time(row['due_at'])}"] if row["status"] == DeliveryStatus.DUE else []
    parts = [told, *tries, *(part for part in came if part and part != row["status"]), *waits]
    return [row["delivery_id"], row["task"], f"{row['status']}: {', '.join(parts)}"]


def _endpoint_row(row: Mapping[str, Any]) -> list[object]:
    return [row["unit"], _time(row["failing_since"]), _time(row["disabled_at"]), row["reason"], row["url"]]


def _time(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment.astimezone(COPENHAGEN):%d %b %H:%M}"


def _operator(by: str | None, because: str) -> Operator:
    if not because.strip():
        raise typer.BadParameter("say why", param_hint="--because")
    return Operator(by or account(), because)


@contextmanager
def _database(data: Path | None) -> Iterator[SyncConnection]:
    try:
        with psycopg.connect(settings(data).database_url.get_secret_value(), autocommit=True) as connection:
            yield connection
    except psycopg.OperationalError:
        fail("PostgreSQL does not answer.")
        raise typer.Exit(1) from None
