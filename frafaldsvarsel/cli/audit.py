"""`audit`: the accounting as an equation, and every exception with its place."""

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Annotated

import psycopg
import typer

from config import logs
from config.settings import Settings
from frafaldsvarsel.cli.environment import settings
from frafaldsvarsel.cli.terminal import DataDir, emit, fail, out
from ops.accounts import ABOUT, Account, Audit
from ops.audit import audit
from ops.log import Log, LogUnreachable

_SHOWN = 20


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("audit")(audit_command)


def audit_command(
    data: DataDir = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    heal: Annotated[bool, typer.Option("--heal", help="Drive again what is unaccounted for.")] = False,
    grace: Annotated[
        int | None, typer.Option(help="Seconds a record may be under way; else the setting.")
    ] = None,
    watch: Annotated[
        int | None, typer.Option(min=1, help="Look again every so many seconds, for ever; log what is wrong.")
    ] = None,
) -> None:
    """Hold Kafka's log against the ledger. Exit code 1 when anything is unaccounted for beyond the grace time."""
    known = settings(data)
    allowed = timedelta(seconds=known.grace_seconds if grace is None else grace)
    if watch is not None:
        _watch(known, allowed, watch, heal)
    try:
        result = run(known, allowed)
    except (psycopg.OperationalError, LogUnreachable) as error:
        fail(str(error) if isinstance(error, LogUnreachable) else "PostgreSQL does not answer.")
        raise typer.Exit(2) from None
    if as_json:
        emit(as_object(result))
    else:
        show(result)
    if heal and result.exceptions:
        driven = _heal(known, result)
        if not as_json:
            out.print(f"{driven} records driven again; audit again in a moment.")
    if result.unaccounted:
        raise typer.Exit(1)


def run(known: Settings, grace: timedelta) -> Audit:
    """One audit."""
    with _connected(known) as (log, connection):
        return audit(log, connection, grace=grace)


@contextmanager
def _connected(known: Settings) -> Iterator[tuple[Log, psycopg.Connection[tuple[object, ...]]]]:
    log = Log(known.kafka)
    try:
        with psycopg.connect(known.database_url.get_secret_value(), autocommit=True) as connection:
            yield log, connection
    finally:
        log.close()


def as_object(result: Audit) -> dict[str, object]:
    """The audit as JSON (docs/command-line.md)."""
    return {
        "unaccounted": result.unaccounted,
        "under_way": result.under_way,
        "accounts": [json.loads(account.model_dump_json()) for account in result.accounts],
        "exceptions": [json.loads(one.model_dump_json(exclude_none=True)) for one in result.exceptions],
    }


def show(result: Audit) -> None:
    """The equations, and the first exceptions."""
    for account in result.accounts:
        sound = account.balances and not account.unaccounted
        out.print(f"{'[green]✓[/]' if sound else '[bold red]✗[/]'} {ABOUT[account.hop]}", highlight=False)
        out.print(f"  [bold]{account.total:,}[/] = {_equation(account)}", highlight=False)
    for one in result.exceptions[:_SHOWN]:
        place = f"{one.topic}/{one.partition}@{one.offset}" if one.topic is not None else one.task_id or ""
        fail(f"{one.what}: {place} {one.message_id or ''}".rstrip())
    if len(result.exceptions) > _SHOWN:
        fail(f"… and {len(result.exceptions) - _SHOWN} more; --json lists all.")
    state = (
        "[green]unaccounted 0[/]"
        if not result.unaccounted
        else f"[bold red]unaccounted {result.unaccounted}[/]"
    )
    out.print(f"{state}, under way {result.under_way}", highlight=False)


def _equation(account: Account) -> str:
    parts = {
        name: number for name, number in account.parts.items() if number or len(account.parts) == 1
    } or account.parts
    said = [f"{name.replace('_', ' ')} {number:,}" for name, number in parts.items()]
    if account.under_way:
        said.append(f"under way {account.under_way:,}")
    said.append(f"unaccounted {account.unaccounted:,}")
    return " + ".join(said)


def _heal(known: Settings, result: Audit) -> int:
    from frafaldsvarsel.heal import heal

    return asyncio.run(heal(known, result.exceptions))


def _watch(known: Settings, grace: timedelta, seconds: int, heal: bool) -> None:
    import logging

    logs.configure()
    log = logging.getLogger("audit")
    before = None
    while True:
        try:
            result = run(known, grace)
        except (psycopg.Error, LogUnreachable) as error:
            log.warning("audit: waiting; cannot count: %s", type(error).__name__)
            time.sleep(seconds)
            continue
        if result.unaccounted != before:
            level = logging.ERROR if result.unaccounted else logging.INFO
            log.log(level, "audit: unaccounted %d, under way %d", result.unaccounted, result.under_way)
            before = result.unaccounted
        if heal and result.exceptions:
            _heal(known, result)
        time.sleep(seconds)
