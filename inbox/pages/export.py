"""The reader's list as a file. CPR only for a purpose, each person's opening noted first, as on a task's page."""

import logging
from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from pydantic import ValidationError
from starlette.responses import Response

from crypto.vault import KeyShreddedError, NotOpenedError
from inbox.list_address import ListChoice, read_choice
from inbox.list_csv import header_of, line_of, list_csv
from inbox.page_context import Visit
from inbox.pages.tasks import may_see_tasks, overview
from ledger.actions.reveal_sensitive import (
    MOST_LOOKS_AN_HOUR,
    SealedMessage,
    TooManyLooks,
    note_export,
    reveal_tasks,
)
from ledger.queries.task_list import LIMIT, ListedTask, listing
from ledger.store.follow_ups import follow_ups_of
from ledger.store.stand_ins import stand_ins
from models.events.sensitive_fields import OpenPurpose, SensitiveFields
from models.tasks.stand_in import standing_in

log = logging.getLogger(__name__)

MOST: Final = 5_000
MOST_WITH_CPR: Final = MOST_LOOKS_AN_HOUR // 2
"""Each is a look, of which a person has so many an hour. Who needs more reads a register, and not one list."""


async def export(visit: Visit) -> Response:
    """The list of the form's own address, by date, whole or not at all."""
    may_see_tasks(visit)
    with_cpr, purpose = visit.form.one("cpr") == "1", visit.form.one("purpose")
    if with_cpr and purpose not in set(OpenPurpose):
        return await overview(visit, status=422, export_fault="export.fault.purpose")
    choice = read_choice(visit.request.query_params)
    most = MOST_WITH_CPR if with_cpr else MOST
    tasks = await _whole(visit, choice, most)
    if tasks is None:
        return await overview(
            visit, status=422, export_fault=f"export.fault.{'many_cpr' if with_cpr else 'many'}"
        )
    units, today = visit.rights.tasks_of, visit.today
    async with visit.connection() as connection:
        follow_ups = await follow_ups_of(connection, visit.reader, units)
        away = standing_in(await stand_ins(connection, units, today=today), on=today)
        opened: Mapping[UUID, Sequence[SealedMessage]] = {}
        if with_cpr:
            try:
                opened = await reveal_tasks(
                    connection,
                    task_ids=[task.id for task in tasks],
                    units=units,
                    by=visit.actor,
                    purpose=OpenPurpose(purpose),
                    chained=visit.parts.chained,
                )
            except TooManyLooks:
                return await overview(visit, status=429, export_fault="fault.too_many_looks")
        await note_export(
            connection, units=units, by=visit.actor, query=choice.query, tasks=len(tasks), with_cpr=with_cpr
        )
    lines = [
        line_of(
            task,
            visit.say,
            unit=visit.parts.unit_name,
            institution=visit.parts.institution_name,
            away=away,
            follow_ups=follow_ups,
        )
        + ([_cpr(visit, opened.get(task.id, ()))] if with_cpr else [])
        for task in tasks
    ]
    return Response(
        list_csv(header_of(visit.say, with_cpr=with_cpr), lines),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="opgaver-{today.isoformat()}.csv"'},
    )


async def _whole(visit: Visit, choice: ListChoice, most: int) -> list[ListedTask] | None:
    """All of the list; None where it is longer than `most`."""
    found: list[ListedTask] = []
    place = None
    async with visit.connection() as connection:
        while True:
            page = await listing(
                connection,
                units=visit.rights.tasks_of,
                filter=choice.filter,
                today=visit.today,
                who=visit.reader,
                narrowed=choice.narrowing.asked_by(visit.reader),
                after=place,
                limit=LIMIT,
            )
            found += page.tasks
            place = page.next
            if len(found) > most or (place is not None and len(found) == most):
                return None
            if place is None:
                return found


def _cpr(visit: Visit, sealed: Sequence[SealedMessage]) -> str:
    """Of the last message that still opens; empty where none does."""
    for one in reversed(sealed):
        try:
            content = visit.parts.opener.open(one.sealed, one.sealed_for)
            cpr = SensitiveFields.model_validate_json(content).cpr
        except KeyShreddedError:
            continue
        except (NotOpenedError, ValidationError):
            log.error("a message of a list cannot be opened")
            continue
        return f"{cpr[:6]}-{cpr[6:]}"
    return ""
