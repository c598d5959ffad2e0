"""`report`: the follow-up report as files, as of a day; exit code 1 where it must not be made."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import psycopg
import typer

from config.reading_environments import ReportEnvironment
from frafaldsvarsel.commands.context import account, settings
from frafaldsvarsel.commands.terminal import By, DataDir, JsonObjectFlag, emit, fail, out
from models.calendar import add_months, copenhagen_date

EX_UNREACHABLE = 2
_DAY = ["%Y-%m-%d"]
_MONTH = ["%Y-%m"]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("report")(report)


def report(
    first: Annotated[datetime, typer.Option("--from", formats=_MONTH, help="First month, YYYY-MM.")],
    last: Annotated[datetime, typer.Option("--to", formats=_MONTH, help="Last month, YYYY-MM.")],
    as_of: Annotated[
        datetime,
        typer.Option("--as-of", formats=_DAY, help="What was known when this day began, YYYY-MM-DD."),
    ],
    to: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the folder of the release goes.")],
    threshold: Annotated[
        int, typer.Option("--threshold", min=3, max=5, help="Below it a number is hidden.")
    ] = 3,
    is_follow_up: Annotated[
        bool,
        typer.Option("--follow-up", help="A released period as of a later day: the country alone, no PDF."),
    ] = False,
    by: By = None,
    data: DataDir = None,
    as_json: JsonObjectFlag = False,
) -> None:
    """Write the follow-up report: CSV, workbook, Parquet, PDF in Danish and English, metadata and manifest.

    Small numbers are hidden so that no sum gives them back. A period is released once: made again it is the same.
    Its follow-ups have the release's threshold, and show no change that is of few people.
    """
    from frafaldsvarsel.wiring.report import make_follow_up, make_release
    from reports.read import NotWhole, ReportPeriod
    from reports.releases import ReleaseRefused

    known = settings(ReportEnvironment, data)
    period = ReportPeriod(first=first.date(), last=_month_end(last.date()), as_of=as_of.date())
    today = copenhagen_date(datetime.now().astimezone())
    if not period.first <= period.last < period.as_of <= today:
        fail("--as-of must lie after the last month and must have begun, and --from not after --to.")
        raise typer.Exit(1)
    folder = to / f"{period.first:%Y-%m}--{period.last:%Y-%m}--{period.as_of}"
    try:
        if is_follow_up:
            made, is_new = make_follow_up(known, period, by=by or account())
        else:
            made, is_new = make_release(known, period, threshold=threshold, by=by or account())
    except (NotWhole, ReleaseRefused) as error:
        fail(str(error))
        raise typer.Exit(1) from None
    except psycopg.Error as error:
        fail(f"PostgreSQL does not go along: {type(error).__name__} {error.sqlstate or ''}".rstrip() + ".")
        raise typer.Exit(EX_UNREACHABLE) from None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in made.files.items():
            (folder / name).write_bytes(content)
    except OSError as error:
        fail(f"{folder} cannot be written: {error.strerror}.")
        raise typer.Exit(1) from None
    if as_json:
        emit(
            {
                "folder": str(folder),
                "sha256": made.sha256,
                "cells": made.cells,
                "shown": made.shown,
                "new": is_new,
            }
        )
        return
    again = "" if is_new else " It was released before, and is the same."
    out.print(
        f"{made.shown} of {made.cells} cells are shown: {folder}.{again}", highlight=False, soft_wrap=True
    )


def _month_end(first: date) -> date:
    return add_months(first.replace(day=1), 1) - timedelta(days=1)
