"""Reads the duty's figures again and again, for the metrics. It changes nothing."""

import asyncio
from collections.abc import Callable, Container, Iterator
from datetime import date
from typing import Final

from infra.figures import Figure, keep_reading
from infra.metrics import Snapshot
from infra.postgres import Connection
from ledger import metrics
from ledger.queries.duty_figures import DutyFigures, DutyState, duty_figures
from models.calendar import copenhagen_date

_QUANTILES: Final = (0.5, 0.9)
MunicipalityOf = Callable[[str], str]
"""The municipality code of a unit; empty where it is not known any more."""


async def run(
    database_url: str,
    days_off: Container[date],
    municipality_of: MunicipalityOf,
    shown: Snapshot,
    stop: asyncio.Event,
) -> None:
    """See `infra.figures.keep_reading`."""

    async def read(connection: Connection) -> Iterator[Figure]:
        return readings(await duty_figures(connection, days_off), municipality_of)

    await keep_reading(database_url, read, shown, stop)


def readings(figures: DutyFigures, municipality_of: MunicipalityOf) -> Iterator[Figure]:
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
