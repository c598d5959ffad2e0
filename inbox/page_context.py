"""One request by one person, and how it is answered: who it is, in which language, with which form."""

from collections.abc import Collection
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any, Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from inbox import date_text
from inbox.dependencies import InboxDependencies
from inbox.forms import EMPTY, Form
from inbox.handed_on import fields_handed_on, path_handed_on
from inbox.render import Renderer
from inbox.rights import Rights
from inbox.sessions import Session
from inbox.translations import Language, Translations, words
from infra.postgres import Connection
from models.calendar import copenhagen_date
from models.eligibility.law_horizon import LawHorizon
from models.tasks.actions import Actor, Via

LANGUAGE_COOKIE: Final = "sprog"
LANGUAGE_QUERY: Final = "sprog"
SAID_QUERY: Final = "sagt"


@dataclass(frozen=True)
class Visit:
    """What a page is told of its request."""

    request: Request
    parts: InboxDependencies
    renderer: Renderer
    language: Language
    session: Session | None = None
    form: Form = field(default=EMPTY)

    @cached_property
    def say(self) -> Translations:
        """The catalogue in the visitor's language."""
        return words(self.language)

    @property
    def rights(self) -> Rights:
        """What the visitor may do; nothing before the log-in."""
        return Rights() if self.session is None else self.session.rights

    def connection(self, *, municipalities: Collection[str] = ()) -> AbstractAsyncContextManager[Connection]:
        """One that shows the tasks of the visitor's units, the undecided messages of `municipalities`, and what the
        visitor keeps."""
        return self.parts.served.of(self.rights.tasks_of, municipalities=municipalities, reader=self.reader)

    @property
    def reader(self) -> str:
        """The id of who is logged in; empty where nobody is."""
        return "" if self.session is None else self.session.user_id

    @property
    def actor(self) -> Actor:
        """The visitor as the one who acts."""
        if self.session is None:
            raise RuntimeError("nobody is logged in")
        return Actor(id=self.session.user_id, name=self.session.user_name, via=Via.PAGE)

    @cached_property
    def now(self) -> datetime:
        """The moment of the request."""
        return self.parts.clock()

    @property
    def today(self) -> date:
        """The date in Copenhagen."""
        return copenhagen_date(self.now)

    @property
    def law_horizon(self) -> LawHorizon | None:
        """The end of the known law, for those who answer for what becomes of messages: managers and service desk;
        and for those who put new rules in."""
        told = self.rights.sees_undecided or self.rights.operates
        return self.parts.law_horizon(self.today) if told else None

    def query(self, name: str) -> str:
        """A value of the address, without spaces around it; empty when it is not there."""
        return self.request.query_params.get(name, "").strip()

    def page(self, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        """A page in the visitor's language."""
        path = path_handed_on(self.request.url.path)
        changed = [
            (name, value)
            for name, value in fields_handed_on(self.request.query_params.multi_items())
            if name != SAID_QUERY
        ]
        return HTMLResponse(
            self.renderer.render(
                template,
                visit=self,
                say=self.say,
                lang=self.language,
                path=path,
                other_language="?" + urlencode([*changed, (LANGUAGE_QUERY, self.language.other)]),
                long_date=lambda day: date_text.long_date(day, self.language),
                short_date=lambda day: date_text.short_date(day, self.language),
                brief_date=lambda day: date_text.brief_date(day, self.language),
                clock=lambda moment: date_text.clock(moment, self.language),
                distance=lambda day: date_text.distance(day, self.today, self.parts.days_off, self.say),
                **values,
            ),
            status_code=status,
        )

    def go(self, path: str, *, said: str | None = None) -> Response:
        """On to another page, after a form; `said` is the key of what that page is to tell."""
        if said is not None:
            path += ("&" if "?" in path else "?") + urlencode({SAID_QUERY: said})
        return RedirectResponse(path, status_code=303)

    @property
    def said(self) -> str | None:
        """What the page before wanted told: one of the known sentences, never the address's own words."""
        key = f"said.{self.query(SAID_QUERY)}"
        return self.say(key) if self.say.knows(key) else None
