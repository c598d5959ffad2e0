"""The search: by a task's reference, whose answer has an address, or by CPR, whose answer has none.

Both come as a form, from one field, so that a CPR never stands in an address nor in a browser's history.
It is made a pseudonym here, at once; who looked and why is written down before anything is shown.
"""

from typing import Final

from starlette.responses import Response

from inbox.auth_guard import NoAccess
from inbox.list_address import PATH as LIST
from inbox.list_address import address
from inbox.page_context import Visit
from inbox.pages.tasks import overview
from ledger.actions.reveal_sensitive import TooManyLooks, note_search
from ledger.queries.cursors import addressable
from ledger.queries.numbers import numbers_of
from ledger.queries.task_list import Filter, Search, listing
from models.cpr import NotAPerson, found_in, normalise, seems_begun
from models.events.sensitive_fields import OpenPurpose

PATH: Final = "/opgaver/soeg"
_MOST: Final = 50


async def find(visit: Visit) -> Response:
    """What the field was given."""
    if not visit.rights.tasks_of:
        raise NoAccess
    typed, purpose = visit.form.one("q"), visit.form.one("purpose")
    reference = addressable(typed)
    if reference is not None:
        return visit.go(address(Filter.OPEN, reference))
    if not seems_begun(typed):
        return await overview(visit, status=422, search_fault="list.too_little")
    try:
        cpr = normalise(found_in(typed) or "")
    except NotAPerson:
        return await overview(visit, status=422, search_fault="list.cpr_wrong")
    if purpose not in set(OpenPurpose):
        return await overview(visit, status=422, search_fault="list.purpose_missing")
    person_id = visit.parts.pseudonyms.person_id(cpr)
    units = visit.rights.tasks_of
    async with visit.connection() as connection:
        people = await numbers_of(connection, person_id)
        try:
            await note_search(
                connection,
                person_id=person_id,
                people=people,
                units=units,
                by=visit.actor,
                purpose=OpenPurpose(purpose),
                chained=visit.parts.chained,
            )
        except TooManyLooks:
            return await overview(visit, status=429, search_fault="fault.too_many_looks")
        found = await listing(
            connection,
            units=units,
            filter=None,
            today=visit.today,
            search=Search(people=tuple(people)),
            limit=_MOST,
        )
    if len(found.tasks) == 1:
        return visit.go(f"{LIST}/{found.tasks[0].reference}")
    return await overview(visit, of_person=found.tasks)
