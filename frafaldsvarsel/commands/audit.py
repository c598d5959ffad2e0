"""`audit`: the accounting as an equation, and every exception with its place."""

import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from config.environments import AuditEnvironment, HealingAuditEnvironment
from frafaldsvarsel.commands.context import settings
from frafaldsvarsel.commands.terminal import DataDir, JsonObjectFlag, emit, fail, out

if TYPE_CHECKING:
    from ops.audit.rounds import Redrive


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("audit")(audit_command)


def audit_command(
    data: DataDir = None,
    as_json: JsonObjectFlag = False,
    heal: Annotated[bool, typer.Option("--heal", help="Drive again what is unaccounted for.")] = False,
    grace: Annotated[
        int | None, typer.Option(help="Seconds a record may be under way; else the setting.")
    ] = None,
    watch: Annotated[
        int | None, typer.Option(min=1, help="Look again every so many seconds, for ever; log what is wrong.")
    ] = None,
    metrics_port: Annotated[
        int | None, typer.Option(min=1, help="With --watch: serve metrics here; else the setting.")
    ] = None,
) -> None:
    """Hold Kafka's log against the ledger. Exit code 1 when anything is unaccounted for or stuck."""
    import psycopg

    from frafaldsvarsel.commands.show_audit import audit_answer, show
    from frafaldsvarsel.processes import auditor
    from infra import logging as logs
    from ops.audit.kafka_log import LogUnreachable
    from ops.audit.metrics import causes

    known, redrive = _told(data, heal)
    allowed = timedelta(seconds=known.audit.grace_seconds if grace is None else grace)
    if watch is not None:
        logs.configure(form=known.log.form)
        auditor.watch(
            known,
            grace=allowed,
            seconds=watch,
            redrive=redrive,
            metrics_port=known.metrics.port if metrics_port is None else metrics_port,
        )
    try:
        result, driven = auditor.heal(known, allowed, redrive)
    except (psycopg.OperationalError, LogUnreachable) as error:
        fail(str(error) if isinstance(error, LogUnreachable) else "PostgreSQL does not answer.")
        raise typer.Exit(2) from None
    except sqlite3.Error as error:
        fail(f"The audit's own file cannot be used: {error}.")
        raise typer.Exit(2) from None
    if as_json:
        emit(audit_answer(result))
    else:
        show(result)
    if heal and result.exceptions and not as_json:
        for (hop, what), number in causes(driven).items():
            out.print(f"{hop}: {what}: {number} records driven again", highlight=False)
        out.print(f"{len(driven)} records driven again; audit again in a moment.")
    if result.unaccounted or result.stuck:
        raise typer.Exit(1)


def _told(data: Path | None, heal: bool) -> tuple[AuditEnvironment, "Redrive"]:
    """What the audit is told, and what drives again; only that needs keys and the senders."""
    from ops.audit.rounds import drive_nothing

    if not heal:
        return settings(AuditEnvironment, data), drive_nothing
    from frafaldsvarsel.wiring.redrive import redriver

    known = settings(HealingAuditEnvironment, data)
    return known, redriver(known)
