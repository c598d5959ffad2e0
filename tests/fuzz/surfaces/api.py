"""The interface for case systems: addresses, parameters, headers and bodies, mostly under a good token."""

import json
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any, Final
from urllib.parse import unquote

import orjson

from api.app import document
from api.problems import BY_CODE, PREFIX
from tests.browser.releases import release
from tests.factories import MADE_UP_CPR
from tests.fuzz.asgi import Headers, Sent, ask, header_value, heard, judge_server, pairs, query_of, target_of
from tests.fuzz.database import database
from tests.fuzz.hostile import TEXTS
from tests.fuzz.mutate import maybe, spoil, spoil_json, spoil_text
from tests.fuzz.surface import Wrong
from tests.integration.api.callers import SECRET, Service
from tests.integration.ledger.ledger_fixture import Books
from tests.unit.ledger.decisions import OTHER_UNIT, UNIT
from tests.unit.streams.senders import PERSONAL

_DOCUMENT: Final = document()
_OPERATIONS: Final = tuple(
    (method.upper(), path, told) for path, ways in _DOCUMENT["paths"].items() for method, told in ways.items()
)
_BODIES: Final[tuple[Any, ...]] = (
    {"deed": {"kind": "acknowledge"}},
    {"deed": {"kind": "take"}, "worker": {"id": "abc123", "name": "Anna Berg"}},
    {"deed": {"kind": "release"}},
    {"deed": {"kind": "attempt", "at": "2026-10-07T10:15:00+02:00", "form": "phone", "reached": True}},
    {"deed": {"kind": "close", "ending": "contact_made", "initiatives": ["mentor"]}},
    {"deed": {"kind": "hand_over", "to_unit": OTHER_UNIT, "reason": "moved"}},
    {"deed": {"kind": "note", "note": "see_case_system"}},
    {"deed": {"kind": "reopen", "reason": "contact_lost"}},
    {"purpose": "contact_person"},
    {"purpose": "contact_person", "worker": {"id": "abc123", "name": "Anna Berg"}},
)
_SEALED: Final = (MADE_UP_CPR, "Karen Vejleder", "11223344")
"""In each message; any other name may be that of a worker whom the caller has named."""
QUERY: Final = {
    "filter": "open",
    "unit": UNIT,
    "after": "2026-10-09~FV-7K2P-0013-ABCD",
    "limit": "3",
    "first_month": "2026-01",
}
_LOGIN: Final = {
    "grant_type": "client_credentials",
    "client_id": "case-system",
    "client_secret": SECRET,
    "scope": "tasks:read",
}
_METHODS: Final = ("HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "QUERY", "get", "")
_ETAGS: Final = (
    "*",
    "*",
    "*",
    '"1"',
    'W/"1"',
    '"1-gzip"',
    '"1", "2"',
    '"',
    '"' * 150,
    '"1"' + ', "x"' * 50,
    '"9999999999999999999"',
)
_TASKS: Final = 12
_TOKEN_FOR: Final = 1_000
"""Inputs; then a new one is fetched, for it holds ten minutes."""
_LOG_INS: Final = 0.02
"""The share of log-ins: judging a secret takes a tenth of a second, as it should."""


class Api:
    """The surface."""

    name = "api"
    share = 30

    @asynccontextmanager
    async def ready(self, folder: Path) -> AsyncIterator["ApiAttempts"]:
        """The real application on a real PostgreSQL, with tasks of two units."""
        async with database(folder) as stored:
            service = Service(stored.url, folder / "clients.json", stored.pool, Books(stored.connection))
            references = [await service.task(unit=unit) for _ in range(_TASKS) for unit in (UNIT, OTHER_UNIT)]
            release(stored.url)
            yield ApiAttempts(service, references)


class ApiAttempts:
    """The application, and what is known of it."""

    def __init__(self, service: Service, references: list[str]) -> None:
        self._service = service
        self._references = references
        self._token = ""
        self._times = 0

    async def attempt(self, chance: Random) -> str:
        """One request."""
        if self._times % _TOKEN_FOR == 0:
            self._token = (await self._service.caller()).http.headers["Authorization"]
        self._times += 1
        self._service.ticks += 1
        sent = self._request(chance)
        with heard():
            answer = await ask(self._service.app, sent, chance)
        judge_server(answer)
        said = answer.body.decode()
        kind = answer.headers.get("content-type", "")
        if not unquote(sent.target).startswith(f"{PREFIX}/"):
            return f"{answer.status}, outside the interface"
        if sent.method == "HEAD" and not said:
            return f"{answer.status}, for a HEAD"
        if answer.status >= 400 and not _is_oauth(sent.target, said):
            return _problem(answer.status, kind, said)
        if "/open" not in unquote(sent.target) and any(one in said for one in _SEALED):
            raise Wrong("an answer that says what is sealed")
        return str(answer.status)

    def _request(self, chance: Random) -> Sent:
        if chance.random() < _LOG_INS:
            return self._log_in(chance)
        method, path, told = chance.choice([one for one in _OPERATIONS if "oauth2" not in one[1]])
        reference = chance.choice(self._references)
        filled = [
            {"{reference}": reference, "{code}": "not-found"}.get(part, part)
            for part in f"{PREFIX}{path}".strip("/").split("/")
        ]
        names = [one["name"] for one in told.get("parameters", ()) if one["in"] == "query"]
        query = {name: QUERY[name] for name in names if chance.random() < 0.5}
        body = _body(chance) if method == "POST" else maybe(chance, 0.05, lambda: _body(chance), b"")
        return Sent(
            maybe(chance, 0.05, lambda: chance.choice(_METHODS), method),
            target_of(chance, filled) if chance.random() < 0.3 else "/" + "/".join(filled),
            query_of(pairs(chance, query, names)),
            self._headers(chance, method),
            body,
            torn=chance.random() < 0.01,
        )

    def _headers(self, chance: Random, method: str) -> Headers:
        told = {"authorization": self._token, "content-type": "application/json"}
        if method == "POST":
            told |= {"if-match": chance.choice(_ETAGS), "idempotency-key": f"key-{chance.randrange(200)}"}
        else:
            told |= {"if-none-match": chance.choice(_ETAGS), "worker-id": "abc123"}
        if chance.random() < 0.2:
            told[
                chance.choice(("content-length", "accept", "range", "cookie", "host", "content-encoding"))
            ] = chance.choice(TEXTS)
        whole = chance.random() < 0.5
        return [
            (name.encode(), value.encode() if whole and value.isascii() else header_value(chance, value))
            for name, value in told.items()
        ]

    def _log_in(self, chance: Random) -> Sent:
        headers: Headers = [(b"content-type", b"application/x-www-form-urlencoded")]
        fields = dict(_LOGIN)
        if chance.random() < 0.4:
            basic = b64encode(spoil_text(chance, f"case-system:{SECRET}").encode("utf-8", "surrogatepass"))
            headers.append(
                (
                    b"authorization",
                    b"Basic "
                    + maybe(chance, 0.3, lambda: spoil(chance, basic).translate(None, b"\r\n\0"), basic),
                )
            )
            fields = {"grant_type": "client_credentials"}
        return Sent("POST", f"{PREFIX}/oauth2/token", b"", headers, pairs(chance, fields, list(_LOGIN)))


def _body(chance: Random) -> bytes:
    body = chance.choice(_BODIES)
    changed = maybe(chance, 0.6, lambda: spoil_json(chance, body), body)
    try:
        written = orjson.dumps(changed)
    except TypeError:
        written = json.dumps(changed, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return spoil(chance, written) if chance.random() < 0.2 else written


def _is_oauth(target: str, said: str) -> bool:
    return target.endswith("/oauth2/token") and said.startswith('{"error"')


def _problem(status: int, kind: str, said: str) -> str:
    """The code of a refusal, in the form that is promised, with nothing in it that came."""
    if not kind.startswith("application/problem+json"):
        raise Wrong(f"a refusal of another form: {status} {kind}")
    told = json.loads(said)
    code = str(told["type"]).removeprefix(f"{PREFIX}/problems/")
    if told["status"] != status or code not in BY_CODE:
        raise Wrong("a problem that is not on the list")
    if any(one in said for one in PERSONAL):
        raise Wrong("a refusal that says what came")
    return code
