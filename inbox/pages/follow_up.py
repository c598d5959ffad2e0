"""A reader's own date on a task: put, moved and removed. No act: nobody else sees it, and no duty moves."""

from typing import Final

from starlette.responses import Response

from inbox.action_forms import FieldFault, read_day
from inbox.list_address import PATH
from inbox.page_context import Visit
from inbox.pages.task import read, show
from ledger.store.follow_ups import drop_follow_up, set_follow_up
from models.tasks.follow_up import is_after_target, refuse_day

KIND: Final = "follow_up"
_FIELD: Final = "follow-up-day"


async def put(visit: Visit) -> Response:
    """The day of the form, in place of an earlier one."""
    view = await read(visit)
    day = read_day(visit.form.one("day"))
    refusal = None if day is None else refuse_day(day, today=visit.today)
    if day is None or refusal is not None:
        fault = FieldFault(_FIELD, f"follow_up.{refusal or 'no_day'}")
        return await show(visit, view, kind=KIND, faults=(fault,), form=visit.form, status=422)
    async with visit.connection() as connection:
        stands = await set_follow_up(
            connection, visit.reader, visit.rights.tasks_of, task_id=view.task.id, day=day
        )
    if not stands:
        fault = FieldFault("main", "follow_up.not_open")
        return await show(visit, await read(visit), faults=(fault,), status=409)
    late = is_after_target(day, view.task.react_by)
    return visit.go(_task(view.task.reference), said="follow_up_late" if late else "follow_up_set")


async def drop(visit: Visit) -> Response:
    """Also of a task that is closed meanwhile."""
    view = await read(visit)
    async with visit.connection() as connection:
        await drop_follow_up(connection, visit.reader, task_id=view.task.id)
    return visit.go(_task(view.task.reference), said="follow_up_dropped")


def _task(reference: str) -> str:
    return f"{PATH}/{reference}"
