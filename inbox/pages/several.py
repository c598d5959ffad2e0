"""Several tasks of a list, taken or closed with an outcome each: every one an act of its own, against its own version.

What fails is named with its reason; the rest stands.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4, uuid5

from starlette.responses import Response

from inbox.action_forms import read_id
from inbox.auth_guard import NotFound
from inbox.forms import EMPTY, Form
from inbox.list_address import address, read_choice
from inbox.page_context import Visit
from inbox.pages.tasks import SEVERAL, may_see_tasks
from inbox.several_form import MOST, ChosenDeed, TaskChoice, read_several
from infra.postgres import Connection
from ledger.actions.perform import ActionDiffers, ActionRefused, NoSuchTask, TaskChanged, perform
from ledger.queries.references import ids_of
from ledger.queries.task_list import Filter, ListedTask, listing
from models.tasks.actions import Initiative, NoInitiative
from models.tasks.status import TaskStatus


@dataclass(frozen=True, slots=True)
class NotDone:
    """A task for which it failed, and the sentence that says why."""

    reference: str
    sentence: str


async def page(visit: Visit) -> Response:
    """The first tasks of the list, with what can be done with each."""
    may_see_tasks(visit)
    return await _show(visit)


async def do(visit: Visit) -> Response:
    """Each that was chosen."""
    may_see_tasks(visit)
    once = read_id(visit.form.one("act"))
    if once is None:
        raise NotFound
    chosen = read_several(visit.form)
    if not chosen or len(chosen) > MOST:
        fault = "nothing" if not chosen else "too_many"
        return await _show(visit, form=visit.form, fault=fault, status=422)
    done: list[str] = []
    failed: list[NotDone] = []
    async with visit.connection() as connection:
        ids = await ids_of(connection, [one.reference for one in chosen], units=visit.rights.tasks_of)
        for one in chosen:
            sentence = await _perform(visit, connection, one, ids.get(one.reference), once)
            if sentence is None:
                done.append(one.reference)
            else:
                failed.append(NotDone(one.reference, sentence))
    if failed:
        return await _show(visit, form=visit.form, done=done, failed=failed, status=409)
    choice = read_choice(visit.request.query_params)
    return visit.go(address(choice.filter, narrowing=choice.narrowing), said="several_done")


async def _perform(
    visit: Visit, connection: Connection, one: ChosenDeed, task_id: UUID | None, once: UUID
) -> str | None:
    """Why it was not done; None where it was."""
    if one.deed is None:
        return one.fault
    if task_id is None:
        return "several.not_yours"
    try:
        await perform(
            connection,
            task_id=task_id,
            units=visit.rights.tasks_of,
            act_id=uuid5(once, one.reference),
            by=visit.actor,
            deed=one.deed,
            rules=visit.parts.rules,
            expected_version=one.version,
        )
    except NoSuchTask:
        return "several.not_yours"
    except TaskChanged:
        return "several.changed"
    except ActionRefused as refused:
        return f"refusal.{refused.refusal}"
    except ActionDiffers:
        return "fault.sent_before"
    return None


async def _show(
    visit: Visit,
    *,
    form: Form = EMPTY,
    done: Sequence[str] = (),
    failed: Sequence[NotDone] = (),
    fault: str | None = None,
    status: int = 200,
) -> Response:
    choice = read_choice(visit.request.query_params)
    # Nothing can be done with a closed task but opening it again, one by one.
    chosen = Filter.OPEN if choice.filter is Filter.CLOSED else choice.filter
    async with visit.connection() as connection:
        found = await listing(
            connection,
            units=visit.rights.tasks_of,
            filter=chosen,
            today=visit.today,
            who=visit.reader,
            narrowed=choice.narrowing.asked_by(visit.reader),
            limit=MOST,
        )
    return visit.page(
        "several.html",
        status,
        tasks=[(task, _choices(visit, task)) for task in found.tasks],
        more=found.next is not None,
        most=MOST,
        form=form,
        done=done,
        failed=failed,
        why={one.reference: one.sentence for one in failed},
        fault=fault,
        initiatives=list(Initiative),
        no_initiatives=list(NoInitiative),
        back=address(choice.filter, narrowing=choice.narrowing),
        here=address(choice.filter, narrowing=choice.narrowing, path=SEVERAL),
        act=uuid4(),
    )


def _choices(visit: Visit, task: ListedTask) -> list[TaskChoice]:
    """What the task's page would offer. How far attempts lie apart is judged when it is done."""
    if task.status is not TaskStatus.OPEN:
        return []
    enough = task.attempts >= visit.parts.rules.not_reached_after(task.unit_id)
    return [
        *([TaskChoice.TAKE] if task.owner_id != visit.reader else []),
        *([TaskChoice.CONTACT_MADE] if task.reached_at is not None else []),
        *([TaskChoice.NOT_REACHED] if enough else []),
    ]
