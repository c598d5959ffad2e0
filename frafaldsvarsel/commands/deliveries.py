"""`deliveries` and `webhooks`: where notices stand, what may be tried again, and endpoints that are off."""

from datetime import datetime
from typing import Annotated, Final, LiteralString
from uuid import UUID

import typer

from config.command_environments import DatabaseEnvironment
from frafaldsvarsel.commands import quarantine as at_quarantine
from frafaldsvarsel.commands.context import settings
from frafaldsvarsel.commands.database import database, operator
from frafaldsvarsel.commands.listing import Columns, list_ledger
from frafaldsvarsel.commands.terminal import Because, By, DataDir, JsonFlag, Limit, fail, out
from ledger.queries import listings
from ledger.queries.listing_rows import DeliveryListing, EndpointListing
from models.calendar import COPENHAGEN
from models.dead_letter import DeadLetterKind
from models.notifications.delivery import Channel, DeliveryStatus
from ops.recovery import deliveries

commands = typer.Typer(help="Notices to the units: list them, try one again.", no_args_is_help=True)
webhooks = typer.Typer(help="The units' webhooks: which fail, which are off.", no_args_is_help=True)

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
    list_ledger(listings.DELIVERIES, filters, _DELIVERY_COLUMNS, data=data, limit=limit, as_json=as_json)


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
    with database(settings(DatabaseEnvironment, data).database) as connection:
        if deliveries.hurry(connection, str(identity), operator(connection, by, because)):
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
    filters = {"unit": unit}
    list_ledger(listings.ENDPOINTS, filters, _ENDPOINT_COLUMNS, data=data, limit=limit, as_json=as_json)


@webhooks.command("enable")
def enable(
    unit: Annotated[str, typer.Argument(help="A unit's id.")],
    because: Because,
    by: By = None,
    data: DataDir = None,
) -> None:
    """Switch a unit's webhooks on again, once they are mended; `test-send --channel webhook` tells."""
    with database(settings(DatabaseEnvironment, data).database) as connection:
        found = deliveries.enable(connection, unit, operator(connection, by, because))
    if not found:
        fail(f"No webhook of {unit} is off.")
        raise typer.Exit(1)
    out.print(f"{found} on again.", highlight=False)


def _became(row: DeliveryListing) -> str:
    told = f"{row.occasion.replace('_', ' ')} to {row.unit} by {row.channel}"
    tries = [f"{row.attempts} tries"] if row.attempts > 1 else []
    # What a delivered one was answered, and an outcome that is the status again, say nothing.
    came = [] if row.status == DeliveryStatus.DELIVERED else [row.last_outcome, row.last_detail]
    waits = [f"next {_time(row.due_at)}"] if row.status == DeliveryStatus.DUE else []
    back = {
        "delayed": "delayed on the way",
        "other": "a copy came back",
        "unread": "a mail came back, not understood",
    }
    if row.came_back in back:
        waits.append(back[row.came_back])
    parts = [told, *tries, *(part for part in came if part and part != row.status), *waits]
    return f"{row.status}: {', '.join(parts)}"


def _time(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment.astimezone(COPENHAGEN):%d %b %H:%M}"


_DELIVERY_COLUMNS: Columns[DeliveryListing] = {
    "delivery": lambda row: row.delivery_id,
    "task": lambda row: row.task,
    "what became of it": _became,
}
_ENDPOINT_COLUMNS: Columns[EndpointListing] = {
    "unit": lambda row: row.unit,
    "failing since": lambda row: _time(row.failing_since),
    "off since": lambda row: _time(row.disabled_at),
    "why": lambda row: row.reason,
    "url": lambda row: row.url,
}
