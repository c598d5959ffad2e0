"""The way in and out: to the provider and back, and the session between the two."""

import re
from typing import Final

from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from crypto.vault import NotOpenedError
from inbox.auth_guard import LOST_QUERY, session_cookie
from inbox.oidc import Begun, LogInRefused, ProviderUnreachable
from inbox.page_context import Visit
from inbox.rights import rights_of

CALLBACK: Final = "/log-ind/tilbage"
_BEGUN_COOKIE: Final = "log-ind"
_BEGUN_PURPOSE: Final = "inbox/log-in"
_BEGUN_SECONDS: Final = 600
_HOME: Final = "/"
_LOCAL: Final = re.compile(r"/(?![/\\])[A-Za-z0-9/_.~?=&%+-]*")
_LONGEST_NAME: Final = 120
_LONGEST_SUBJECT: Final = 200


async def log_in(visit: Visit) -> Response:
    """Says where one is, and offers the log-in."""
    if visit.session is not None:
        return RedirectResponse(local(visit.query("til")), status_code=303)
    fault = "over" if visit.query(LOST_QUERY) else None
    return visit.page("log_in.html", target=local(visit.query("til")), fault=fault)


async def begin(visit: Visit) -> Response:
    """To the provider."""
    target = local(visit.query("til"))
    try:
        address, begun = await visit.parts.provider.begin(
            target, until=visit.now.timestamp() + _BEGUN_SECONDS
        )
    except ProviderUnreachable:
        return visit.page("log_in.html", 503, target=target, fault="unreachable")
    response = RedirectResponse(address, status_code=303)
    response.set_cookie(
        _BEGUN_COOKIE,
        visit.parts.vault.seal(begun.model_dump_json().encode(), _BEGUN_PURPOSE),
        max_age=_BEGUN_SECONDS,
        path="/log-ind",
        secure=visit.parts.secure,
        httponly=True,
        samesite="lax",
    )
    return response


async def come_back(visit: Visit) -> Response:
    """From the provider: judge what it says, and begin a session."""
    begun = _begun(visit)
    if begun is None:
        return visit.page("log_in.html", 400, target=_HOME, fault="lost")
    try:
        claims = await visit.parts.provider.finish(begun, dict(visit.request.query_params))
    except LogInRefused:
        return visit.page("log_in.html", 403, target=begun.target, fault="refused")
    except ProviderUnreachable:
        return visit.page("log_in.html", 503, target=begun.target, fault="unreachable")
    subject, name = str(claims["sub"])[:_LONGEST_SUBJECT], str(claims.get("name") or claims["sub"])
    rights = rights_of(claims, visit.parts.rights_claim, visit.parts.units)
    async with visit.parts.pool.connection() as connection:
        if visit.session is not None:
            await visit.parts.sessions.close(connection, visit.session)
        cookie = await visit.parts.sessions.open(
            connection, user_id=subject, user_name=name[:_LONGEST_NAME], rights=rights
        )
    response = RedirectResponse(begun.target, status_code=303)
    response.delete_cookie(_BEGUN_COOKIE, path="/log-ind")
    response.set_cookie(
        session_cookie(visit.parts),
        cookie,
        max_age=int(visit.parts.sessions.longest.total_seconds()),
        path="/",
        secure=visit.parts.secure,
        httponly=True,
        samesite="lax",
    )
    return response


async def log_out(visit: Visit) -> Response:
    """Ends the session here, and tells how to end the log-in at the provider too."""
    if visit.session is not None:
        async with visit.parts.pool.connection() as connection:
            await visit.parts.sessions.close(connection, visit.session)
    response = RedirectResponse("/logget-ud", status_code=303)
    response.delete_cookie(
        session_cookie(visit.parts), path="/", secure=visit.parts.secure, httponly=True, samesite="lax"
    )
    return response


async def logged_out(visit: Visit) -> Response:
    """The page after it."""
    address = await visit.parts.provider.log_out_address(back_to=f"{visit.parts.public_url}/logget-ud")
    return visit.page("logged_out.html", everywhere=address)


def _begun(visit: Visit) -> Begun | None:
    try:
        sealed = visit.request.cookies[_BEGUN_COOKIE]
        begun = Begun.model_validate_json(visit.parts.vault.open(sealed, _BEGUN_PURPOSE))
    except (KeyError, NotOpenedError, ValidationError):
        return None
    return begun if visit.now.timestamp() < begun.until else None


def local(target: str) -> str:
    """A place in the inbox: an address of elsewhere must not be reached by way of the log-in."""
    return target if _LOCAL.fullmatch(target) and not target.startswith("/log-") else _HOME
