"""The list of a unit's tasks: what is overdue on top, numbers as filters, and the place in the address."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlencode
from uuid import UUID, uuid4, uuid5

from starlette.responses import JSONResponse, RedirectResponse, Response

from inbox.action_forms import read_id
from inbox.auth_guard import NoAccess
from inbox.list_address import PATH, ListChoice, address, filter_of, read_choice
from inbox.list_groups import by_name, groups, mark
from inbox.narrowing import FOLLOWED, STANDING_IN, Narrowing
from inbox.page_context import Visit
from infra.postgres import Connection
from ledger.actions.perform import ActionDiffers, ActionRefused, NoSuchTask, perform
from ledger.queries.cursors import addressable, cursor_text, is_reference
from ledger.queries.list_statements import Sorting
from ledger.queries.task_counts import TaskCount, counts, narrowed_count
from ledger.queries.task_list import (
    LIMIT,
    Filter,
    ListedTask,
    Search,
    TaskListPage,
    listing,
)
from ledger.store.follow_ups import FollowUp, follow_ups_of
from ledger.store.saved_views import SavedView, views_of
from ledger.store.seen_tasks import SinceSeen, changed
from ledger.store.stand_ins import stand_ins
from models.events.contract import EducationType, Severity
from models.events.sensitive_fields import OpenPurpose
from models.tasks.actions import Acknowledge
from models.tasks.follow_up import is_due
from models.tasks.stand_in import StandIn, standing_in

SAVE: Final = f"{PATH}/visninger/gem"
DROP: Final = f"{PATH}/visninger/slet"
EXPORT: Final = f"{PATH}/uddrag"
SEVERAL: Final = f"{PATH}/flere"
_PAGE_SIZE: Final = 50
_MOST_AT_ONCE: Final = LIMIT
"""As many as a page shows: who chooses all of them means all of them."""


@dataclass(frozen=True, slots=True)
class _Own:
    """What stands beside the unit's list, for this reader."""

    views: tuple[SavedView, ...]
    follow_ups: Mapping[UUID, FollowUp]
    away: Mapping[tuple[str, str], StandIn]
    """By unit and person."""
    fitting: TaskCount | None
    """How many tasks a narrowed list has; None where it is not narrowed."""


async def tasks(visit: Visit) -> Response:
    """The list."""
    may_see_tasks(visit)
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
    view_fault: str | None = None,
    export_fault: str | None = None,
    status: int = 200,
) -> Response:
    """The list's page. `beginning`: of the references searched for; `of_person`: the tasks to be shown in place of it.

    `search_fault`, `view_fault`, `export_fault`: the sentence that says why a search was none, a view could not be
    saved, or a list gave no file. What was typed then is not shown again.
    """
    choice = read_choice(visit.request.query_params)
    if of_person is not None or search_fault is not None:
        choice = replace(choice, filter=Filter.OPEN)
    if beginning is not None or of_person is not None:
        choice = replace(choice, narrowing=Narrowing())
    chosen, narrowing, typed = choice.filter, choice.narrowing, beginning or ""
    (page, changes), numbers, own = await asyncio.gather(
        _page(visit, choice, beginning, of_person), _numbers(visit), _own(visit, choice)
    )
    if narrowing.sorting is Sorting.INSTITUTION:
        page = TaskListPage(by_name(page.tasks, visit.parts.institution_name), None)
    following = None
    if page.next is not None:
        following = address(chosen, typed, cursor_text(page.next), narrowing)
    plain = not narrowing.query and choice.place is None and not typed and of_person is None
    today = visit.today
    return visit.page(
        "tasks.html",
        status,
        filter=chosen,
        filters=[(each, address(each), numbers[each]) for each in Filter],
        numbers=numbers,
        typed=typed,
        search_fault=search_fault,
        purposes=list(OpenPurpose),
        searching=beginning is not None or of_person is not None,
        of_person=of_person is not None,
        groups=groups(chosen, page.tasks, narrowing.sorting, today=today),
        several_units=len(visit.rights.tasks_of) > 1,
        first=address(chosen, typed, "", narrowing) if choice.place is not None else None,
        narrowing=narrowing,
        narrowed_to=narrowing.query,
        fitting=own.fitting,
        severities=list(Severity)[::-1],
        educations=list(EducationType),
        sortings=list(Sorting),
        institutions=await _institutions(visit, choice),
        longest=len(page.tasks)
        if narrowing.sorting is not Sorting.DATE and len(page.tasks) == LIMIT
        else None,
        views=[(view.name, _address_of(view), view.query == choice.query) for view in own.views],
        view_fault=view_fault,
        save_view=address(chosen, narrowing=narrowing, path=SAVE),
        drop_view=DROP,
        several=address(chosen, narrowing=narrowing, path=SEVERAL),
        export=address(chosen, narrowing=narrowing, path=EXPORT),
        export_fault=export_fault,
        follow_ups=own.follow_ups,
        changes=changes,
        follow_ups_due=[one for one in own.follow_ups.values() if is_due(one.day, today=today)],
        away=own.away,
        stands_in_for=sorted({one.user_name for one in own.away.values() if one.stand_in_id == visit.reader}),
        stood_in=address(Filter.OPEN, narrowing=STANDING_IN),
        followed=address(Filter.OPEN, narrowing=FOLLOWED),
        following=following,
        mark=mark(page, numbers),
        live=_live_address(chosen) if plain else None,
        act=uuid4(),
    )


async def live(visit: Visit) -> Response:
    """Whether the list is still as it was shown, and the numbers of the filters."""
    if visit.session is None or not visit.rights.tasks_of:
        return Response(status_code=401)
    chosen = read_choice(visit.request.query_params).filter
    page, numbers = await asyncio.gather(_list(visit, ListChoice(chosen, Narrowing())), _numbers(visit))
    said = {
        "mark": mark(page, numbers),
        "counts": {each.value: _said(visit, numbers[each]) for each in Filter},
    }
    return JSONResponse(said)


async def acknowledge(visit: Visit) -> Response:
    """Several at once. Each is a deed of its own, and one that cannot be done hinders no other."""
    may_see_tasks(visit)
    back = address(filter_of(visit.form.one("vis")))
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
    """Somebody came back to the address of one of the list's forms: it holds nothing but which list."""
    choice = read_choice(visit.request.query_params)
    return visit.go(address(choice.filter, narrowing=choice.narrowing))


def may_see_tasks(visit: Visit) -> None:
    """Raises `NoAccess`."""
    if not visit.rights.tasks_of:
        raise NoAccess


async def _page(
    visit: Visit, choice: ListChoice, beginning: str | None, of_person: tuple[ListedTask, ...] | None
) -> tuple[TaskListPage, Mapping[UUID, SinceSeen]]:
    """The page, unless it was found already, and what others have changed on it, in one visit of the database."""
    async with visit.connection() as connection:
        if of_person is None:
            page = await _listed(connection, visit, choice, beginning)
        else:
            page = TaskListPage(of_person, None)
        tasks = [task.id for task in page.tasks]
        return page, await changed(connection, visit.reader, visit.rights.tasks_of, tasks)


async def _list(visit: Visit, choice: ListChoice) -> TaskListPage:
    async with visit.connection() as connection:
        return await _listed(connection, visit, choice, None)


async def _listed(
    connection: Connection, visit: Visit, choice: ListChoice, beginning: str | None
) -> TaskListPage:
    sorting = choice.narrowing.sorting
    return await listing(
        connection,
        units=visit.rights.tasks_of,
        filter=None if beginning else choice.filter,
        today=visit.today,
        who=visit.reader or None,
        search=Search(reference=beginning) if beginning else None,
        narrowed=choice.narrowing.asked_by(visit.reader),
        sorting=sorting,
        after=choice.place,
        limit=_PAGE_SIZE if sorting is Sorting.DATE else LIMIT,
    )


async def _numbers(visit: Visit) -> Mapping[Filter, TaskCount]:
    units = visit.rights.tasks_of
    many_wait = visit.parts.counted.many_wait(units)
    async with visit.connection() as connection:
        return await counts(
            connection, units=units, who=visit.reader or None, today=visit.today, many_wait=many_wait
        )


async def _own(visit: Visit, choice: ListChoice) -> _Own:
    units, today = visit.rights.tasks_of, visit.today
    narrowed = choice.narrowing.asked_by(visit.reader)
    async with visit.connection() as connection:
        return _Own(
            await views_of(connection, visit.reader),
            await follow_ups_of(connection, visit.reader, units),
            standing_in(await stand_ins(connection, units, today=today), on=today),
            await narrowed_count(
                connection,
                units=units,
                filter=choice.filter,
                narrowed=narrowed,
                who=visit.reader,
                today=today,
            )
            if narrowed
            else None,
        )


async def _institutions(visit: Visit, choice: ListChoice) -> list[tuple[str, str]]:
    """Those that can be chosen, by name."""
    if choice.filter is Filter.CLOSED:
        return []
    found = await visit.parts.counted.institutions(visit.rights.tasks_of)
    chosen = choice.narrowing.institution
    numbers = {*found, *([chosen] if chosen else [])}
    return sorted(
        ((number, visit.parts.institution_name(number)) for number in numbers), key=lambda pair: pair[1]
    )


def _address_of(view: SavedView) -> str:
    return f"{PATH}?{view.query}" if view.query else PATH


def _live_address(chosen: Filter) -> str:
    return f"{PATH}/nyt?{urlencode({'vis': chosen.value})}"


def _said(visit: Visit, count: TaskCount) -> str:
    return visit.say.number(count.number) + ("+" if count.more else "")
