"""The route for a municipality's own reporting: the figures of the follow-up report, as they were released."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from api.authorize import CanReadFigures, dependencies_of
from api.figure_schemas import FigureBody, FiguresBody, PeriodBody
from api.parameters import units_asked_for
from api.problems import FieldError, Problem, ProblemRaised, documented
from api.tasks import ALWAYS
from ledger.queries.released_figures import ReleasedPeriod, figures, periods
from models.calendar import copenhagen_date

router = APIRouter(tags=["figures"])


@router.get(
    "/figures",
    summary="What was released of the follow-up report about the municipalities for which your units answer",
    responses=documented(*ALWAYS),
)
async def read_figures(
    request: Request,
    caller: CanReadFigures,
    unit: Annotated[str | None, Query(description="One of your units alone", max_length=40)] = None,
    first_month: Annotated[
        str | None,
        Query(
            description="Of the release that begins with it; else the newest",
            pattern=r"^2[0-9]{3}-(0[1-9]|1[0-2])$",
        ),
    ] = None,
) -> FiguresBody:
    """The definitions are those of the report (docs/report.md), and so are the small numbers that are hidden.

    A municipality that was merged with others has its numbers in a line of theirs; `members` says whose it is.
    """
    parts = dependencies_of(request)
    today = copenhagen_date(parts.clock())
    units = units_asked_for(caller, unit)
    own = [code for code in sorted(parts.municipalities) if parts.unit_on(code, today) in units]
    async with parts.connection(()) as connection:
        known = await periods(connection)
        period = _asked_for(known, first_month)
        found = [] if period is None else await figures(connection, period.first_day, own)
    return FiguresBody(
        municipalities=tuple(own),
        periods=tuple(_body(one) for one in known),
        period=None if period is None else _body(period),
        figures=tuple(
            FigureBody(
                family=one.family,
                line=one.value,
                category=one.category,
                measure=one.measure,
                number=one.number,
                status=one.status,
                members=tuple(one.members),
            )
            for one in found
        ),
    )


def _asked_for(known: list[ReleasedPeriod], month: str | None) -> ReleasedPeriod | None:
    """None where nothing was released. Raises `ProblemRaised` for a month with which no release begins."""
    if month is None:
        return known[0] if known else None
    for one in known:
        if f"{one.first_day:%Y-%m}" == month:
            return one
    error = FieldError(pointer="first_month", detail="no release begins with it")
    raise ProblemRaised(Problem.NOT_VALID, errors=(error,))


def _body(period: ReleasedPeriod) -> PeriodBody:
    return PeriodBody(
        first_day=period.first_day,
        last_day=period.last_day,
        as_of=period.as_of,
        threshold=period.threshold,
    )
