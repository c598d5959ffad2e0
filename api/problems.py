"""Every way in which the interface says no, as RFC 9457 has it: the closed list, and how an error becomes one.

    Refused    raised anywhere below a route; becomes a problem

A problem never repeats what the caller sent: it may name a person.
"""

from collections.abc import Mapping
from enum import Enum
from http import HTTPStatus
from typing import Any, Final

from pydantic import Field
from starlette.responses import JSONResponse

from models.base import Frozen

PREFIX: Final = "/api/v1"
"""Where the interface stands; a problem's type is an address under it that explains it."""
MEDIA_TYPE: Final = "application/problem+json"


class Problem(Enum):
    """name: status, title, what to do."""

    NOT_JSON = "not-json", 400, "The body is not JSON", "Send JSON in UTF-8."
    NO_KEY = (
        "idempotency-key-missing",
        400,
        "No Idempotency-Key, or one that cannot be used",
        "Give every write a key of its own, 1 to 255 visible ASCII characters; send it again when you try again.",
    )
    BAD_PRECONDITION = (
        "precondition-not-understood",
        400,
        "If-Match is not understood",
        'Send one ETag as it was given to you, in its quotation marks, or "*" to act whatever has changed.',
    )
    NO_TOKEN = "no-token", 401, "No access token", "Get one at oauth2/token and send it as Bearer."
    TOKEN_NOT_VALID = (
        "token-not-valid",
        401,
        "The access token cannot be used",
        "It has expired, or its client has been taken out. Get a new one.",
    )
    RIGHT_MISSING = (
        "right-missing",
        403,
        "The token does not hold the right for this",
        "Ask for the scope, and let the municipality give the client the right.",
    )
    NOT_FOUND = "not-found", 404, "There is nothing at this address", "See the OpenAPI document."
    NO_SUCH_TASK = (
        "no-such-task",
        404,
        "Your units have no such task",
        "There is none of this reference, or it is another unit's.",
    )
    METHOD = "method-not-allowed", 405, "This address does not take this method", "See the header Allow."
    DEED_REFUSED = (
        "deed-refused",
        409,
        "The task does not allow this as it stands",
        "The member `refusal` says why; see the list of refusals.",
    )
    NOTHING_TO_OPEN = (
        "nothing-to-open",
        409,
        "The task was withdrawn, and its particulars stay closed",
        "Nothing obliges the unit any more.",
    )
    TASK_CHANGED = (
        "task-changed",
        412,
        "The task is no longer as you have seen it",
        "Read it again and decide again; the header ETag has its present version.",
    )
    TOO_LARGE = "too-large", 413, "The request is too large", "No request needs more than 16 KiB."
    MEDIA = "media-type", 415, "The body's media type is not read here", "Send application/json."
    NOT_VALID = (
        "not-valid",
        422,
        "The request does not fit the OpenAPI document",
        "The member `errors` says where, by JSON Pointer or by the parameter's name.",
    )
    KEY_REUSED = (
        "idempotency-key-reused",
        422,
        "The Idempotency-Key was used for another deed",
        "Take a new key for a new deed; send the same body when you try again.",
    )
    NO_PRECONDITION = (
        "precondition-missing",
        428,
        "If-Match is missing",
        "Send the task's ETag, so that nobody's change is overwritten unseen.",
    )
    TOO_MANY = "too-many-requests", 429, "Too many requests", "Wait as long as Retry-After says."
    FAULT = "fault", 500, "The service has failed", "Try again later with the same Idempotency-Key."
    AWAY = (
        "away",
        503,
        "The service cannot reach its database now",
        "Try again later with the same Idempotency-Key.",
    )

    def __init__(self, code: str, status: int, title: str, advice: str) -> None:
        self.code = code
        self.status = status
        self.title = title
        self.advice = advice

    @property
    def uri(self) -> str:
        """The problem's type: a reference with its full path, the same on every host."""
        return f"{PREFIX}/problems/{self.code}"


BY_CODE: Final[Mapping[str, Problem]] = {problem.code: problem for problem in Problem}
BY_STATUS: Final[Mapping[int, Problem]] = {404: Problem.NOT_FOUND, 405: Problem.METHOD}


class FieldError(Frozen):
    """One thing that does not fit."""

    pointer: str
    """JSON Pointer into the body (``#/deed/at``), or the parameter's name."""
    detail: str


class ProblemBody(Frozen):
    """A problem as it is sent."""

    type: str = Field(examples=[f"{PREFIX}/problems/no-such-task"])
    title: str
    status: int
    detail: str
    refusal: str | None = Field(default=None, description="Of `deed-refused`: why")
    errors: tuple[FieldError, ...] | None = Field(default=None, description="Of `not-valid`: where")


class ProblemRaised(Exception):
    """The request is answered with `problem`."""

    def __init__(
        self,
        problem: Problem,
        headers: Mapping[str, str] | None = None,
        *,
        refusal: str | None = None,
        errors: tuple[FieldError, ...] | None = None,
    ) -> None:
        super().__init__(problem.code)
        self.problem = problem
        self.headers = headers or {}
        self.refusal = refusal
        self.errors = errors


def answer(refused: ProblemRaised) -> JSONResponse:
    """The response."""
    problem = refused.problem
    body = ProblemBody(
        type=problem.uri,
        title=problem.title,
        status=problem.status,
        detail=problem.advice,
        refusal=refused.refusal,
        errors=refused.errors,
    )
    headers = dict(refused.headers)
    if problem.status == HTTPStatus.UNAUTHORIZED:
        error = ', error="invalid_token"' if problem is Problem.TOKEN_NOT_VALID else ""
        headers["WWW-Authenticate"] = f'Bearer realm="frafaldsvarsel"{error}'
    if problem is Problem.RIGHT_MISSING:
        headers["WWW-Authenticate"] = 'Bearer realm="frafaldsvarsel", error="insufficient_scope"'
    return JSONResponse(
        body.model_dump(mode="json", exclude_none=True),
        status_code=problem.status,
        headers=headers,
        media_type=MEDIA_TYPE,
    )


def documented(*problems: Problem) -> dict[int | str, dict[str, Any]]:
    """What the OpenAPI document says of them, by status."""
    by_status: dict[int, list[Problem]] = {}
    for problem in problems:
        by_status.setdefault(problem.status, []).append(problem)
    return {
        status: {
            "description": "; ".join(f"`{problem.code}`: {problem.title}" for problem in found),
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemBody"}}},
        }
        for status, found in sorted(by_status.items())
    }
