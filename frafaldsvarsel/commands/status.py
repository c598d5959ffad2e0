"""`status`: the flow from topic to mail, the promises, and what waits for people; live in the terminal, or once."""

import time
from typing import Annotated, Final

import typer

from config.command_environments import StatusEnvironment
from frafaldsvarsel.commands.context import metrics_page, settings_as_they_are
from frafaldsvarsel.commands.doctor import AuditMetrics
from frafaldsvarsel.commands.terminal import DataDir, JsonObjectFlag, emit, out
from infra import logging as logs

_BETWEEN: Final = 2.0
"""Seconds between the two looks of one answer: rates need two."""


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("status")(status)


def status(
    data: DataDir = None,
    once: Annotated[bool, typer.Option("--once", help="Look, say what there is, and end.")] = False,
    every: Annotated[float, typer.Option(min=2, help="Seconds between two looks.")] = 5.0,
    audit_metrics: AuditMetrics = None,
    as_json: JsonObjectFlag = False,
) -> None:
    """Show the flow, the promises and what waits for people, until Ctrl-C. Exit code 2 where nothing can be seen."""
    from doctor.status.answer import status_answer
    from doctor.status.look import StatusReader
    from frafaldsvarsel.commands.show_status import live, page_of

    logs.configure("CRITICAL")
    told, _ = settings_as_they_are(StatusEnvironment, data)
    reader = StatusReader(told=told, audit_metrics=audit_metrics or metrics_page(data, "audit"))
    if not (once or as_json) and out.is_terminal:
        live(reader, every)
        return
    before = reader.look()
    time.sleep(_BETWEEN)
    now = reader.look()
    answer = status_answer(before, now)
    if as_json:
        emit(answer)
    else:
        out.print(page_of(answer), highlight=False)
    if now.sample is None and now.ledger is None:
        raise typer.Exit(2)
