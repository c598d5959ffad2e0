"""The list of a unit's tasks: what is overdue on top, numbers as filters, and the place in the address."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from hashlib import sha256
from typing import Final
from urllib.parse import urlencode
from uuid import uuid4, uuid5

from starlette.responses import JSONResponse, RedirectResponse, Response

from inbox.action_forms import read_id
from inbox.auth_guard import NoAccess
from inbox.narrowing import Narrowing, read_narrowing
from inbox.page_context import Visit
from ledger.actions.perform import ActionDiffers, ActionRefused, NoSuchTask, perform
from ledger.queries.cursors import (
    ByClosing,
    Cursor,
    addressable,
    cursor_text,
    is_reference,
    read_cursor,
)
from ledger.queries.list_statements import Sorting
from ledger.queries.task_list import (
    LIMIT,
    Filter,
    ListedTask,
    Search,
    TaskCount,
    TaskListPage,
    counts,
    institutions_of,
    listing,
)
from models.events.contract import Severity
from models.events.sensitive_fields import OpenPurpose
from models.tasks.actions import Acknowledge

PATH: Final = "/opgaver"
PAGE_SIZE: Final = 50
_MOST_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True)
class TaskGroup:
    """Lines that belong together: overdue, today, later."""

    name: str
    tasks: tuple[ListedTask, ...]


async def tasks(visit: Visit) -> Response:
    """The list."""
    _may(visit)
    typed = visit.query("q")
    beginning = addressable(typed) if typed else None
    if beginning is not None and is_reference(beginning):
        return RedirectResponse(f"{PATH}/{beginning}", status_code=303)
    if typed and beginning is None:
        # It came by an address that somebody has written by hand: on to one that does not hold it.
        return RedirectResponse(PATH, status_code=303)
    return await overview(visit, beginning=beginning)


async def overview(
    visit: Visit,
    *,
    beginning: str | None = None,
    of_person: tuple[ListedTask, ...] | None = None,
    search_fault: str | None = None,
    status: int = 200,
) -> Response:
    """The list's page. `beginning`: of the references searched for; `of_person`: the tasks to be shown in place of it.

    `search_fault`: the sentence that says why the search was none. What was typed then is not shown again.
    """
    chosen = Filter.OPEN if of_person is not None or search_fault is not None else _filter(visit)
    place, typed = _place(visit), beginning or ""
    narrowing = _narrowing(visit, chosen) if beginning is None and of_person is None else Narrowing()
    page, numbers = await _read(
        visit, chosen, beginning, place, found=of_person is not None, narrowing=narrowing
    )
    if of_person is not None:
        page = TaskListPage(of_person, None)
    if narrowing.sorting is Sorting.INSTITUTION:
        page = TaskListPage(tuple(sorted(page.tasks, key=partial(_by_name, visit))), None)
    following = None
    if page.next is not None:
        following = address(chosen, typed, cursor_text(page.next), narrowing)
    plain = not narrowing.query and place is None and not typed and of_person is None
    return visit.page(
        "tasks.html",
        status,
        filter=chosen,
        filters=[(each, address(each, "", ""), numbers[each]) for each in Filter],
        numbers=numbers,
        typed=typed,
        search_fault=search_fault,
        purposes=list(OpenPurpose),
        searching=beginning is not None or of_person is not None,
        of_person=of_person is not None,
        groups=_groups(visit, chosen, page.tasks, narrowing.sorting),
        several_units=len(visit.rights.tasks_of) > 1,
        first=address(chosen, typed, "", narrowing) if place is not None else None,
        narrowing=narrowing,
        narrowed_to=narrowing.query,
        severities=list(Severity)[::-1],
        sortings=list(Sorting),
        institutions=await _institutions(visit, chosen, narrowing),
        longest=len(page.tasks)
        if narrowing.sorting is not Sorting.DATE and len(page.tasks) == LIMIT
        else None,
        following=following,
        mark=_mark(page, numbers),
        live=_live_address(chosen) if plain else None,
        act=uuid4(),
    )


async def live(visit: Visit) -> Response:
    """Whether the list is still as it was shown, and the numbers of the filters."""
    if visit.session is None or not visit.rights.tasks_of:
        return Response(status_code=401)
    page, numbers = await _read(visit, _filter(visit), None, None)
    said = {
        "mark": _mark(page, numbers),
        "counts": {each.value: _said(visit, numbers[each]) for each in Filter},
    }
    return JSONResponse(said)


async def acknowledge(visit: Visit) -> Response:
    """Several at once. Each is a deed of its own, and one that cannot be done hinders no other."""
    _may(visit)
    back = address(_filter_of(visit.form.one("vis")), "", "")
    once = read_id(visit.form.one("act"))
    chosen = [
        found for text in visit.form.all("task")[:_MOST_AT_ONCE] if (found := read_id(text)) is not None
    ]
    if not chosen or once is None:
        return visit.go(back, said="nothing_chosen")
    missed = 0
    async with visit.connection() as connection:
        for task_id in chosen:
            try:
                await perform(
                    connection,
                    task_id=task_id,
                    units=visit.rights.tasks_of,
                    act_id=uuid5(once, str(task_id)),
                    by=visit.actor,
                    deed=Acknowledge(),
                    rules=visit.parts.rules,
                )
            except (NoSuchTask, ActionRefused, ActionDiffers):
                missed += 1
    return visit.go(back, said="acknowledged_some" if missed else "acknowledged_all")


async def again(visit: Visit) -> Response:
    """Somebody came back to the address of one of the list's forms: it holds nothing."""
    return visit.go(PATH)


def _may(visit: Visit) -> None:
    if not visit.rights.tasks_of:
        raise NoAccess


async def _read(
    visit: Visit,
    chosen: Filter,
    beginning: str | None,
    place: Cursor | None,
    *,
    found: bool = False,
    narrowing: Narrowing = Narrowing(),  # noqa: B008 - it is frozen
) -> tuple[TaskListPage, Mapping[Filter, TaskCount]]:
    """The page and the numbers; `found`: the search cannot find anything, so nothing is looked for."""
    units = visit.rights.tasks_of
    who = None if visit.session is None else visit.session.user_id

    async def page() -> TaskListPage:
        if found:
            return TaskListPage((), None)
        async with visit.connection() as connection:
            return await listing(
                connection,
                units=units,
                filter=None if beginning else chosen,
                today=visit.today,
                who=who,
                search=Search(reference=beginning) if beginning else None,
                severity=narrowing.severity,
                institution=narrowing.institution,
                sorting=narrowing.sorting,
                after=place,
                limit=PAGE_SIZE if narrowing.sorting is Sorting.DATE else LIMIT,
            )

    async def numbers() -> Mapping[Filter, TaskCount]:
        async with visit.connection() as connection:
            return await counts(connection, units=units, who=who, today=visit.today)

    return await asyncio.gather(page(), numbers())


def _filter(visit: Visit) -> Filter:
    return _filter_of(visit.query("vis"))


def _filter_of(text: str) -> Filter:
    return Filter(text) if text in set(Filter) else Filter.OPEN


def _place(visit: Visit) -> Cursor | None:
    """Where to go on reading; an address that somebody has shortened begins at the beginning."""
    try:
        place = read_cursor(visit.query("efter"))
    except ValueError:
        return None
    return place if isinstance(place, ByClosing) == (_filter(visit) is Filter.CLOSED) else None


def _narrowing(visit: Visit, chosen: Filter) -> Narrowing:
    """Closed tasks are a memory, and too many to be looked through."""
    return Narrowing() if chosen is Filter.CLOSED else read_narrowing(visit.request.query_params)


async def _institutions(visit: Visit, chosen: Filter, narrowing: Narrowing) -> list[tuple[str, str]]:
    """Those that can be chosen, by name."""
    if chosen is Filter.CLOSED:
        return []
    async with visit.connection() as connection:
        found = await institutions_of(connection, units=visit.rights.tasks_of)
    numbers = {*found, *([narrowing.institution] if narrowing.institution else [])}
    return sorted(
        ((number, visit.parts.institution_name(number)) for number in numbers), key=lambda pair: pair[1]
    )


def address(chosen: Filter, typed: str, after: str, narrowing: Narrowing | None = None) -> str:
    """Of a list: a filter, a search by reference, a place, and what it is narrowed to."""
    parts = {"vis": "" if chosen is Filter.OPEN else chosen.value, "q": typed, "efter": after}
    if narrowing is not None:
        parts |= narrowing.query
    query = urlencode({name: value for name, value in parts.items() if value})
    return f"{PATH}?{query}" if query else PATH


def _live_address(chosen: Filter) -> str:
    return f"{PATH}/nyt?{urlencode({'vis': chosen.value})}"


def _groups(visit: Visit, chosen: Filter, found: tuple[ListedTask, ...], sorting: Sorting) -> list[TaskGroup]:
    if (
        chosen is Filter.CLOSED
        or sorting is not Sorting.DATE
        or any(task.closed_at is not None for task in found)
    ):
        return [TaskGroup("", found)] if found else []
    today = visit.today
    groups = (
        TaskGroup("overdue", tuple(task for task in found if task.react_by < today)),
        TaskGroup("today", tuple(task for task in found if task.react_by == today)),
        TaskGroup("later", tuple(task for task in found if task.react_by > today)),
    )
    return [group for group in groups if group.tasks]


def _by_name(visit: Visit, task: ListedTask) -> tuple[list[str], date, str]:
    """The numbers of institutions mean nothing to a reader."""
    names = sorted(visit.parts.institution_name(number) for number in task.institutions)
    return names, task.react_by, task.reference


def _mark(page: TaskListPage, numbers: Mapping[Filter, TaskCount]) -> str:
    """Changes when the list would look otherwise."""
    lines = [f"{task.id}/{task.version}/{task.waiting}/{task.undelivered}" for task in page.tasks]
    lines += [f"{each}/{count.number}" for each, count in numbers.items()]
    return sha256("\n".join(lines).encode()).hexdigest()[:16]


def _said(visit: Visit, count: TaskCount) -> str:
    return visit.say.number(count.number) + ("+" if count.more else "")
