"""The start: on to what the visitor works with."""

from starlette.responses import RedirectResponse, Response

from inbox.auth_guard import NoAccess
from inbox.list_address import PATH
from inbox.page_context import Visit
from inbox.pages import service


async def home(visit: Visit) -> Response:
    """To what the visitor works with."""
    rights = visit.rights
    if rights.tasks_of:
        return RedirectResponse(PATH, status_code=303)
    if rights.undecided:
        return RedirectResponse("/uafklarede", status_code=303)
    if rights.operates:
        return RedirectResponse(service.PATH, status_code=303)
    raise NoAccess
