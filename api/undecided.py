"""The route that reads the undecided queue: what a unit's manager sees of it, and nothing of anybody else's people."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response

from api.authorize import CanReadUndecided, dependencies_of
from api.parameters import units_asked_for
from api.present import undecided_line
from api.problems import FieldError, Problem, ProblemRaised, documented
from api.schemas import UndecidedPage
from api.tasks import ALWAYS
from ledger.queries.cursors import NotACursor
from ledger.queries.undecided import undecided
from ledger.queries.undecided_cursor import open_cursor, seal_cursor
from models.calendar import copenhagen_date

router = APIRouter(tags=["undecided"])


@router.get(
    "/undecided",
    summary="A page of the undecided messages about people who live where your units answer",
    responses=documented(*ALWAYS),
)
async def list_undecided(
    request: Request,
    response: Response,
    caller: CanReadUndecided,
    unit: Annotated[str | None, Query(description="One of your units alone", max_length=40)] = None,
    after: Annotated[
        str | None, Query(description="`next` of the page before", max_length=1000, pattern=r"^[!-~]+$")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> UndecidedPage:
    """Past their review date, the longest waiting first. No unit owes anything yet, so nothing of them can be opened.

    Where the residence is not known there is no such unit, and the service desk looks at the message.
    """
    parts = dependencies_of(request)
    today = copenhagen_date(parts.clock())
    units = units_asked_for(caller, unit)
    answering = {
        code: found
        for code in parts.municipalities
        if (found := parts.unit_on(code, today)) in units and found
    }
    try:
        place = None if after is None else open_cursor(parts.page_seal, after)
    except NotACursor:
        error = FieldError(pointer="after", detail="is not the `next` of a page of this list")
        raise ProblemRaised(Problem.NOT_VALID, errors=(error,)) from None
    async with parts.connection((), municipalities=answering) as connection:
        page = await undecided(connection, today=today, municipalities=answering, after=place, limit=limit)
    following = None if page.next is None else seal_cursor(parts.page_seal, page.next)
    if following is not None:
        response.headers["Link"] = f'<?{urlencode({**request.query_params, "after": following})}>; rel="next"'
    lines = ((message, message.evidence.municipality_code or "") for message in page.messages)
    return UndecidedPage(
        messages=tuple(undecided_line(message, code, answering[code]) for message, code in lines),
        next=following,
    )
