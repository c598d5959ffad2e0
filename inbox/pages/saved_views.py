"""A reader saves a list under a name, and drops one. Nobody else sees it; it is no part of a case."""

from starlette.responses import Response

from inbox.list_address import PATH, address, read_choice
from inbox.page_context import Visit
from inbox.pages.tasks import may_see_tasks, overview
from inbox.view_name import ViewNameFault, read_view_name
from ledger.store.saved_views import SavedView, drop_view, save_view


async def save(visit: Visit) -> Response:
    """The list of the form's own address, so what is kept is what the address of a list may say, and no more."""
    may_see_tasks(visit)
    name = read_view_name(visit.form.one("name"))
    if isinstance(name, ViewNameFault):
        return await overview(visit, status=422, view_fault=f"view.fault.{name}")
    choice = read_choice(visit.request.query_params)
    async with visit.connection() as connection:
        if not await save_view(connection, visit.reader, SavedView(name, choice.query)):
            return await overview(visit, status=409, view_fault="view.fault.too_many")
    return visit.go(address(choice.filter, narrowing=choice.narrowing), said="view_saved")


async def drop(visit: Visit) -> Response:
    """By its name. None has one that could not be saved."""
    may_see_tasks(visit)
    name = read_view_name(visit.form.one("name"))
    if not isinstance(name, ViewNameFault):
        async with visit.connection() as connection:
            await drop_view(connection, visit.reader, name)
    return visit.go(PATH, said="view_dropped")
