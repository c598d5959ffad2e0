"""Who gets in: what every request passes before its page, and the pages for those who do not get through."""

import logging
import secrets
from collections.abc import Awaitable, Callable
from enum import Enum, auto
from typing import Any, Final
from urllib.parse import urlencode

import psycopg
from psycopg_pool import PoolTimeout
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from inbox.dependencies import InboxDependencies
from inbox.forms import EMPTY, NotAForm, read_form
from inbox.handed_on import target_handed_on
from inbox.page_context import LANGUAGE_COOKIE, LANGUAGE_QUERY, SAID_QUERY, Visit
from inbox.render import Renderer
from inbox.sessions import RightsAge
from inbox.translations import Language

log = logging.getLogger(__name__)

PageHandler = Callable[[Visit], Awaitable[Response]]
_A_YEAR: Final = 365 * 24 * 3600
_UNSAFE: Final = frozenset({"POST"})
LOG_OUT: Final = "/log-ud"
LOST_QUERY: Final = "tabt"
"""At the log-in: a form was sent, and no session was there to take it."""


class _For(Enum):
    """Whom an endpoint serves."""

    EVERYBODY = auto()
    LOGGED_IN = auto()
    CHECKED = auto()
    """Those who are logged in, and whose rights the provider has said just now."""
    SCRIPT = auto()


_PRIVATE: Final = frozenset({_For.LOGGED_IN, _For.CHECKED})


class NotFound(LookupError):
    """There is no such page or task, or it is not the visitor's to see: nobody learns which."""


class NoAccess(PermissionError):
    """The visitor's rights do not hold for this page."""


class FormTooOld(PermissionError):
    """The form was not made for this session."""


def cookie_name(parts: InboxDependencies, name: str) -> str:
    """With the prefix a browser takes a cookie from this host alone, by TLS alone, and for all of its paths."""
    return f"__Host-{name}" if parts.secure else name


def session_cookie(parts: InboxDependencies) -> str:
    """The cookie's name."""
    return cookie_name(parts, "frafaldsvarsel")


class AuthGuard:
    """Makes an endpoint of a page."""

    def __init__(self, parts: InboxDependencies, renderer: Renderer) -> None:
        self._parts = parts
        self._renderer = renderer

    def public(self, page: PageHandler) -> Callable[[Request], Awaitable[Response]]:
        """A page for everybody."""
        return self._endpoint(page, _For.EVERYBODY)

    def private(self, page: PageHandler) -> Callable[[Request], Awaitable[Response]]:
        """A page for those who are logged in; its forms must carry the session's token."""
        return self._endpoint(page, _For.LOGGED_IN)

    def checked(self, page: PageHandler) -> Callable[[Request], Awaitable[Response]]:
        """As `private`; where the rights were not asked for just now, the provider is asked before anything is done."""
        return self._endpoint(page, _For.CHECKED)

    def by_itself(self, page: PageHandler) -> Callable[[Request], Awaitable[Response]]:
        """What an open page asks now and then, without a person's doing: it keeps no session alive."""
        return self._endpoint(page, _For.SCRIPT)

    def _endpoint(self, page: PageHandler, whom: _For) -> Callable[[Request], Awaitable[Response]]:
        async def serve(request: Request) -> Response:
            chosen = request.query_params.get(LANGUAGE_QUERY)
            if request.method == "GET" and chosen in set(Language):
                return self._change_language(request, Language(chosen))
            visit = Visit(request, self._parts, self._renderer, language_of(request, self._parts))
            try:
                return await self._serve(visit, page, whom)
            except NotFound:
                return visit.page("not_found.html", 404)
            except (psycopg.OperationalError, PoolTimeout) as error:
                log.error("the database does not answer: %s", type(error).__name__)
                return visit.page("unavailable.html", 503)

        return serve

    async def _serve(self, visit: Visit, page: PageHandler, whom: _For) -> Response:
        request = visit.request
        cookie = request.cookies.get(session_cookie(self._parts))
        session = None
        # One that we did not sign costs no connection.
        if cookie and self._parts.sessions.is_ours(cookie):
            async with self._parts.pool.connection() as connection:
                session = await self._parts.sessions.find(connection, cookie, by_hand=whom is not _For.SCRIPT)
        try:
            form = await read_form(request) if request.method in _UNSAFE else EMPTY
        except NotAForm:
            return visit.page("too_old.html", 400)
        visit = Visit(request, self._parts, self._renderer, visit.language, session, form)
        guarded = whom is not _For.EVERYBODY and request.url.path != LOG_OUT
        if session is not None and guarded and session.check is not RightsAge.FRESH:
            if request.method not in _UNSAFE and whom is not _For.SCRIPT:
                return _check_again(request.url.path, request.url.query)
            if whom is _For.CHECKED:
                return _check_again(request.url.path.rpartition("/")[0], f"{SAID_QUERY}=checked_again")
            if session.check is RightsAge.OVERDUE:
                session = None
        if session is None and whom is _For.SCRIPT:
            return Response(status_code=401)
        if session is None and whom in _PRIVATE:
            return _to_log_in(request)
        try:
            if request.method in _UNSAFE:
                _judge_origin(visit)
                if whom in _PRIVATE:
                    _judge_token(visit)
            return await page(visit)
        except NotFound:
            return visit.page("not_found.html", 404)
        except NoAccess:
            return visit.page("no_access.html", 403)
        except FormTooOld:
            return visit.page("too_old.html", 403)

    def _change_language(self, request: Request, language: Language) -> Response:
        left = [(name, value) for name, value in request.query_params.multi_items() if name != LANGUAGE_QUERY]
        target = target_handed_on(request.url.path, urlencode(left))
        response = RedirectResponse(target, status_code=303)
        response.set_cookie(
            cookie_name(self._parts, LANGUAGE_COOKIE),
            language,
            max_age=_A_YEAR,
            path="/",
            secure=self._parts.secure,
            httponly=True,
            samesite="lax",
        )
        return response


def language_of(request: Request, parts: InboxDependencies) -> Language:
    """The one that was chosen; else Danish, whatever the browser prefers: it is a Danish authority's page."""
    chosen = request.cookies.get(cookie_name(parts, LANGUAGE_COOKIE))
    return Language(chosen) if chosen in set(Language) else Language.DANISH


def _to_log_in(request: Request) -> Response:
    """To the log-in, and from there to where the person wanted to go; a form's address leads to the page it stood on.

    What a form held is not kept: the page says so.
    """
    path = request.url.path
    query = {"til": target_handed_on(path, request.url.query)}
    if request.method in _UNSAFE and path != LOG_OUT:
        query[LOST_QUERY] = "1"
    return RedirectResponse(f"/log-ind?{urlencode(query)}", status_code=303)


def _check_again(path: str, query: str) -> Response:
    """To the provider, which says without asking the person who it is, and back to the page."""
    target = path + (f"?{query}" if query else "")
    return RedirectResponse(f"/log-ind/start?{urlencode({'til': target})}", status_code=303)


def _judge_origin(visit: Visit) -> None:
    """A browser says where a form comes from; a form of another site is refused before anything is looked at."""
    if visit.request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise FormTooOld
    origin = visit.request.headers.get("origin")
    if origin is not None and origin != _origin(visit.parts.public_url):
        raise FormTooOld


def _origin(address: str) -> str:
    scheme, _, rest = address.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}"


def _judge_token(visit: Visit) -> None:
    token = "" if visit.session is None else visit.session.form_token
    if not token or not secrets.compare_digest(visit.form.one("form_token").encode(), token.encode()):
        raise FormTooOld


class ResponseHeaders:
    """Puts on every answer what keeps a browser from doing what no page here asks for."""

    def __init__(self, app: ASGIApp, *, secure: bool, static_path: str) -> None:
        self._app = app
        self._static_path = static_path
        policy = (
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; "
            "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        )
        self._headers = [
            (b"content-security-policy", policy.encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"x-frame-options", b"DENY"),
            (b"referrer-policy", b"same-origin"),
            (b"cross-origin-opener-policy", b"same-origin"),
            (b"cross-origin-resource-policy", b"same-origin"),
            (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
        ]
        if secure:
            self._headers.append((b"strict-transport-security", b"max-age=31536000; includeSubDomains"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # A static file's address changes with its content; a page holds what only this person may see.
        kept = scope["path"].startswith(self._static_path)
        caching = b"public, max-age=31536000, immutable" if kept else b"no-store"

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers: list[tuple[bytes, Any]] = [
                    pair for pair in message.get("headers", []) if pair[0].lower() != b"cache-control"
                ]
                # The interface says some of it more strictly, and said twice neither is read as meant.
                told_already = {name.lower() for name, _ in headers}
                ours = [pair for pair in self._headers if pair[0] not in told_already]
                message = {**message, "headers": [*headers, *ours, (b"cache-control", caching)]}
            await send(message)

        await self._app(scope, receive, told)
