"""Reads the duty's figures again and again, for the metrics. It changes nothing."""

import asyncio
import logging
from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import suppress
from datetime import date
from typing import Final

import psycopg

from infra.metrics import Metric, Snapshot
from infra.postgres_timeouts import CONNECT_SECONDS, statement_timeouts
from ledger import metrics
from ledger.queries.duty_figures import DutyFigures, DutyState, duty_figures
from models.calendar import copenhagen_date

log = logging.getLogger(__name__)
_NAME: Final = "frafaldsvarsel-figures"
_SECONDS: Final = 30.0
_QUANTILES: Final = (0.5, 0.9)
MunicipalityOf = Callable[[str], str]
"""The municipality code of a unit; empty where it is not known any more."""
DutyReading = tuple[Metric, Sequence[str], float]


async def run(
    database_url: str,
    days_off: Container[date],
    municipality_of: MunicipalityOf,
    shown: Snapshot,
    stop: asyncio.Event,
) -> None:
    """Read until `stop`. While PostgreSQL is away nothing is shown: an old number would look like a quiet day."""
    while not stop.is_set():
        try:
            async with await psycopg.AsyncConnection.connect(
                database_url,
                options=statement_timeouts(_SECONDS),
                application_name=_NAME,
                connect_timeout=CONNECT_SECONDS,
                autocommit=True,
            ) as connection:
                while not stop.is_set():
                    shown.show(readings(await duty_figures(connection, days_off), municipality_of))
                    await _rest(stop)
        except (psycopg.OperationalError, psycopg.InterfaceError, TimeoutError) as error:
            log.warning("figures: waiting; cannot go on: %s", type(error).__name__)
            shown.show(())
            await _rest(stop)


def readings(figures: DutyFigures, municipality_of: MunicipalityOf) -> Iterator[DutyReading]:
    """The figures as metrics."""
    tasks: dict[tuple[str, DutyState], int] = {}
    headroom: dict[str, int] = {}
    today = copenhagen_date(figures.at)
    for one in figures.duties:
        code = municipality_of(one.unit_id)
        tasks[code, one.state] = tasks.get((code, one.state), 0) + one.tasks
        if one.state is not DutyState.REACHED:
            days = (one.next_react_by - today).days
            headroom[code] = min(days, headroom.get(code, days))
    for (code, state), number in tasks.items():
        yield metrics.DUTY_TASKS, (code, state.value), number
    for code, days in headroom.items():
        yield metrics.DUTY_HEADROOM, (code,), days
    yield metrics.UNDECIDED, (), figures.undecided
    yield metrics.CONTACTS, (), len(figures.contact_days)
    if figures.contact_days:
        for quantile in _QUANTILES:
            place = round(quantile * (len(figures.contact_days) - 1))
            yield metrics.CONTACT_DAYS, (str(quantile),), figures.contact_days[place]
    waited = 0.0 if figures.outbox_since is None else (figures.at - figures.outbox_since).total_seconds()
    yield metrics.OUTBOX_OLDEST, (), max(0.0, waited)
    yield metrics.FIGURES_AT, (), figures.at.timestamp()


async def _rest(stop: asyncio.Event) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), _SECONDS)
