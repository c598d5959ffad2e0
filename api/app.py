"""The interface for a municipality's own case system, as an application to be mounted at ``/api/v1``."""

from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema
from starlette.exceptions import HTTPException

from api import actions, figures, index, tasks, token_endpoint, undecided
from api.body import said
from api.dependencies import ApiDependencies
from api.head_requests import Head
from api.limits import Limits
from api.problems import (
    BY_CODE,
    BY_STATUS,
    PREFIX,
    FieldError,
    Problem,
    ProblemBody,
    ProblemRaised,
    answer,
    documented,
)
from api.schemas import ActionRequest, OpenRequest

_ABOUT: Final = """\
For the case system of a municipality: the tasks of its own units, what people do with them, and what is undecided.
Nobody sees another unit's tasks. Nothing here names a person but `POST /tasks/{reference}/open`.
Every error is a problem (RFC 9457) of a closed list: `GET /problems`. Log-in errors alone are as RFC 6749 has them.
"""
_ASKED_FOR: Final = {
    "If-Match": r'^(\*|(W/)?"[!#-~]*")$',
    "Idempotency-Key": r'^([!#-~]{1,255}|"[ !#-\[\]-~]{1,255}")$',
}
"""Headers that a write must have, which are missed with words of our own."""
_BODIES: Final = (ActionRequest, OpenRequest, ProblemBody)


def build(parts: ApiDependencies) -> FastAPI:
    """The application. It starts nothing: the pool is opened and closed by whoever runs it."""
    app = _application()
    app.state.parts = parts
    return app


def document() -> dict[str, Any]:
    """The OpenAPI document."""
    return _application().openapi()


def _application() -> FastAPI:
    app = FastAPI(
        title="Frafaldsvarsel",
        version="1.0.0",
        description=_ABOUT,
        docs_url=None,  # they fetch their scripts from elsewhere
        redoc_url=None,
        openapi_url="/openapi.json",
        separate_input_output_schemas=False,
        servers=[{"url": PREFIX}],
        root_path_in_servers=False,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
    )
    app.include_router(index.router)
    app.include_router(token_endpoint.router)
    app.include_router(tasks.router)
    app.include_router(actions.router)
    app.include_router(undecided.router)
    app.include_router(figures.router)
    app.add_api_route("/problems", list_problems, tags=["problems"], summary="Every problem that there is")
    app.add_api_route(
        "/problems/{code}",
        read_problem,
        tags=["problems"],
        summary="What a problem means",
        responses=documented(Problem.NOT_FOUND),
    )
    app.add_middleware(Limits)
    app.add_middleware(Head)
    app.add_exception_handler(ProblemRaised, _refused)
    app.add_exception_handler(RequestValidationError, _not_valid)
    app.add_exception_handler(HTTPException, _http)
    app.openapi = lambda: _document(app)  # type: ignore[method-assign]
    return app


async def list_problems() -> list[ProblemBody]:
    """The closed list. A problem's `type` is the address under which it is explained."""
    return [_explained(problem) for problem in Problem]


async def read_problem(code: str) -> ProblemBody:
    """The same words as in the problem itself."""
    problem = BY_CODE.get(code)
    if problem is None:
        raise ProblemRaised(Problem.NOT_FOUND)
    return _explained(problem)


def _explained(problem: Problem) -> ProblemBody:
    return ProblemBody(type=problem.uri, title=problem.title, status=problem.status, detail=problem.advice)


async def _refused(_: Request, refused: Exception) -> Response:
    return answer(refused) if isinstance(refused, ProblemRaised) else answer(ProblemRaised(Problem.FAULT))


async def _not_valid(_: Request, error: Exception) -> Response:
    found = error.errors() if isinstance(error, RequestValidationError) else []
    if any(detail["loc"][:1] == ("path",) for detail in found):
        return answer(ProblemRaised(Problem.NO_SUCH_TASK))
    # The names of parameters are ours, and the messages say what is expected, not what came.
    errors = tuple(FieldError(pointer=str(detail["loc"][-1]), detail=said(detail["msg"])) for detail in found)
    return answer(ProblemRaised(Problem.NOT_VALID, errors=errors))


async def _http(_: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        return answer(ProblemRaised(Problem.FAULT))
    return answer(ProblemRaised(BY_STATUS.get(error.status_code, Problem.NOT_JSON), error.headers))


def _document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document: FastAPI's, with the shapes that we read ourselves and without errors that are not ours."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title,
            version=app.version,
            description=app.description,
            routes=app.routes,
            servers=app.servers,
            separate_input_output_schemas=False,
        )
        for operation in (each for path in document["paths"].values() for each in path.values()):
            _as_we_do_it(operation)
        schemas = document["components"]["schemas"]
        _, added = models_json_schema(
            [(shape, "validation") for shape in _BODIES], ref_template="#/components/schemas/{model}"
        )
        schemas |= added["$defs"]
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        document["components"]["securitySchemes"]["basic"] = {"type": "http", "scheme": "basic"}
        app.openapi_schema = document
    return app.openapi_schema


def _as_we_do_it(operation: dict[str, Any]) -> None:
    """What FastAPI cannot know: a parameter is absent or a text, never null, and some must be there."""
    for parameter in operation.get("parameters", ()):
        kinds = parameter["schema"].pop("anyOf", [])
        parameter["schema"] |= next((kind for kind in kinds if kind != {"type": "null"}), {})
        if parameter["name"] in _ASKED_FOR:
            parameter["required"] = True
            parameter["schema"]["pattern"] = _ASKED_FOR[parameter["name"]]
    for status, response in list(operation["responses"].items()):
        if "HTTPValidationError" in str(response):
            del operation["responses"][status]
