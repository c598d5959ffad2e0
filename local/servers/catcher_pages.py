"""Shows the caught mails to a person in a browser on this machine.

It must never let a mail's own markup run a script, load anything, or reach these pages.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC
from pathlib import Path
from typing import Final

import jinja2
from aiohttp import web

from local.servers.mailbox import CaughtMail, Mailbox, MailHead, read_mail

PAGE_SIZE: Final = 50
TEMPLATES: Final = Path(__file__).with_name("templates")
OWN_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; form-action 'self'"
MAIL_POLICY: Final = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"


class MailIndex:
    """The heads of all mails in memory: five thousand files are not opened for one page.

    Each is read when somebody looks: what takes mails in has no time for it.
    """

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox
        self._heads: list[MailHead] = []

    def page(self, *, recipient: str, number: int) -> tuple[list[MailHead], int]:
        """One page, newest first, of the mails to addresses that contain `recipient`; and how many match."""
        self._heads += self._mailbox.heads(after=self._heads[-1].sequence if self._heads else 0)
        wanted = recipient.casefold()
        found = [head for head in reversed(self._heads) if wanted in head.recipient.casefold()]
        return found[(number - 1) * PAGE_SIZE : number * PAGE_SIZE], len(found)


def pages(data: Path, index: MailIndex) -> web.Application:
    """The list at `/`, one mail at `/mail/N`, its HTML part alone at `/mail/N/html`."""
    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined
    )

    def page(name: str, **values: object) -> web.Response:
        text = templates.get_template(name).render(**values)
        return web.Response(
            text=text, content_type="text/html", headers={"Content-Security-Policy": OWN_POLICY}
        )

    async def mail_list(request: web.Request) -> web.Response:
        recipient = request.query.get("to", "").strip()
        asked = request.query.get("page", "1")
        number = max(1, int(asked)) if asked.isdecimal() and len(asked) < 9 else 1
        heads, total = index.page(recipient=recipient, number=number)
        last = max(1, -(-total // PAGE_SIZE))
        return page(
            "list.html", heads=heads, total=total, recipient=recipient, number=number, last=last, utc=UTC
        )

    async def one_mail(request: web.Request) -> web.Response:
        return page("mail.html", mail=_mail(data, request), utc=UTC)

    async def html_part(request: web.Request) -> web.Response:
        mail = _mail(data, request)
        return web.Response(
            text=mail.html, content_type="text/html", headers={"Content-Security-Policy": MAIL_POLICY}
        )

    async def source(request: web.Request) -> web.FileResponse:
        number = _mail(data, request).sequence
        return web.FileResponse(
            data / "mail" / f"{number:08d}.eml", headers={"Content-Type": "text/plain; charset=utf-8"}
        )

    app = web.Application(middlewares=[_guarded])
    app.router.add_get("/", mail_list)
    app.router.add_get(r"/mail/{number:\d{1,8}}", one_mail)
    app.router.add_get(r"/mail/{number:\d{1,8}}/html", html_part)
    app.router.add_get(r"/mail/{number:\d{1,8}}/source", source)
    return app


def _mail(data: Path, request: web.Request) -> CaughtMail:
    try:
        return read_mail(data, int(request.match_info["number"]))
    except FileNotFoundError:
        raise web.HTTPNotFound(text="There is no mail of that number.") from None


@web.middleware
async def _guarded(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    # A foreign page can point its own host name at 127.0.0.1 to read local servers; the name betrays it.
    if request.host.rpartition(":")[0] not in ("127.0.0.1", "localhost"):
        raise web.HTTPMisdirectedRequest(text="These pages are for this machine only.")
    response = await handler(request)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response
