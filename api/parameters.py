"""What stands in an address behind the question mark: each name is known, and stands once.

A misspelt filter that is passed over gives the wrong list, and nobody notices.
"""

from collections import Counter
from typing import cast

from fastapi import Request
from fastapi.routing import APIRoute

from api.problems import FieldError, Problem, ProblemRaised
from api.tokens import Grant


def judge_parameters(request: Request) -> None:
    """Raises `ProblemRaised`; it never repeats a name that is not ours."""
    route = cast(APIRoute, request.scope["route"])
    known = {parameter.alias for parameter in route.dependant.query_params}
    times = Counter(name for name, _ in request.query_params.multi_items())
    errors = [
        FieldError(pointer=name, detail="stands more than once") for name in sorted(known) if times[name] > 1
    ]
    if set(times) - known:
        errors.append(FieldError(pointer="", detail="a parameter is not known here"))
    if errors:
        raise ProblemRaised(Problem.NOT_VALID, errors=tuple(errors))


def units_asked_for(caller: Grant, unit: str | None) -> frozenset[str]:
    """The caller's units, or the one that is named; raises `ProblemRaised` where it is none of them."""
    if unit is None:
        return caller.units
    if unit not in caller.units:
        raise ProblemRaised(
            Problem.NOT_VALID, errors=(FieldError(pointer="unit", detail="is none of your units"),)
        )
    return frozenset({unit})
