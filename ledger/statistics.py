"""The manager's numbers: what stands open, what is overdue, and how soon contact was made, week by week.

Weeks are Copenhagen's, from Monday. Of a task that was reopened only its last end is known.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import psycopg
from psycopg.rows import dict_row

Connection = psycopg.AsyncConnection[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """One week of a unit, or of several."""

    monday: date
    arrived: int
    """Tasks whose first message came in it."""
    ended: int
    """Tasks that were closed or fell away in it."""
    open_at_end: int
    """Open when it ended, or now."""
    overdue_at_end: int
    """Of these, past their date then."""
    first_contacts: int
    """Tasks whose person was first reached in it."""
    median_to_contact: timedelta | None
    """From the first message until then, of these."""
    ninth_to_contact: timedelta | None
    """Nine of ten took no longer."""
    contacts_in_time: int
    """Of these, reached on or before the task's date."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """Today's numbers, and those of the last weeks, the earliest first."""

    open: int
    overdue: int
    weeks: Sequence[Week]


_STATISTICS: Final = """
WITH mine AS MATERIALIZED (
    SELECT (appended_at AT TIME ZONE 'Europe/Copenhagen')::date AS arrived, react_by,
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
), heaps AS (                                 -- few, however many tasks there are
    SELECT date_trunc('week', arrived)::date AS arrived, date_trunc('week', ended)::date AS ended, react_by,
           count(*) AS tasks
    FROM mine GROUP BY 1, 2, 3
), contacts AS (
    SELECT date_trunc('week', reached)::date AS monday, count(*) AS first_contacts,
           count(*) FILTER (WHERE reached <= react_by) AS contacts_in_time,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY took) AS median_to_contact,
           percentile_cont(0.9) WITHIN GROUP (ORDER BY took) AS ninth_to_contact
    FROM mine WHERE reached >= %(monday)s GROUP BY 1
), by_week AS (
    SELECT w.monday,
        coalesce(sum(tasks) FILTER (WHERE arrived = w.monday), 0)::int AS arrived,
        coalesce(sum(tasks) FILTER (WHERE ended = w.monday), 0)::int AS ended,
        coalesce(sum(tasks) FILTER (WHERE ended IS NULL OR ended > w.monday), 0)::int AS open_at_end,
        coalesce(sum(tasks) FILTER (WHERE (ended IS NULL OR ended > w.monday) AND react_by < last_day), 0)::int
            AS overdue_at_end
    FROM weeks w LEFT JOIN heaps ON arrived <= w.monday GROUP BY w.monday
)
SELECT monday, arrived, ended, open_at_end, overdue_at_end, coalesce(first_contacts, 0) AS first_contacts,
       coalesce(contacts_in_time, 0) AS contacts_in_time, median_to_contact, ninth_to_contact
FROM by_week LEFT JOIN contacts USING (monday) ORDER BY monday
"""
_NOW: Final = """
SELECT count(*), count(*) FILTER (WHERE react_by < %(today)s)
FROM tasks WHERE unit_id = ANY(%(units)s) AND status = 'open'
"""


async def statistics(
    connection: Connection, *, units: frozenset[str], today: date, weeks: int = 12
) -> Statistics:
    """The numbers of `units` together, for this week and those before it."""
    last = today - timedelta(days=today.weekday())
    monday = last - timedelta(weeks=max(weeks, 1) - 1)
    values = {
        "units": sorted(units),
        "today": today,
        "monday": monday,
        "last": last,
        # A day before, whatever the hour's offset.
        "since": monday - timedelta(days=1),
    }
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_STATISTICS, values)
        found = [Week(**row) for row in await cursor.fetchall()]
    counted = await connection.execute(_NOW, values)
    ((number, overdue),) = await counted.fetchall()
    return Statistics(number, overdue, tuple(found))
