"""The inbox's pages: paths, parameters, cookies, forms, the link of a mail, and what comes back to the log-in."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from random import Random
from typing import Final
from urllib.parse import unquote
from uuid import uuid4

from starlette.routing import Route

from config.environments import InboxEnvironment
from config.settings import load
from frafaldsvarsel.wiring.inbox import inbox_parts
from inbox.app import build, routes
from inbox.dependencies import InboxDependencies
from inbox.oidc import Begun
from inbox.rights import Right, Rights, Role
from infra.postgres import Connection
from models.ids import task_reference
from tests.fuzz.asgi import (
    Answered,
    Headers,
    Sent,
    ask,
    header_value,
    heard,
    judge_server,
    pairs,
    query_of,
    target_of,
)
from tests.fuzz.database import database
from tests.fuzz.hostile import TEXTS
from tests.fuzz.mutate import maybe, spoil_text
from tests.fuzz.surface import Wrong
from tests.fuzz.surfaces.page_forms import QUERIES, Known, add_rows, fields_of, query_fields
from tests.integration.inbox.environment import environment
from tests.integration.inbox.staff import AARHUS, ADDRESS, COPENHAGEN
from tests.integration.ledger.task_rows import add_task
from tests.reference import SHIPPED
from tests.unit.streams.senders import PERSONAL

_DEEDS: Final = (
    "acknowledge",
    "take",
    "release",
    "attempt",
    "close",
    "hand_over",
    "reopen",
    "note",
    "person",
    "opfoelgning",
    "opfoelgning/fjern",
    "nyt",
    "x",
)
_STATUSES: Final = frozenset({200, 303, 400, 401, 403, 404, 409, 410, 422, 429})
_TASKS: Final = 10
_OWN_WORDS: Final = [f"%{text}%" for text in PERSONAL if not any(map(str.isdigit, text))]
"""What a view is called is the reader's own word, and shown to that reader: only a number is refused."""
_LOCAL: Final = re.compile(r"/(?![/\\])[\x21-\x7e]*|https?://127\.0\.0\.1:1/.*")


class Pages:
    """The surface."""

    name = "pages"
    share = 15

    @asynccontextmanager
    async def ready(self, folder: Path) -> AsyncIterator["PageAttempts"]:
        """The real application on a real PostgreSQL; somebody is logged in, and nobody answers at the provider's."""
        async with database(folder) as stored:
            settings = environment(folder / "keys", address=ADDRESS, database=stored.url)
            parts = inbox_parts(load(InboxEnvironment, settings), SHIPPED)
            async with parts.pool:
                identities = [
                    await add_task(stored.connection, unit_id=unit)
                    for _ in range(_TASKS)
                    for unit in (COPENHAGEN, AARHUS)
                ]
                known = Known(
                    [task_reference(one) for one in identities],
                    await add_rows(stored.connection, stored.url, identities),
                )
                attempts = PageAttempts(parts, stored.connection, known)
                await attempts.log_in()
                yield attempts


class PageAttempts:
    """The application, and what a person who is logged in holds."""

    def __init__(self, parts: InboxDependencies, connection: Connection, known: Known) -> None:
        self._parts = parts
        self._connection = connection
        self._app = build(parts)
        self._routes = [
            route for route in routes(parts) if isinstance(route, Route) and "z" not in route.path[:3]
        ]
        self._token = ""
        self._known = known
        begun = Begun(state="state", nonce="nonce", verifier="verifier", until=4e9, target="/opgaver")
        sealed = parts.page_seal.seal(begun.model_dump_json().encode(), "inbox/log-in")
        self._cookies = {"sprog": "en", "log-ind-state": sealed}

    async def attempt(self, chance: Random) -> str:
        """One request."""
        route = chance.choice(self._routes)
        sent = self._request(chance, route)
        with heard():
            answer = await ask(self._app, sent, chance)
        judge_server(answer, unavailable=unquote(sent.target).startswith(("/log-ind", "/logget-ud")))
        if answer.headers.get("location") == "/logget-ud":
            await self.log_in()
        if "view_saved" in answer.headers.get("location", ""):
            await self._connection.execute("DELETE FROM saved_views WHERE name ILIKE ANY(%s)", (_OWN_WORDS,))
        _judge(answer, unquote(f"{sent.target}?{sent.query.decode(errors='replace')}"))
        return f"{answer.status}"

    async def log_in(self) -> None:
        """Before the first request, and after a log-out."""
        unit = (COPENHAGEN,)
        rights = Rights(held=(Right(role=Role.CASE_WORKER, units=unit), Right(role=Role.MANAGER, units=unit)))
        cookie = await self._parts.sessions.open(
            self._connection, user_id="anna", user_name="Anna Holm", rights=rights
        )
        rows = await self._connection.execute(
            "SELECT form_token FROM inbox_sessions ORDER BY ends_at DESC LIMIT 1"
        )
        ((self._token,),) = await rows.fetchall()
        self._cookies["frafaldsvarsel"] = cookie

    def _request(self, chance: Random, route: Route) -> Sent:
        method = "POST" if "POST" in (route.methods or ()) else "GET"
        filled = [self._filled(chance, part) for part in route.path.strip("/").split("/")]
        query, names = query_fields(chance), list(QUERIES)
        body = self._form(chance, route.path) if method == "POST" else b""
        return Sent(
            maybe(chance, 0.05, lambda: chance.choice(("HEAD", "POST", "PUT", "OPTIONS", "")), method),
            target_of(chance, filled) if chance.random() < 0.3 else "/" + "/".join(filled),
            query_of(pairs(chance, query, names)),
            self._headers(chance, method),
            body,
            torn=chance.random() < 0.01,
        )

    def _filled(self, chance: Random, part: str) -> str:
        match part:
            case "{reference}":
                return chance.choice(self._known.references)
            case "{deed}":
                return chance.choice(_DEEDS)
            case "{token}" | "{name}":
                return chance.choice(("lag-unknown", "AAAA", "A" * 200, "a.b"))
            case _:
                return part

    def _form(self, chance: Random, path: str) -> bytes:
        fields = fields_of(chance, path, self._known)
        names = list(fields)
        for name in names:
            if chance.random() < 0.1:
                fields[name] = chance.choice((*PERSONAL, *TEXTS))
            elif chance.random() < 0.1:
                del fields[name]
        fields["task"] = chance.choice(self._known.references)
        fields["act"] = str(uuid4()) if chance.random() < 0.8 else "once"
        fields["form_token"] = maybe(chance, 0.1, lambda: spoil_text(chance, self._token), self._token)
        return pairs(chance, fields, names or list(fields))

    def _headers(self, chance: Random, method: str) -> Headers:
        cookies = {
            name: maybe(chance, 0.1, partial(spoil_text, chance, value), value)
            for name, value in self._cookies.items()
        }
        for name in list(cookies):
            if chance.random() < 0.1:
                del cookies[name]
        told = {"cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
        if method == "POST":
            told["content-type"] = "application/x-www-form-urlencoded"
            told["origin"] = ADDRESS
        if chance.random() < 0.15:
            name = chance.choice(
                (
                    "host",
                    "origin",
                    "sec-fetch-site",
                    "accept-language",
                    "content-type",
                    "x-forwarded-host",
                    "cookie",
                )
            )
            told[name] = chance.choice(TEXTS)
        whole = chance.random() < 0.7
        return [
            (name.encode(), value.encode() if whole and value.isascii() else header_value(chance, value))
            for name, value in told.items()
        ]


def _judge(answer: Answered, address: str) -> None:
    """What stands in the request's own address may stand in a link to the same page in another language."""
    said = answer.body.decode()
    if answer.status not in {*_STATUSES, 503}:
        raise Wrong(f"answered {answer.status}, which no page does")
    personal = [one for one in PERSONAL if one not in address]
    if any(one in text for one in personal for text in (said, *answer.headers.values())):
        raise Wrong("a page that says what came")
    if "<script>alert" in said or "javascript:alert" in answer.headers.get("location", ""):
        raise Wrong("a page that runs what came")
    if answer.status == 303 and not _LOCAL.fullmatch(answer.headers["location"]):
        raise Wrong("a way to somewhere else")
