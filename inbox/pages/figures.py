"""The manager's page: what stands open, what is overdue, and how soon contact was made, week by week."""

from datetime import timedelta
from functools import partial
from typing import Final

from starlette.responses import Response

from inbox.auth_guard import NoAccess
from inbox.charts import Series, bars
from inbox.date_text import brief_date
from inbox.page_context import Visit
from ledger.queries.statistics import StatisticsWeek

_DAY: Final = timedelta(days=1)


async def figures(visit: Visit) -> Response:
    """Of one unit, or of all of the visitor's together."""
    mine = visit.rights.figures_of
    if not mine:
        raise NoAccess
    chosen = visit.query("enhed")
    units = frozenset({chosen}) if chosen in mine else mine
    found, counted_at = await visit.parts.counted.of(units)
    say, weeks = visit.say, found.weeks
    labels = [str(week.monday.isocalendar().week) for week in weeks]
    titles = [
        say("figures.week_of", week=label, day=brief_date(week.monday, visit.language))
        for label, week in zip(labels, weeks, strict=True)
    ]
    contacts = sum(week.first_contacts for week in weeks)
    in_time = sum(week.contacts_in_time for week in weeks)
    plot = partial(bars, labels, titles, number=say.number, no_data=say("figures.no_data"))
    return visit.page(
        "figures.html",
        open=found.open,
        overdue=found.overdue,
        counted_at=counted_at,
        weeks=list(zip(labels, titles, weeks, strict=True)),
        contacts=contacts,
        in_time=in_time,
        part_in_time=None if not contacts else round(100 * in_time / contacts),
        median=_middle(weeks),
        days=lambda taken: _days(visit, taken),
        units=sorted((visit.parts.unit_name(unit), unit) for unit in mine),
        chosen=chosen if chosen in mine else "",
        flow=plot(
            (
                Series(say("figures.arrived"), [week.arrived for week in weeks], "a"),
                Series(say("figures.ended"), [week.ended for week in weeks], "b"),
            ),
            name="flow",
            described_by=say("figures.flow_alt"),
        ),
        standing=plot(
            (
                Series(say("figures.open_at_end"), [week.open_at_end for week in weeks], "a"),
                Series(say("figures.overdue_at_end"), [week.overdue_at_end for week in weeks], "c"),
            ),
            name="standing",
            described_by=say("figures.standing_alt"),
        ),
        timely=plot(
            (
                Series(say("figures.first_contacts"), [week.first_contacts for week in weeks], "a"),
                Series(
                    say("figures.contacts_in_time"),
                    [week.contacts_in_time if week.first_contacts else None for week in weeks],
                    "b",
                ),
            ),
            name="timely",
            described_by=say("figures.timely_alt"),
        ),
        speed=plot(
            (
                Series(say("figures.median"), [_number(week.median_to_contact) for week in weeks], "a"),
                Series(say("figures.ninth"), [_number(week.ninth_to_contact) for week in weeks], "d"),
            ),
            name="speed",
            described_by=say("figures.speed_alt"),
            number=lambda value: _decimal(visit, value),
        ),
    )


def _middle(weeks: object) -> timedelta | None:
    """The middle of the weeks' medians, each weighing as much as its contacts."""
    found: list[StatisticsWeek] = [week for week in weeks if week.median_to_contact is not None]  # type: ignore[attr-defined]
    found.sort(key=lambda week: week.median_to_contact or timedelta())
    half = sum(week.first_contacts for week in found) / 2
    for week in found:
        half -= week.first_contacts
        if half <= 0:
            return week.median_to_contact
    return None


def _number(taken: timedelta | None) -> float | None:
    return None if taken is None else taken / _DAY


def _days(visit: Visit, taken: timedelta | None) -> str:
    return "–" if taken is None else _decimal(visit, taken / _DAY)


def _decimal(visit: Visit, value: float) -> str:
    return visit.say.decimal(value)
