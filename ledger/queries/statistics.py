"""The manager's numbers: what stands open, what is overdue, and how soon contact was made, week by week.

Weeks are Copenhagen's, from Monday. Of a task that was reopened only its last end is known.
Each unit is counted by itself, in numbers that can be added up: durations are kept as so many tenths of a day.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from math import ceil, floor
from operator import itemgetter
from typing import Any, Final

from psycopg.rows import dict_row

from infra.postgres import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitWeek:
    """One week of one unit, in numbers that can be added up over units."""

    monday: date
    arrived: int
    """Tasks whose first message came in it."""
    ended: int
    """Tasks that were closed or fell away in it."""
    open_at_end: int
    """Open when it ended, or now."""
    overdue_at_end: int
    """Of these, past their date then."""
    contacts_in_time: int
    """Tasks whose person was first reached in it, on or before the task's date."""
    took: Mapping[int, int]
    """Tasks whose person was first reached in it, by the tenths of a day since the first message."""


@dataclass(frozen=True, slots=True)
class UnitWeeks:
    """The last weeks of one unit, the earliest first, and how many tasks were read to count them."""

    read: int
    weeks: tuple[UnitWeek, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StatisticsWeek:
    """One week of a unit, or of several."""

    monday: date
    arrived: int
    ended: int
    open_at_end: int
    overdue_at_end: int
    first_contacts: int
    """Tasks whose person was first reached in it."""
    median_to_contact: timedelta | None
    """From the first message until then, of these."""
    ninth_to_contact: timedelta | None
    """Nine of ten took no longer."""
    contacts_in_time: int


@dataclass(frozen=True, slots=True)
class Statistics:
    """Today's numbers, and those of the last weeks, the earliest first."""

    open: int
    overdue: int
    weeks: Sequence[StatisticsWeek]


_TENTH: Final = timedelta(days=1) / 10
BY_UNIT: Final = """
WITH mine AS MATERIALIZED (
    SELECT unit_id, (appended_at AT TIME ZONE 'Europe/Copenhagen')::date AS arrived, react_by,
           (reached_at AT TIME ZONE 'Europe/Copenhagen')::date AS reached, reached_at - appended_at AS took,
           (CASE status WHEN 'open' THEN NULL WHEN 'closed' THEN closed_at ELSE coalesce(closed_at, changed_at) END
               AT TIME ZONE 'Europe/Copenhagen')::date AS ended
    FROM tasks
    WHERE unit_id = ANY(%(units)s) AND status = 'open'
       OR unit_id = ANY(%(units)s) AND status = 'closed' AND closed_at >= %(since)s
       OR unit_id = ANY(%(units)s) AND status = 'withdrawn' AND changed_at >= %(since)s
), weeks AS (
    SELECT monday::date AS monday, least((monday + interval '6 days')::date, %(today)s) AS last_day
    FROM generate_series(%(monday)s::timestamp, %(last)s::timestamp, interval '7 days') monday
), heaps AS MATERIALIZED (                    -- few, however many tasks there are
    SELECT unit_id, date_trunc('week', arrived)::date AS arrived, date_trunc('week', ended)::date AS ended, react_by,
           count(*) AS tasks
    FROM mine GROUP BY 1, 2, 3, 4
), by_week AS (
    SELECT unit_id, w.monday,
        coalesce(sum(tasks) FILTER (WHERE arrived = w.monday), 0)::int AS arrived,
        coalesce(sum(tasks) FILTER (WHERE ended = w.monday), 0)::int AS ended,
        coalesce(sum(tasks) FILTER (WHERE ended IS NULL OR ended > w.monday), 0)::int AS open_at_end,
        coalesce(sum(tasks) FILTER (WHERE (ended IS NULL OR ended > w.monday) AND react_by < last_day), 0)::int
            AS overdue_at_end
    FROM weeks w JOIN heaps ON arrived <= w.monday GROUP BY unit_id, w.monday
), tenths AS (
    SELECT unit_id, date_trunc('week', reached)::date AS monday, round(extract(epoch FROM took) / 8640) AS tenth,
           count(*) AS tasks, count(*) FILTER (WHERE reached <= react_by) AS in_time
    FROM mine WHERE reached >= %(monday)s GROUP BY 1, 2, 3
), contacts AS (
    SELECT unit_id, monday, sum(in_time)::int AS contacts_in_time, jsonb_object_agg(tenth::int, tasks) AS took
    FROM tenths GROUP BY 1, 2
), reads AS (
    SELECT unit_id, sum(tasks)::int AS read FROM heaps GROUP BY 1
)
SELECT unit_id, read, monday, coalesce(arrived, 0) AS arrived, coalesce(ended, 0) AS ended,
       coalesce(open_at_end, 0) AS open_at_end, coalesce(overdue_at_end, 0) AS overdue_at_end,
       coalesce(contacts_in_time, 0) AS contacts_in_time, coalesce(took, '{}') AS took
FROM reads CROSS JOIN weeks LEFT JOIN by_week USING (unit_id, monday) LEFT JOIN contacts USING (unit_id, monday)
ORDER BY unit_id, monday
"""


async def statistics(
    connection: Connection, *, units: frozenset[str], today: date, weeks: int = 12
) -> Statistics:
    """The numbers of `units` together, for this week and those before it."""
    found = await by_unit(connection, units=units, today=today, weeks=weeks)
    return together(found.values(), today=today, weeks=weeks)


async def by_unit(
    connection: Connection, *, units: frozenset[str], today: date, weeks: int = 12
) -> Mapping[str, UnitWeeks]:
    """The numbers of each unit that has had a task in these weeks."""
    mondays = _mondays(today, weeks)
    values = {
        "units": sorted(units),
        "today": today,
        "monday": mondays[0],
        "last": mondays[-1],
        # A day before, whatever the hour's offset.
        "since": mondays[0] - timedelta(days=1),
    }
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(BY_UNIT, values)
        rows = await cursor.fetchall()
    return {
        unit_id: UnitWeeks(heap[0]["read"], tuple(_unit_week(row) for row in heap))
        for unit_id, heap in ((key, list(group)) for key, group in groupby(rows, itemgetter("unit_id")))
    }


def together(found: Iterable[UnitWeeks], *, today: date, weeks: int = 12) -> Statistics:
    """The numbers of several units as those of one; of none: nothing in every week."""
    each = [unit.weeks for unit in found]
    added = tuple(
        _added(monday, [unit[place] for unit in each]) for place, monday in enumerate(_mondays(today, weeks))
    )
    # What is open now arrived in this week or before.
    return Statistics(added[-1].open_at_end, added[-1].overdue_at_end, added)


def _mondays(today: date, weeks: int) -> list[date]:
    last = today - timedelta(days=today.weekday())
    return [last - timedelta(weeks=back) for back in reversed(range(max(weeks, 1)))]


def _unit_week(row: Mapping[str, Any]) -> UnitWeek:
    fields = {name: value for name, value in row.items() if name not in ("unit_id", "read", "took")}
    return UnitWeek(**fields, took={int(tenth): tasks for tenth, tasks in row["took"].items()})


def _added(monday: date, weeks: Sequence[UnitWeek]) -> StatisticsWeek:
    took: Counter[int] = Counter()
    for week in weeks:
        took.update(week.took)
    return StatisticsWeek(
        monday=monday,
        arrived=sum(week.arrived for week in weeks),
        ended=sum(week.ended for week in weeks),
        open_at_end=sum(week.open_at_end for week in weeks),
        overdue_at_end=sum(week.overdue_at_end for week in weeks),
        first_contacts=took.total(),
        median_to_contact=_reaching(took, 0.5),
        ninth_to_contact=_reaching(took, 0.9),
        contacts_in_time=sum(week.contacts_in_time for week in weeks),
    )


def _reaching(took: Counter[int], part: float) -> timedelta | None:
    """What `part` of all took at most, between two where it lies between two."""
    if not took:
        return None
    place = part * (took.total() - 1)
    below, above, seen = None, 0, 0
    for tenth in sorted(took):
        seen += took[tenth]
        if below is None and seen > floor(place):
            below = tenth
        if seen > ceil(place):
            above = tenth
            break
    start = above if below is None else below
    return (start + (above - start) * (place - floor(place))) * _TENTH
