"""How a route asks for its caller: FastAPI's dependencies, one for each right, and what the document says of them."""

from typing import Annotated, cast

from fastapi import Request, Security
from fastapi.openapi.models import OAuthFlowClientCredentials, OAuthFlows
from fastapi.security import OAuth2

from api.dependencies import Parts
from api.tokens import Grant
from config.api_clients import Right

SCHEME = OAuth2(
    flows=OAuthFlows(
        clientCredentials=OAuthFlowClientCredentials(
            tokenUrl="oauth2/token",
            scopes={
                Right.READ: "Read the tasks of its units",
                Right.WRITE: "Do what a person of the unit does with a task",
                Right.OPEN: "Open CPR, text and contact person, each time for a stated purpose",
                Right.UNDECIDED: "Read the undecided messages about people who live where its units answer",
            },
        )
    ),
    scheme_name="client",
    # We answer ourselves, with a problem.
    auto_error=False,
)


def parts_of(request: Request) -> Parts:
    """What the application was built from."""
    return cast(Parts, request.app.state.parts)


async def _reader(request: Request, _: Annotated[str | None, Security(SCHEME, scopes=[Right.READ])]) -> Grant:
    return parts_of(request).caller(request, Right.READ)


async def _writer(
    request: Request, _: Annotated[str | None, Security(SCHEME, scopes=[Right.WRITE])]
) -> Grant:
    return parts_of(request).caller(request, Right.WRITE)


async def _opener(request: Request, _: Annotated[str | None, Security(SCHEME, scopes=[Right.OPEN])]) -> Grant:
    return parts_of(request).caller(request, Right.OPEN)


async def _manager(
    request: Request, _: Annotated[str | None, Security(SCHEME, scopes=[Right.UNDECIDED])]
) -> Grant:
    return parts_of(request).caller(request, Right.UNDECIDED)


CanRead = Annotated[Grant, Security(_reader)]
CanWrite = Annotated[Grant, Security(_writer)]
CanOpen = Annotated[Grant, Security(_opener)]
CanReadUndecided = Annotated[Grant, Security(_manager)]
