"""A unit's own mails and webhooks: which arrived, which did not, and *send again* for those that did not."""

from typing import Final

from starlette.responses import Response

from inbox.action_forms import read_id
from inbox.auth_guard import NotFound
from inbox.page_context import Visit
from inbox.pages.tasks import may_see_tasks
from ledger.actions.send_again import NoSuchNotice, NotAgain, TooManyAgain, send_again
from ledger.queries.unit_notices import LATELY, MOST, unit_notices

PATH: Final = "/beskeder"
AGAIN: Final = f"{PATH}/igen"
ALL: Final = "alle"


async def page(visit: Visit) -> Response:
    """Those that reached nobody, or all."""
    may_see_tasks(visit)
    return await _show(visit)


async def again(visit: Visit) -> Response:
    """One goes once more, as it was."""
    may_see_tasks(visit)
    delivery = read_id(visit.form.one("delivery"))
    if delivery is None:
        raise NotFound
    try:
        async with visit.connection() as connection:
            await send_again(connection, delivery=delivery, units=visit.rights.tasks_of, by=visit.actor)
    except NoSuchNotice:
        raise NotFound from None
    except NotAgain:
        return await _show(visit, fault="notices.fault.not_again", status=409)
    except TooManyAgain:
        return await _show(visit, fault="notices.fault.too_many", status=429)
    return visit.go(_address(_shows_all(visit)), said="sent_again")


def _shows_all(visit: Visit) -> bool:
    return visit.query("vis") == ALL


def _address(everything: bool) -> str:
    return f"{PATH}?vis={ALL}" if everything else PATH


async def _show(visit: Visit, *, fault: str | None = None, status: int = 200) -> Response:
    everything = _shows_all(visit)
    async with visit.connection() as connection:
        found = await unit_notices(connection, visit.rights.tasks_of, failed=not everything)
    return visit.page(
        "notices.html",
        status,
        notices=found,
        fault=fault,
        tabs=[(each, _address(each), each == everything) for each in (False, True)],
        again=AGAIN + (f"?vis={ALL}" if everything else ""),
        days=LATELY.days,
        most=MOST if len(found) == MOST else None,
        several_units=len(visit.rights.tasks_of) > 1,
    )
