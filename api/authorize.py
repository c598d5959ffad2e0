"""How a route asks for its caller: FastAPI's dependencies, one for each right, and what the document says of them."""

from typing import Annotated, cast

from fastapi import Request, Security
from fastapi.openapi.models import OAuthFlowClientCredentials, OAuthFlows
from fastapi.security import OAuth2

from api.dependencies import ApiDependencies
from api.tokens import Grant
from config.api_clients import ClientRight

SCHEME = OAuth2(
    flows=OAuthFlows(
        clientCredentials=OAuthFlowClientCredentials(
            tokenUrl="oauth2/token",
            scopes={
                ClientRight.READ: "Read the tasks of its units",
                ClientRight.WRITE: "Do what a person of the unit does with a task",
                ClientRight.OPEN: "Open CPR, text and contact person, each time for a stated purpose",
                ClientRight.UNDECIDED: "Read the undecided messages about people who live where its units answer",
                ClientRight.FIGURES: "Read the released figures of the municipalities for which its units answer",
            },
        )
    ),
    scheme_name="client",
    # We answer ourselves, with a problem.
    auto_error=False,
)


def dependencies_of(request: Request) -> ApiDependencies:
    """What the application was built from."""
    return cast(ApiDependencies, request.app.state.parts)


async def _reader(
    request: Request, _: Annotated[str | None, Security(SCHEME, scopes=[ClientRight.READ])]
) -> Grant:
    return dependencies_of(request).caller(request, ClientRight.READ)


async def _writer(
    request: Request, _: Annotated[str | None, Security(SCHEME, scopes=[ClientRight.WRITE])]
) -> Grant:
    return dependencies_of(request).caller(request, ClientRight.WRITE)


async def _opener(
    request: Request, _: Annotated[str | None, Security(SCHEME, scopes=[ClientRight.OPEN])]
) -> Grant:
    return dependencies_of(request).caller(request, ClientRight.OPEN)


async def _manager(
    request: Request, _: Annotated[str | None, Security(SCHEME, scopes=[ClientRight.UNDECIDED])]
) -> Grant:
    return dependencies_of(request).caller(request, ClientRight.UNDECIDED)


async def _reporter(
    request: Request, _: Annotated[str | None, Security(SCHEME, scopes=[ClientRight.FIGURES])]
) -> Grant:
    return dependencies_of(request).caller(request, ClientRight.FIGURES)


CanRead = Annotated[Grant, Security(_reader)]
CanWrite = Annotated[Grant, Security(_writer)]
CanOpen = Annotated[Grant, Security(_opener)]
CanReadUndecided = Annotated[Grant, Security(_manager)]
CanReadFigures = Annotated[Grant, Security(_reporter)]
