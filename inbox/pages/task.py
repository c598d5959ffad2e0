"""One task with everything that its unit needs to act, and the deeds on it."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final
from uuid import uuid4

from starlette.responses import JSONResponse, Response

from inbox import evidence_text
from inbox.action_forms import READERS, BadForm, FieldFault, read_id, read_version
from inbox.auth_guard import NotFound
from inbox.forms import EMPTY, Form
from inbox.list_address import PATH
from inbox.page_context import Visit
from inbox.timeline import latest_notes, timeline
from ledger.actions.note_read import note_read
from ledger.actions.perform import ActionDiffers, ActionRefused, NoSuchTask, TaskChanged, perform
from ledger.queries import task_detail
from ledger.queries.cursors import is_reference
from ledger.queries.task_detail import TaskView
from ledger.store.follow_ups import follow_ups_of
from ledger.store.seen_tasks import see
from ledger.store.stand_ins import stand_ins
from models.calendar import COPENHAGEN
from models.events.sensitive_fields import OpenPurpose, SensitiveFields
from models.tasks.actions import (
    ActionRefusal,
    Close,
    ContactAttempt,
    ContactForm,
    Ending,
    HandOver,
    HandOverReason,
    Initiative,
    NoInitiative,
    Release,
    Reopen,
    ReopenReason,
    Take,
    attempts_apart,
)
from models.tasks.follow_up import LONGEST, is_after_target
from models.tasks.notes import NoteCode
from models.tasks.stand_in import standing_in
from models.tasks.status import TaskStatus

_ONE_LOOK: Final = timedelta(minutes=15)
_DISTURBED: Final = (Take, Release, Close, HandOver, Reopen)
"""Deeds for which it matters what others have done since the page was read."""


async def task(visit: Visit) -> Response:
    """The page."""
    view = await read(visit)
    async with visit.connection() as connection:
        await note_read(connection, view.task.id, visit.actor, one_within=_ONE_LOOK)
        await see(
            connection,
            visit.reader,
            visit.rights.tasks_of,
            task_id=view.task.id,
            version=view.task.version,
        )
    return await show(visit, view)


async def again(visit: Visit) -> Response:
    """The address of a form, asked for as a page: to the task."""
    return visit.go(f"{PATH}/{(await read(visit)).task.reference}")


async def live(visit: Visit) -> Response:
    """Whether the task is still as it was shown."""
    if not visit.rights.tasks_of:
        return Response(status_code=401)
    return JSONResponse({"mark": mark(await read(visit))})


async def do(visit: Visit) -> Response:
    """One deed, and back to the page; or the page again, with what must be mended."""
    kind = visit.request.path_params["deed"].replace("-", "_")
    reader = READERS.get(kind)
    view = await read(visit)
    once = read_id(visit.form.one("act"))
    if reader is None or once is None:
        raise NotFound
    deed = reader(visit.form)
    if isinstance(deed, BadForm):
        return await show(visit, view, kind=kind, faults=deed.faults, form=visit.form, status=422)
    expected = read_version(visit.form.one("version")) if isinstance(deed, _DISTURBED) else None
    try:
        async with visit.connection() as connection:
            done = await perform(
                connection,
                task_id=view.task.id,
                units=visit.rights.tasks_of,
                act_id=once,
                by=visit.actor,
                deed=deed,
                rules=visit.parts.rules,
                expected_version=expected,
            )
    except NoSuchTask:
        raise NotFound from None
    except TaskChanged:
        fault = FieldFault("main", "fault.changed")
    except ActionRefused as refused:
        fault = FieldFault(_FIELDS.get(refused.refusal, "main"), f"refusal.{refused.refusal}")
    except ActionDiffers:
        fault = FieldFault("main", "fault.sent_before")
    else:
        gone = isinstance(deed, HandOver) and deed.to_unit not in visit.rights.tasks_of
        again = done.repeated and isinstance(deed, ContactAttempt)
        return visit.go(
            PATH if gone else f"{PATH}/{view.task.reference}", said="attempt_again" if again else kind
        )
    now = await read(visit)
    if fault.sentence == f"refusal.{ActionRefusal.ANOTHER_TASK_IS_OPEN}":
        fault = replace(fault, task=now.open_beside)
    return await show(visit, now, kind=kind, faults=(fault,), form=visit.form, status=409)


_FIELDS: Final = {
    ActionRefusal.ATTEMPT_OUT_OF_TIME: "attempt-date",
    ActionRefusal.NOT_REACHED_YET: "close-ending",
    ActionRefusal.NO_CONTACT_RECORDED: "close-ending",
    ActionRefusal.SAME_UNIT: "hand-over-unit",
    ActionRefusal.UNKNOWN_UNIT: "hand-over-unit",
}
"""Where a refusal is to be mended; the others say how the task stands, and its page may have no form for it."""


async def read(visit: Visit) -> TaskView:
    """The task of the address; raises `NotFound` also where it is another unit's."""
    reference = visit.request.path_params["reference"].upper()
    if not is_reference(reference) or not visit.rights.tasks_of:
        raise NotFound
    async with visit.connection() as connection:
        view = await task_detail.task(connection, units=visit.rights.tasks_of, key=reference)
    if view is None:
        raise NotFound
    return view


def mark(view: TaskView) -> str:
    """Changes when the page would look otherwise."""
    deliveries = "-".join(
        f"{delivery.status}{len(delivery.attempts)}.{len(delivery.came_back)}" for delivery in view.deliveries
    )
    return f"{view.task.version}-{len(view.history)}-{deliveries}"


async def show(
    visit: Visit,
    view: TaskView,
    *,
    kind: str = "",
    faults: Sequence[FieldFault] = (),
    form: Form = EMPTY,
    opened: Mapping[tuple[str, str], SensitiveFields] | None = None,
    shredded: Container[tuple[str, str]] = (),
    status: int = 200,
) -> Response:
    """The page. `kind`, `faults` and `form`: a deed that could not be done; `opened`: particulars by message.

    `shredded`: messages whose particulars nobody can open any more.
    """
    parts, found = visit.parts, view.task
    local = visit.now.astimezone(COPENHAGEN)
    async with visit.connection() as connection:
        own = await follow_ups_of(connection, visit.reader, visit.rights.tasks_of)
        away = standing_in(
            await stand_ins(connection, visit.rights.tasks_of, today=visit.today), on=visit.today
        )
    return visit.page(
        "task.html",
        status,
        task=found,
        view=view,
        is_open=found.status is TaskStatus.OPEN,
        is_closed=found.status is TaskStatus.CLOSED,
        mine=visit.session is not None and found.owner_id == visit.session.user_id,
        unit=parts.unit_name(found.unit_id),
        institution=parts.institution_name,
        evidence=[
            evidence_text.sentences(
                message.evidence,
                message.law_version,
                visit.say,
                institution=parts.institution_name,
                municipality=parts.municipality_name,
            )
            for message in view.messages
        ],
        timeline=timeline(view, visit.say, parts),
        next_step=view.next_step,
        may_close_unreached=_attempts_that_count(visit, view) >= parts.rules.not_reached_after(found.unit_id),
        needed=parts.rules.not_reached_after(found.unit_id),
        kind=kind,
        faults=faults,
        fault_at={fault.field: fault.sentence for fault in faults},
        form=form,
        act=uuid4(),
        away=away.get((found.unit_id, found.owner_id or "")),
        follow_up=own.get(found.id),
        follow_up_is_late=found.id in own and is_after_target(own[found.id].day, found.react_by),
        last_follow_up=visit.today + LONGEST,
        today=f"{local:%Y-%m-%d}",
        time_now=f"{local:%H:%M}",
        contact_forms=list(ContactForm),
        initiatives=list(Initiative),
        no_initiatives=list(NoInitiative),
        hand_over_reasons=list(HandOverReason),
        reopen_reasons=list(ReopenReason),
        note_codes=list(NoteCode),
        notes=latest_notes(view.history),
        units=_other_units(visit, found.unit_id),
        endings=(Ending.CONTACT_MADE, Ending.NOT_REACHED),
        purposes=list(OpenPurpose),
        opened=opened,
        shredded=shredded,
        mark=mark(view),
    )


def _attempts_that_count(visit: Visit, view: TaskView) -> int:
    """For closing the task as not reached."""
    times = [entry.deed.at for entry in view.history if isinstance(entry.deed, ContactAttempt)]
    return attempts_apart(times, visit.parts.rules.attempts_apart)


def _other_units(visit: Visit, own: str) -> list[tuple[str, str]]:
    """Who can be given a task, by name."""
    given = visit.parts.rules.units - {own}
    return sorted(((unit, visit.parts.unit_name(unit)) for unit in given), key=lambda pair: pair[1])
