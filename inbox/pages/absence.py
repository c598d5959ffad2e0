"""Who of a unit is away, and who stands in: set by the person or a manager, and ended early by either."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from uuid import uuid4

from starlette.responses import Response

from inbox.absence_form import read_absence
from inbox.action_forms import BadForm, FieldFault, read_id
from inbox.auth_guard import NoAccess, NotFound
from inbox.forms import EMPTY, Form
from inbox.page_context import Visit
from inbox.pages.tasks import may_see_tasks
from ledger.store.stand_ins import Colleague, colleagues, end_stand_in, set_stand_in, stand_ins
from models.tasks.stand_in import StandIn, may_set

PATH: Final = "/fravaer"
END: Final = f"{PATH}/afslut"


async def page(visit: Visit) -> Response:
    """Those that stand, and the form for another."""
    may_see_tasks(visit)
    known, standing = await _read(visit)
    return _show(visit, known, standing)


async def put(visit: Visit) -> Response:
    """One more."""
    may_see_tasks(visit)
    known, standing = await _read(visit)
    once = read_id(visit.form.one("act"))
    if once is None:
        raise NotFound
    one = read_absence(
        visit.form,
        once=once,
        reader=visit.reader,
        manages=visit.rights.figures_of,
        colleagues=known,
        now=visit.now,
        today=visit.today,
    )
    if isinstance(one, BadForm):
        return _show(visit, known, standing, faults=one.faults, form=visit.form, status=422)
    async with visit.connection() as connection:
        done = await set_stand_in(connection, one, visit.actor)
    if not done:
        _, standing = await _read(visit)
        if not any(replace(each, set_at=one.set_at) == one for each in standing):
            fault = FieldFault("main", "absence.sent_before")
            return _show(visit, known, standing, faults=[fault], form=visit.form, status=409)
    return visit.go(PATH, said="stand_in_set")


async def end(visit: Visit) -> Response:
    """Before its last day. One that is over by now is as good as ended."""
    may_see_tasks(visit)
    _, standing = await _read(visit)
    one = next((each for each in standing if str(each.id) == visit.form.one("stand_in")), None)
    if one is not None and not _may(visit, one):
        raise NoAccess
    if one is not None:
        async with visit.connection() as connection:
            await end_stand_in(connection, one, visit.actor)
    return visit.go(PATH, said="stand_in_ended")


async def _read(visit: Visit) -> tuple[Sequence[Colleague], Sequence[StandIn]]:
    units, today = visit.rights.tasks_of, visit.today
    async with visit.connection() as connection:
        return (
            await colleagues(connection, units, today=today),
            await stand_ins(connection, units, today=today),
        )


def _may(visit: Visit, one: StandIn) -> bool:
    return may_set(one.user_id, by=visit.reader, manages=one.unit_id in visit.rights.figures_of)


def _show(
    visit: Visit,
    known: Sequence[Colleague],
    standing: Sequence[StandIn],
    *,
    faults: Sequence[FieldFault] = (),
    form: Form = EMPTY,
    status: int = 200,
) -> Response:
    own = [one for one in known if one.user_id == visit.reader]
    managed = [one for one in known if one.unit_id in visit.rights.figures_of and one.user_id != visit.reader]
    return visit.page(
        "absence.html",
        status,
        standing=[(one, _may(visit, one)) for one in standing],
        absent=[*own, *managed],
        others=_others(visit, known),
        several_units=len(visit.rights.tasks_of) > 1,
        faults=faults,
        fault_at={fault.field: fault.sentence for fault in faults},
        form=form,
        act=uuid4(),
        end=END,
    )


def _others(visit: Visit, known: Sequence[Colleague]) -> list[tuple[str, str, str]]:
    """Name, id and units. By person: a name that stands at two units is one choice."""
    units: dict[tuple[str, str], list[str]] = {}
    for one in known:
        units.setdefault((one.user_name, one.user_id), []).append(visit.parts.unit_name(one.unit_id))
    return [(name, user, ", ".join(sorted(at))) for (name, user), at in sorted(units.items())]
