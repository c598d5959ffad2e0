"""The routes that read: lists, numbers, one task, its history. They open nothing; who looks at a task is noted."""

from datetime import timedelta
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Header, Path, Query, Request, Response
from starlette.status import HTTP_304_NOT_MODIFIED

from api.authorize import CanRead, dependencies_of
from api.headers import etag, matches_none
from api.parameters import units_asked_for
from api.present import task_body, task_history, task_line
from api.problems import FieldError, Problem, ProblemRaised, documented
from api.schemas import HistoryBody, Number, Numbers, TaskBody, TaskPage, WorkerId
from api.tokens import Grant
from ledger.actions.note_read import note_read
from ledger.queries.cursors import NotACursor, cursor_text, read_cursor
from ledger.queries.task_counts import counts
from ledger.queries.task_detail import TaskView, task
from ledger.queries.task_list import Filter, listing
from models.calendar import copenhagen_date
from models.tasks.actions import Actor, Via

_ONE_LOOK: Final = timedelta(days=1)
"""A case system may ask every minute whether a task has changed."""
ALWAYS: Final = (
    Problem.NO_TOKEN,
    Problem.TOKEN_NOT_VALID,
    Problem.RIGHT_MISSING,
    Problem.NOT_VALID,
    Problem.TOO_MANY,
    Problem.AWAY,
)
"""What every route but the token's may answer."""
ReferencePath = Annotated[
    str,
    Path(
        description="What mails and people call the task",
        pattern=r"^FV(-[0-9A-HJKMNP-TV-Z]{4}){3}$",
        examples=["FV-7K2P-0013-ABCD"],
    ),
]
OfWorker = Annotated[
    WorkerId | None,
    Header(alias="Worker-Id", description="Whose tasks `mine` are; without it those that the client took"),
]
_ETAG_HEADER: Final = {"ETag": {"description": "The task's version", "schema": {"type": "string"}}}

router = APIRouter(tags=["tasks"])


def owner_id(grant: Grant, worker_id: str | None) -> str:
    """The id under which a client's worker, or the client itself, acts and takes tasks."""
    return grant.client.id if worker_id is None else f"{grant.client.id}/{worker_id}"


@router.get("/tasks", summary="A page of your units' tasks", responses=documented(*ALWAYS))
async def list_tasks(
    request: Request,
    response: Response,
    caller: CanRead,
    filter: Annotated[
        Filter, Query(description="Which of them; `open` is by date, `closed` the last first")
    ] = Filter.OPEN,
    unit: Annotated[str | None, Query(description="One of your units alone", max_length=40)] = None,
    after: Annotated[
        str | None, Query(description="`next` of the page before", max_length=60, pattern=r"^[0-9A-Z~.\-]+$")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    worker: OfWorker = None,
) -> TaskPage:
    """Open tasks come by date, so what is overdue stands first; each task comes once, whatever changes meanwhile."""
    parts = dependencies_of(request)
    try:
        place = None if after is None else read_cursor(after)
        async with parts.connection(caller.units) as connection:
            page = await listing(
                connection,
                units=units_asked_for(caller, unit),
                filter=filter,
                today=copenhagen_date(parts.clock()),
                who=owner_id(caller, worker),
                after=place,
                limit=limit,
            )
    except NotACursor:
        error = FieldError(pointer="after", detail="is not the `next` of a page of this list")
        raise ProblemRaised(Problem.NOT_VALID, errors=(error,)) from None
    following = None if page.next is None else cursor_text(page.next)
    if following is not None:
        query = urlencode({**request.query_params, "after": following})
        response.headers["Link"] = f'<?{query}>; rel="next"'
    return TaskPage(tasks=tuple(task_line(each) for each in page.tasks), next=following)


@router.get("/counts", summary="How many tasks each filter has", responses=documented(*ALWAYS))
async def count_tasks(request: Request, caller: CanRead, worker: OfWorker = None) -> Numbers:
    """The numbers over your units together."""
    parts = dependencies_of(request)
    async with parts.connection(caller.units) as connection:
        found = await counts(
            connection,
            units=caller.units,
            who=owner_id(caller, worker),
            today=copenhagen_date(parts.clock()),
        )
    return Numbers.model_validate(
        {each.value: Number(number=count.number, more=count.more) for each, count in found.items()}
    )


@router.get(
    "/tasks/{reference}",
    summary="One task",
    responses={
        **documented(*ALWAYS, Problem.NO_SUCH_TASK),
        200: {"headers": _ETAG_HEADER},
        304: {"description": "You have this version already", "headers": _ETAG_HEADER},
    },
    response_model=TaskBody,
)
async def read_task(
    request: Request,
    response: Response,
    caller: CanRead,
    reference: ReferencePath,
    if_none_match: Annotated[str | None, Header(alias="If-None-Match", max_length=400)] = None,
) -> TaskBody | Response:
    """Everything that its ETag stands for: the task, its messages with the evidence, and what was done with it."""
    view = await _view(request, caller, reference)
    version = view.task.version
    if matches_none(if_none_match, version):
        return Response(status_code=HTTP_304_NOT_MODIFIED, headers={"ETag": etag(version)})
    response.headers["ETag"] = etag(version)
    return task_body(view)


@router.get(
    "/tasks/{reference}/history",
    summary="All that happened with a task, and what happens next",
    responses=documented(*ALWAYS, Problem.NO_SUCH_TASK),
)
async def read_history(request: Request, caller: CanRead, reference: ReferencePath) -> HistoryBody:
    """Deeds and the service's own lines in the order of time, notices with their answers, reminders to come."""
    return task_history(await _view(request, caller, reference))


async def _view(request: Request, caller: Grant, reference: str) -> TaskView:
    async with dependencies_of(request).connection(caller.units) as connection:
        view = await task(connection, units=caller.units, key=reference)
        if view is None:
            raise ProblemRaised(Problem.NO_SUCH_TASK)
        reader = Actor(id=caller.client.id, name=caller.client.name, via=Via.API)
        await note_read(connection, view.task.id, reader, one_within=_ONE_LOOK)
    return view
