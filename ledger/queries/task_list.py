"""The lists of a unit: pages of its tasks, and how many there are. Reading only.

Nothing of another unit is ever visible: `units` is a condition of every statement here, and an empty set sees nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from psycopg.rows import kwargs_row

from infra.postgres import Connection
from ledger.queries.cursors import ByClosing, ByDate, Cursor, NotACursor
from models.events.contract import Severity
from models.tasks.actions import Ending
from models.tasks.status import TaskStatus

COUNT_AT_MOST: Final = 5_000
"""Higher numbers are said as "5,000 and more": a number must not cost more the longer the service has lived."""
LIMIT: Final = 200
"""The longest page."""
DUE_AT_MOST: Final = 20_000
"""So many notices under way are looked through one by one; when there are more, many of the open tasks have one."""


class Filter(StrEnum):
    """Which of a unit's tasks."""

    OPEN = "open"
    """By date, so that what is overdue stands first."""
    MINE = "mine"
    """Open, and taken by the reader."""
    DUE_TODAY = "due_today"
    OVERDUE = "overdue"
    WAITING_FOR_DELIVERY = "waiting_for_delivery"
    """Open, with a notice to the unit that nobody has taken yet."""
    CLOSED = "closed"
    """The last one first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """One of the two ways to find a task. Whoever has a CPR makes the pseudonym of it; a CPR never comes here."""

    reference: str | None = None
    """How it begins, normalised (`ledger.queries.cursors.reference_beginning`)."""
    person_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedTask:
    """A task as a line of a list."""

    id: UUID
    reference: str
    unit_id: str
    status: TaskStatus
    version: int
    react_by: date
    appended_at: datetime
    opened_at: datetime
    mentor_until: date | None
    acknowledged_at: datetime | None
    owner_id: str | None
    owner_name: str | None
    attempts: int
    reached_at: datetime | None
    closed_at: datetime | None
    ending: Ending | None
    follows: UUID | None
    messages: int
    severity: Severity | None
    """The highest of its messages."""
    institutions: tuple[str, ...]
    """Numbers of the institutions that wrote."""
    last_message_at: datetime | None
    waiting: bool
    """A notice to the unit is still under way."""


@dataclass(frozen=True, slots=True)
class TaskListPage:
    """Some of a list, and where the next page begins; None at its end."""

    tasks: tuple[ListedTask, ...]
    next: Cursor | None


@dataclass(frozen=True, slots=True)
class TaskCount:
    """A number up to `COUNT_AT_MOST`; `more` where it is higher."""

    number: int
    more: bool = False


_COLUMNS: Final = """
    t.id, t.reference, t.unit_id, t.status, t.version, t.react_by, t.appended_at, t.opened_at, t.mentor_until,
    t.acknowledged_at, t.owner_id, t.owner_name, t.attempts, t.reached_at, t.closed_at, t.ending, t.follows,
    m.messages, m.severity, m.institutions, m.last_message_at,
    EXISTS (SELECT FROM deliveries d WHERE d.task_id = t.id AND d.unit_id = t.unit_id AND d.status = 'due') AS waiting
"""
_MESSAGES: Final = """
    CROSS JOIN LATERAL (
        SELECT count(*) AS messages, max(appended_at) AS last_message_at,
               coalesce(array_agg(DISTINCT sender), '{}') AS institutions,
               (array['low', 'medium', 'high'])[max(array_position(array['low', 'medium', 'high'],
                   decision -> 'message' ->> 'severity'))] AS severity
        FROM messages WHERE task_id = t.id
    ) m
"""
_DUE: Final = """EXISTS (
    SELECT FROM deliveries d WHERE d.unit_id = t.unit_id AND d.task_id = t.id AND d.status = 'due')"""
_WHICH: Final[Mapping[Filter, str]] = MappingProxyType(
    {
        Filter.OPEN: "t.status = 'open'",
        Filter.MINE: "t.status = 'open' AND t.owner_id = %(who)s",
        Filter.DUE_TODAY: "t.status = 'open' AND t.react_by = %(today)s",
        Filter.OVERDUE: "t.status = 'open' AND t.react_by < %(today)s",
        Filter.WAITING_FOR_DELIVERY: f"t.status = 'open' AND {_DUE}",
        Filter.CLOSED: "t.status = 'closed'",
    }
)
_MANY_DUE: Final = """
SELECT count(*) > %(most)s FROM (
    SELECT FROM deliveries WHERE unit_id = ANY(%(units)s) AND status = 'due' LIMIT %(most)s + 1) d
"""
# OFFSET 0: task by task by its key, whatever is believed of how many are open.
_OF_DUE: Final = """
(SELECT DISTINCT unit_id, task_id FROM deliveries WHERE unit_id = ANY(%(units)s) AND status = 'due') d
CROSS JOIN LATERAL (
    SELECT t.react_by, t.reference FROM tasks t
    WHERE t.id = d.task_id AND t.unit_id = d.unit_id AND {where} OFFSET 0) t
"""
_BY_DATE: Final = (
    "t.react_by, t.reference",
    "t.react_by >= %(at)s AND (t.react_by, t.reference) > (%(at)s, %(reference)s)",
)
_BY_CLOSING: Final = (
    "t.closed_at DESC, t.reference",
    # The first half is what the index can begin at.
    "t.closed_at <= %(at)s AND (t.closed_at < %(at)s OR t.reference > %(reference)s)",
)


async def listing(
    connection: Connection,
    *,
    units: frozenset[str],
    filter: Filter | None,
    today: date,
    who: str | None = None,
    search: Search | None = None,
    after: Cursor | None = None,
    limit: int = 50,
) -> TaskListPage:
    """A page of the tasks of `units`; `filter` None means any status, and asks for a `search`.

    `who`: the reader's id, for `Filter.MINE`. Raises `NotACursor` for an `after` of another list.
    """
    if filter is None and search is None:
        raise ValueError("a list of everything is nobody's work")
    closed = filter is Filter.CLOSED
    if after is not None and isinstance(after, ByClosing) != closed:
        raise NotACursor("a place of another list")
    order, following = _BY_CLOSING if closed else _BY_DATE
    where = ["true" if filter is None else _WHICH[filter]]
    values: dict[str, object] = {"units": sorted(units), "who": who, "today": today}
    if after is not None:
        where.append(following)
        values |= {"at": after.at, "reference": after.reference}
    if search is not None and search.reference is not None:
        where.append("t.reference LIKE %(beginning)s")
        values["beginning"] = f"{search.reference}%"
    if search is not None and search.person_id is not None:
        where.append("t.person_id = %(person)s")
        values["person"] = search.person_id
    # A number in the statement, not a parameter: a plan that does not know it may read everything.
    size = min(max(limit, 1), LIMIT)
    standing = "t.closed_at" if closed else "t.react_by"
    rest = f"{' AND '.join(where)} ORDER BY {order} LIMIT {size + 1}"
    found = f"SELECT {standing}, t.reference FROM tasks t WHERE {{unit}} AND {rest}"
    if search is None and filter is Filter.WAITING_FOR_DELIVERY and not await _many_due(connection, units):
        where[0] = "t.status = 'open'"
        source = _OF_DUE.format(where=" AND ".join(where))
    elif search is None:
        # Unit by unit, each along its own index: a condition on many units at once would read and sort all of them.
        each = found.format(unit="t.unit_id = u.unit_id")
        source = f"unnest(%(units)s::text[]) AS u (unit_id) CROSS JOIN LATERAL ({each}) t"
    else:
        source = f"({found.format(unit='t.unit_id = ANY(%(units)s)')}) t"
    # First only where they stand, of many units far more than a page; then the rows of the page alone.
    page = f"SELECT t.reference FROM {source} ORDER BY {order} LIMIT {size + 1}"
    statement = (
        f"SELECT {_COLUMNS} FROM ({page}) p JOIN tasks t USING (reference) {_MESSAGES} ORDER BY {order}"
    )
    async with connection.cursor(row_factory=kwargs_row(_listed)) as cursor:
        await cursor.execute(statement.encode(), values)
        rows = await cursor.fetchall()
    tasks = tuple(rows[:size])
    return TaskListPage(tasks, cursor_of(tasks[-1], closed=closed) if len(rows) > len(tasks) else None)


async def _many_due(connection: Connection, units: frozenset[str]) -> bool:
    cursor = await connection.execute(_MANY_DUE.encode(), {"units": sorted(units), "most": DUE_AT_MOST})
    ((many,),) = await cursor.fetchall()
    return bool(many)


def cursor_of(task: ListedTask, *, closed: bool) -> Cursor:
    """Where `task` stands in its list."""
    if closed and task.closed_at is not None:
        return ByClosing(task.closed_at, task.reference)
    return ByDate(task.react_by, task.reference)


async def counts(
    connection: Connection, *, units: frozenset[str], who: str | None, today: date
) -> Mapping[Filter, TaskCount]:
    """How many tasks each filter has."""
    # Each number is cut off on its way, so that it walks a bounded part of its index.
    most = COUNT_AT_MOST + 1
    parts = [
        f"(SELECT count(*) FROM (SELECT FROM unnest(%(units)s::text[]) AS u (unit_id) CROSS JOIN LATERAL ("
        f"SELECT FROM tasks t WHERE t.unit_id = u.unit_id AND {_WHICH[each]} LIMIT {most}"
        f") t LIMIT {most}) counted) AS {each}"
        for each in Filter
    ]
    values = {"units": sorted(units), "who": who, "today": today}
    cursor = await connection.execute(f"SELECT {', '.join(parts)}".encode(), values)
    (row,) = await cursor.fetchall()
    return MappingProxyType(
        {
            each: TaskCount(min(number, COUNT_AT_MOST), number > COUNT_AT_MOST)
            for each, number in zip(Filter, row, strict=True)
        }
    )


def _listed(
    *,
    status: str,
    ending: str | None,
    severity: str | None,
    institutions: list[str],
    **rest: Any,
) -> ListedTask:
    return ListedTask(
        status=TaskStatus(status),
        ending=None if ending is None else Ending(ending),
        severity=None if severity is None else Severity(severity),
        institutions=tuple(institutions),
        **rest,
    )
