"""From the form of an absence to the stand-in, or to what is wrong with it. Pure."""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from uuid import UUID

from inbox.action_forms import BadForm, FieldFault, read_day
from inbox.forms import Form
from ledger.store.stand_ins import Colleague
from models.tasks.stand_in import StandIn, StandInRefusal, may_set, refuse_days


def read_absence(
    form: Form,
    *,
    once: UUID,
    reader: str,
    manages: Collection[str],
    colleagues: Iterable[Colleague],
    now: datetime,
    today: date,
) -> StandIn | BadForm:
    """`manages`: the units that the reader is a manager of; `colleagues`: who can be named, by unit.

    Whoever is away is named as `unit/person` in one field, so that no form can say a person of another unit.
    """
    by_id = {(one.unit_id, one.user_id): one.user_name for one in colleagues}
    unit, _, user = form.one("who").partition("/")
    stand_in = form.one("stand_in")
    first, last = read_day(form.one("first_day")), read_day(form.one("last_day"))
    faults = []
    if (unit, user) not in by_id:
        faults.append(_refused("who", StandInRefusal.NOT_A_COLLEAGUE))
    elif not may_set(user, by=reader, manages=unit in manages):
        faults.append(_refused("who", StandInRefusal.NOT_YOURS))
    if user and stand_in == user:
        faults.append(_refused("stand-in", StandInRefusal.SAME_PERSON))
    elif (unit, stand_in) not in by_id:
        faults.append(_refused("stand-in", StandInRefusal.NOT_A_COLLEAGUE))
    faults += [
        FieldFault(field, "absence.refused.no_day")
        for field, day in (("first-day", first), ("last-day", last))
        if day is None
    ]
    refusal = None if first is None or last is None else refuse_days(first, last, today=today)
    if refusal is not None:
        faults.append(_refused("last-day", refusal))
    if faults or first is None or last is None:
        return BadForm(tuple(faults))
    return StandIn(
        id=once,
        unit_id=unit,
        user_id=user,
        user_name=by_id[unit, user],
        stand_in_id=stand_in,
        stand_in_name=by_id[unit, stand_in],
        first_day=first,
        last_day=last,
        set_at=now,
    )


def _refused(field: str, refusal: StandInRefusal) -> FieldFault:
    return FieldFault(field, f"absence.refused.{refusal}")
