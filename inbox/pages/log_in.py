"""The way in and out: to the provider and back, and the session between the two."""

import logging
import re
from typing import Final
from urllib.parse import unquote, urlencode

from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from crypto.vault import NotOpenedError
from inbox.access_log import note_log_in, note_log_in_refused, note_log_out
from inbox.auth_guard import LOST_QUERY, cookie_name, session_cookie
from inbox.handed_on import target_handed_on
from inbox.identity import Identity, NoIdentity, identity_of
from inbox.oidc import Begun, LevelTooLow, LogInRefused, ProviderUnreachable
from inbox.page_context import Visit
from inbox.rights import Rights, rights_of
from inbox.sessions import RightsAge
from infra.postgres import Connection
from ledger.store.stand_ins import note_colleague

log = logging.getLogger(__name__)

CALLBACK: Final = "/log-ind/tilbage"
_BEGUN_COOKIE: Final = "log-ind-"
"""With the state behind it: each tab logs in by its own."""
_CLEARED: Final = '"cache", "storage"'
"""What a browser forgets at the log-out. Not its cookies: that would end those of the whole domain, ours or not."""
_MOST_BEGUN: Final = 5
"""Of one browser at a time. More would at last fill the header in which a browser sends them all."""
_BEGUN_PURPOSE: Final = "inbox/log-in"
_BEGUN_SECONDS: Final = 600
_HOME: Final = "/"
_LOCAL: Final = re.compile(r"/(?![/\\])[A-Za-z0-9/_.~?=&%+-]*")


async def log_in(visit: Visit) -> Response:
    """Says where one is, and offers the log-in."""
    if visit.session is not None:
        return RedirectResponse(local(visit.query("til")), status_code=303)
    fault = "over" if visit.query(LOST_QUERY) else None
    return visit.page("log_in.html", target=local(visit.query("til")), fault=fault)


async def begin(visit: Visit) -> Response:
    """To the provider."""
    target, session = local(visit.query("til")), visit.session
    if session is not None and session.check is RightsAge.FRESH:
        return RedirectResponse(target, status_code=303)
    try:
        address, begun = await visit.parts.provider.begin(
            target, until=visit.now.timestamp() + _BEGUN_SECONDS, silent=session is not None
        )
    except ProviderUnreachable:
        return visit.page("log_in.html", 503, target=target, fault="unreachable")
    response = RedirectResponse(address, status_code=303)
    for old in _too_many(visit):
        _forget(visit, response, old)
    response.set_cookie(
        _begun_cookie(visit, begun.state),
        visit.parts.page_seal.seal(begun.model_dump_json().encode(), _BEGUN_PURPOSE),
        max_age=_BEGUN_SECONDS,
        path="/",
        secure=visit.parts.secure,
        httponly=True,
        samesite="lax",
    )
    return response


async def come_back(visit: Visit) -> Response:
    """From the provider: judge what it says, and begin a session."""
    begun = _begun(visit)
    if begun is None:
        if visit.session is not None:
            # An old address, by the browser's Back: the session goes on.
            return RedirectResponse(_HOME, status_code=303)
        return visit.page("log_in.html", 400, target=_HOME, fault="lost")
    try:
        claims = await visit.parts.provider.finish(begun, dict(visit.request.query_params))
        who = identity_of(claims.get("sub"), claims.get("name"))
    except LogInRefused as refused:
        async with visit.parts.pool.connection() as connection:
            if begun.silent and visit.session is not None:
                return await _not_again(visit, connection, begun.target)
            await note_log_in_refused(connection, str(refused))
        fault = "level" if isinstance(refused, LevelTooLow) else "refused"
        return visit.page("log_in.html", 403, target=begun.target, fault=fault)
    except NoIdentity as unnamed:
        log.error("the provider names a person in a way that cannot be kept: %s", unnamed)
        return visit.page("log_in.html", 403, target=begun.target, fault="refused")
    except ProviderUnreachable:
        return visit.page("log_in.html", 503, target=begun.target, fault="unreachable")
    rights = rights_of(claims, visit.parts.rights_claim, visit.parts.units)
    response = RedirectResponse(begun.target, status_code=303)
    _forget(visit, response, _begun_cookie(visit, begun.state))
    if visit.session is not None and _goes_on(visit, who, rights):
        async with visit.parts.pool.connection() as connection:
            await visit.parts.sessions.checked(connection, visit.session)
        return response
    async with visit.parts.pool.connection() as connection:
        if visit.session is not None:
            await visit.parts.sessions.close(connection, visit.session)
        async with connection.transaction():
            await note_log_in(connection, who, level=claims.get("acr"), units=rights.tasks_of)
            cookie = await visit.parts.sessions.open(
                connection, user_id=who.subject, user_name=who.name, rights=rights
            )
    if rights.tasks_of:
        async with visit.parts.served.of(rights.tasks_of, reader=who.subject) as connection:
            await note_colleague(
                connection, reader=who.subject, name=who.name, units=rights.tasks_of, today=visit.today
            )
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
        async with visit.parts.pool.connection() as connection, connection.transaction():
            await note_log_out(connection, visit.actor)
            await visit.parts.sessions.close(connection, visit.session)
    response = RedirectResponse("/logget-ud", status_code=303)
    _forget(visit, response, session_cookie(visit.parts))
    response.headers["Clear-Site-Data"] = _CLEARED
    return response


async def logged_out(visit: Visit) -> Response:
    """The page after it."""
    address = await visit.parts.provider.log_out_address(back_to=f"{visit.parts.public_url}/logget-ud")
    return visit.page("logged_out.html", everywhere=address)


def _begun_cookie(visit: Visit, state: str) -> str:
    return cookie_name(visit.parts, _BEGUN_COOKIE + state)


def _forget(visit: Visit, response: Response, name: str) -> None:
    """A browser takes the end of a cookie with the prefix only as it took the cookie."""
    response.delete_cookie(name, path="/", secure=visit.parts.secure, httponly=True, samesite="lax")


async def _not_again(visit: Visit, connection: Connection, target: str) -> Response:
    """The provider does not say again who it is: the session ends, and the person is asked."""
    if visit.session is not None:
        async with connection.transaction():
            await note_log_out(connection, visit.actor)
            await visit.parts.sessions.close(connection, visit.session)
    return RedirectResponse(f"/log-ind?{urlencode({'til': target})}", status_code=303)


def _goes_on(visit: Visit, who: Identity, rights: Rights) -> bool:
    """Whether the browser has this very session already: a second tab must not spoil the forms of the first."""
    session = visit.session
    return session is not None and (session.user_id, session.user_name, session.rights) == (
        who.subject,
        who.name,
        rights,
    )


def _begun(visit: Visit) -> Begun | None:
    """The log-in under way that the address is an answer to."""
    begun = _opened(visit, _begun_cookie(visit, visit.query("state")))
    return begun if begun is not None and visit.now.timestamp() < begun.until else None


def _too_many(visit: Visit) -> list[str]:
    """The cookies of log-ins that make room for another: all that say nothing, and the oldest."""
    names = [name for name in visit.request.cookies if name.startswith(_begun_cookie(visit, ""))]
    until = {name: begun.until for name in names if (begun := _opened(visit, name)) is not None}
    kept = sorted(until, key=until.__getitem__)[1 - _MOST_BEGUN :]
    return [name for name in names if name not in kept]


def _opened(visit: Visit, name: str) -> Begun | None:
    try:
        sealed = visit.request.cookies[name]
        return Begun.model_validate_json(visit.parts.page_seal.open(sealed, _BEGUN_PURPOSE))
    except (KeyError, NotOpenedError, ValidationError):
        return None


def local(target: str) -> str:
    """A place in the inbox: an address of elsewhere must not be reached by way of the log-in."""
    if not _LOCAL.fullmatch(target) or target.startswith("/log-"):
        return _HOME
    path, _, query = target.partition("?")
    return target_handed_on(unquote(path), query)
