"""The inbox as one ASGI application: the pages of a unit, and beside them the interface for its case system."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final, LiteralString

import psycopg
from psycopg_pool import PoolTimeout
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from crypto.acknowledge_link import PATH as LINK_PATH
from inbox.auth_guard import LOG_OUT, AuthGuard, NotFound, ResponseHeaders, language_of
from inbox.dependencies import InboxDependencies
from inbox.guides import PATH as GUIDES
from inbox.page_context import Visit
from inbox.pages import (
    absence,
    export,
    figures,
    follow_up,
    home,
    log_in,
    mail_link,
    notices,
    person,
    released,
    saved_views,
    search,
    service,
    several,
    task,
    tasks,
    undecided,
)
from inbox.render import STATIC, Renderer
from infra.fault_kind import fault_kind

log = logging.getLogger(__name__)

ANSWERS: Final[LiteralString] = "SELECT 1"


def build(parts: InboxDependencies, *, beside: BaseRoute | None = None) -> ASGIApp:
    """The application. It opens the pool when it starts, and closes it when it ends.

    `beside`: what is served beside the pages, the interface for case systems.
    """
    renderer = Renderer()
    guard = AuthGuard(parts, renderer)
    served: list[BaseRoute] = [
        *_pages(parts, guard),
        Mount(renderer.static_path, StaticFiles(directory=STATIC)),
    ]
    if beside is not None:
        served.append(beside)
    application = Starlette(
        routes=served,
        exception_handlers={
            404: _says(guard.public(_not_found)),
            405: _says(guard.public(_not_found)),
            Exception: _broken(parts, renderer),
        },
        lifespan=_lifespan(parts),
    )
    # A redirect of the library's own names the host and the scheme that the request claims, not those of our address.
    application.router.redirect_slashes = False
    # Around everything: the page of a fault carries the policy too.
    return ResponseHeaders(_Quiet(application), secure=parts.secure, static_path=renderer.static_path)


def routes(parts: InboxDependencies) -> Sequence[BaseRoute]:
    """Every page that is served, for whoever tries them all."""
    return _pages(parts, AuthGuard(parts, Renderer()))


def _pages(parts: InboxDependencies, guard: AuthGuard) -> Sequence[BaseRoute]:
    get, post = ["GET"], ["POST"]
    one = "/opgaver/{reference}"
    return [
        Route("/healthz", _alive),
        Route("/readyz", _ready(parts)),
        Route("/", guard.private(home.home), methods=get),
        Route("/log-ind", guard.public(log_in.log_in), methods=get),
        Route("/log-ind/start", guard.public(log_in.begin), methods=get),
        Route(log_in.CALLBACK, guard.public(log_in.come_back), methods=get),
        Route(LOG_OUT, guard.private(log_in.log_out), methods=post),
        Route("/logget-ud", guard.public(log_in.logged_out), methods=get),
        Route("/opgaver", guard.private(tasks.tasks), methods=get),
        Route("/opgaver/nyt", guard.by_itself(tasks.live), methods=get),
        Route("/opgaver/kvitter", guard.private(tasks.acknowledge), methods=post),
        Route("/opgaver/kvitter", guard.private(tasks.again), methods=get),
        Route(tasks.SAVE, guard.private(saved_views.save), methods=post),
        Route(tasks.SAVE, guard.private(tasks.again), methods=get),
        Route(tasks.DROP, guard.private(saved_views.drop), methods=post),
        Route(tasks.DROP, guard.private(tasks.again), methods=get),
        Route(tasks.SEVERAL, guard.private(several.page), methods=get),
        Route(tasks.SEVERAL, guard.private(several.do), methods=post),
        Route(tasks.EXPORT, guard.checked(export.export), methods=post),
        Route(tasks.EXPORT, guard.private(tasks.again), methods=get),
        Route(search.PATH, guard.checked(search.find), methods=post),
        Route(search.PATH, guard.private(tasks.again), methods=get),
        Route(one, guard.private(task.task), methods=get),
        Route(f"{one}/nyt", guard.by_itself(task.live), methods=get),
        Route(f"{one}/person", guard.checked(person.open_person), methods=post),
        Route(f"{one}/opfoelgning", guard.private(follow_up.put), methods=post),
        Route(f"{one}/opfoelgning/fjern", guard.private(follow_up.drop), methods=post),
        Route(f"{one}/opfoelgning/fjern", guard.private(task.again), methods=get),
        Route(one + "/{deed}", guard.private(task.do), methods=post),
        Route(one + "/{deed}", guard.private(task.again), methods=get),
        Route(notices.PATH, guard.private(notices.page), methods=get),
        Route(notices.AGAIN, guard.private(notices.again), methods=post),
        Route(notices.AGAIN, guard.private(notices.page), methods=get),
        Route(absence.PATH, guard.private(absence.page), methods=get),
        Route(absence.PATH, guard.private(absence.put), methods=post),
        Route(absence.END, guard.private(absence.end), methods=post),
        Route(absence.END, guard.private(absence.page), methods=get),
        Route("/overblik", guard.private(figures.figures), methods=get),
        Route(released.PATH, guard.private(released.released), methods=get),
        Route(released.FILE, guard.private(released.export), methods=get),
        Route("/uafklarede", guard.private(undecided.queue), methods=get),
        Route(service.PATH, guard.private(service.service), methods=get),
        Route(f"{service.PATH}/nyt", guard.by_itself(service.live), methods=get),
        Route(GUIDES + "/{name}", guard.private(service.guide), methods=get),
        Route(LINK_PATH + "/{token}", guard.public(mail_link.show), methods=get),
        Route(LINK_PATH + "/{token}", guard.public(mail_link.acknowledge), methods=post),
    ]


class _Quiet:
    """A fault stops here, its page sent: a server that sees it logs a traceback, with whatever words are in it."""

    def __init__(self, application: ASGIApp) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        try:
            await self._application(scope, receive, send)
        except Exception as fault:
            if scope["type"] != "http":
                raise
            log.error("a page failed: %s", fault_kind(fault))


def _lifespan(parts: InboxDependencies) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with parts.pool:
            kept = [asyncio.create_task(parts.counted.keep())]
            if parts.service is not None:
                kept.append(asyncio.create_task(parts.service.keep()))
            try:
                yield
            finally:
                for one in kept:
                    one.cancel()
                await asyncio.gather(*kept, return_exceptions=True)

    return lifespan


async def _alive(_: Request) -> Response:
    """The process answers."""
    return PlainTextResponse("alive\n")


def _ready(parts: InboxDependencies) -> Callable[[Request], Awaitable[Response]]:
    async def ready(_: Request) -> Response:
        """The process can do its work: the database answers."""
        try:
            async with parts.pool.connection(timeout=5) as connection:
                await connection.execute(ANSWERS)
        except (psycopg.Error, PoolTimeout):
            return PlainTextResponse("the database does not answer\n", status_code=503)
        return PlainTextResponse("ready\n")

    return ready


async def _not_found(_: Visit) -> Response:
    raise NotFound


def _says(
    page: Callable[[Request], Awaitable[Response]],
) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def said(request: Request, _: Exception) -> Response:
        return await page(request)

    return said


def _broken(
    parts: InboxDependencies, renderer: Renderer
) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def broken(request: Request, _: Exception) -> Response:
        """A fault of ours: its kind is logged, and the page says nothing of it."""
        return Visit(request, parts, renderer, language_of(request, parts)).page("broken.html", 500)

    return broken
