"""The lists of a unit: pages of its tasks. Reading only.

Nothing of another unit is ever visible: `units` is a condition of every statement here, and an empty set sees nothing.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from psycopg.rows import kwargs_row

from infra.postgres import Connection
from ledger.queries.cursors import ByClosing, ByDate, Cursor, NotACursor
from ledger.queries.list_statements import (
    BEGINS,
    BY,
    DUE,
    FOUND,
    INSTITUTIONS,
    MANY_DUE,
    MESSAGES,
    OF_DUE,
    OF_PERSON,
    OPEN,
    PAGE,
    SORTED,
    UNDELIVERED,
    UNIT_BY_UNIT,
    Sorting,
)
from ledger.queries.narrowed import EVERYTHING, Narrowed
from models.events.contract import Severity
from models.tasks.actions import Ending
from models.tasks.status import TaskStatus

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
    """Open, with a notice to the unit that nobody has taken yet, or a mail that reached nobody and nobody has seen."""
    CLOSED = "closed"
    """The last one first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """One of the two ways to find a task. Whoever has a CPR makes the pseudonym of it; a CPR never comes here."""

    reference: str | None = None
    """How it begins, normalised (`ledger.queries.cursors.reference_beginning`)."""
    people: tuple[str, ...] | None = None
    """All numbers of one person (`ledger.queries.numbers`)."""


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
    undelivered: bool
    """A mail about it reached nobody, and nobody at the unit has done anything since that shows that it is known."""


@dataclass(frozen=True, slots=True)
class TaskListPage:
    """Some of a list, and where the next page begins; None at its end."""

    tasks: tuple[ListedTask, ...]
    next: Cursor | None


OF_ITS_MESSAGES: Final = ("messages", "severity", "institutions", "last_message_at")
COLUMNS: Final = ", ".join(
    f"{'m' if each.name in OF_ITS_MESSAGES else 't'}.{each.name}"
    for each in fields(ListedTask)
    if each.name not in ("waiting", "undelivered")
)
WHICH: Final[Mapping[Filter, str]] = MappingProxyType(
    {
        Filter.OPEN: OPEN,
        Filter.MINE: f"{OPEN} AND t.owner_id = %(who)s",
        Filter.DUE_TODAY: f"{OPEN} AND t.react_by = %(today)s",
        Filter.OVERDUE: f"{OPEN} AND t.react_by < %(today)s",
        Filter.WAITING_FOR_DELIVERY: f"{OPEN} AND ({DUE} OR {UNDELIVERED})",
        Filter.CLOSED: "t.status = 'closed'",
    }
)
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
    narrowed: Narrowed = EVERYTHING,
    sorting: Sorting = Sorting.DATE,
    after: Cursor | None = None,
    limit: int = 50,
) -> TaskListPage:
    """A page of the tasks of `units`; `filter` None means any status, and asks for a `search`.

    `who`: the reader's id, for `Filter.MINE`. `narrowed` and `sorting` are for open tasks, however many those are.
    Raises `NotACursor` for an `after` of another list.
    """
    if filter is None and search is None:
        raise ValueError("a list of everything is nobody's work")
    if (narrowed or sorting is not Sorting.DATE) and filter in (None, Filter.CLOSED):
        raise ValueError("only open tasks are few enough to be looked through")
    closed = filter is Filter.CLOSED
    if after is not None and isinstance(after, ByClosing) != closed:
        raise NotACursor("a place of another list")
    order, following = _BY_CLOSING if closed else _BY_DATE
    where = ["true" if filter is None else WHICH[filter], *narrowed.conditions]
    values: dict[str, object] = {"units": sorted(units), "who": who, "today": today, **narrowed.values}
    if after is not None:
        where.append(following)
        values |= {"at": after.at, "reference": after.reference}
    if search is not None and search.reference is not None:
        where.append(BEGINS)
        # No letter of a reference comes behind the tilde.
        values |= {"beginning": search.reference, "beyond": f"{search.reference}~"}
    if search is not None and search.people is not None:
        where.append(OF_PERSON)
        values["people"] = list(search.people)
    size = min(max(limit, 1), LIMIT)
    if sorting is not Sorting.DATE:
        statement = SORTED.format(
            columns=COLUMNS,
            due=DUE,
            undelivered=UNDELIVERED,
            messages=MESSAGES,
            where=" AND ".join(where),
            order=BY[sorting],
            size=size,
        )
        return TaskListPage(tuple(await _fetched(connection, statement, values)), None)
    in_due = (
        search is None
        and not narrowed
        and filter is Filter.WAITING_FOR_DELIVERY
        and not await many_due(connection, units)
    )
    if in_due:
        where[0] = OPEN
    told = {"where": " AND ".join(where), "order": order, "size": size + 1}
    unit = "t.unit_id = u.unit_id" if search is None else "t.unit_id = ANY(%(units)s)"
    found = FOUND.format(standing="t.closed_at" if closed else "t.react_by", unit=unit, **told)
    if in_due:
        source = OF_DUE.format(where=told["where"])
    else:
        source = UNIT_BY_UNIT.format(found=found) if search is None else f"({found}) t"
    statement = PAGE.format(
        columns=COLUMNS, due=DUE, undelivered=UNDELIVERED, source=source, messages=MESSAGES, **told
    )
    rows = await _fetched(connection, statement, values)
    tasks = tuple(rows[:size])
    return TaskListPage(tasks, cursor_of(tasks[-1], closed=closed) if len(rows) > len(tasks) else None)


async def institutions_of(connection: Connection, *, units: frozenset[str]) -> Mapping[str, frozenset[str]]:
    """By unit the numbers of the institutions that wrote about its open tasks."""
    cursor = await connection.execute(INSTITUTIONS, (sorted(units),))
    found: dict[str, set[str]] = defaultdict(set)
    for unit, number in await cursor.fetchall():
        found[unit].add(number)
    return {unit: frozenset(numbers) for unit, numbers in found.items()}


async def _fetched(connection: Connection, statement: str, values: dict[str, object]) -> list[ListedTask]:
    async with connection.cursor(row_factory=kwargs_row(_listed)) as cursor:
        await cursor.execute(statement.encode(), values)
        return await cursor.fetchall()


async def many_due(connection: Connection, units: frozenset[str]) -> bool:
    """Whether so many notices are under way that the open tasks are asked for theirs."""
    cursor = await connection.execute(MANY_DUE, {"units": sorted(units), "most": DUE_AT_MOST})
    ((many,),) = await cursor.fetchall()
    return bool(many)


def cursor_of(task: ListedTask, *, closed: bool) -> Cursor:
    """Where `task` stands in its list."""
    if closed and task.closed_at is not None:
        return ByClosing(task.closed_at, task.reference)
    return ByDate(task.react_by, task.reference)


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
