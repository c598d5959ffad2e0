"""What the provider of the log-in shows and answers: its description, its keys, its tokens, and the way back."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import httpx2

from inbox.identity import NoIdentity, identity_of
from inbox.oidc import LogInRefused, Provider, ProviderUnreachable
from inbox.rights import rights_of
from tests.fuzz.asgi import heard
from tests.fuzz.hostile import TEXTS
from tests.fuzz.mutate import maybe, spoil, spoil_json, spoil_text
from tests.reference import SHIPPED
from tests.unit.inbox.provider_answers import EC, GOOD, ISSUER, Answers

_CLAIMS: Final[dict[str, Any]] = {
    "iss": ISSUER,
    "sub": "anna",
    "aud": "inbox",
    "iat": 1,
    "exp": 4_000_000_000,
    "nbf": 1,
    "azp": "inbox",
    "at_hash": "x",
    "nonce": "n",
    "name": "Anna Holm",
    "acr": "high",
    "groups": ["case_worker:jc-0101"],
    "auth_time": 1,
    "amr": ["pwd"],
}
_RETURNED: Final = {
    "state": "s",
    "code": "c",
    "iss": ISSUER,
    "error": "access_denied",
    "error_description": "x",
}
_UNITS: Final = {row.unit_id for row in SHIPPED.units.rows}


class LogIn:
    """The surface."""

    name = "log-in"
    share = 15

    @asynccontextmanager
    async def ready(self, folder: Path) -> AsyncIterator["LogInAttempts"]:
        """Nothing is started."""
        yield LogInAttempts()


class LogInAttempts:
    """One log-in after another, each with a provider of its own."""

    async def attempt(self, chance: Random) -> str:
        """One log-in."""
        with heard():
            return await self._outcome(chance)

    async def _outcome(self, chance: Random) -> str:
        answers = _answers(chance)
        provider = Provider(
            issuer=ISSUER,
            client_id="inbox",
            client_secret="secret",
            redirect_uri="http://here/back",
            levels=chance.choice(((), ("high",))),
            transport=answers.transport(),
        )
        try:
            address, begun = await provider.begin("/", until=0)
            answers.nonce = parse_qs(urlsplit(address).query)["nonce"][0]
            returned = {"state": begun.state, "code": "code"}
            if chance.random() < 0.15:
                name = chance.choice(list(_RETURNED))
                returned[name] = spoil_text(chance, returned.get(name, _RETURNED[name]))
            claims = await provider.finish(begun, returned)
            identity_of(claims.get("sub"), claims.get("name"))
            rights_of(claims, "groups", _UNITS)
            await provider.log_out_address(back_to="/")
        except (LogInRefused, NoIdentity) as refused:
            return type(refused).__name__
        except ProviderUnreachable:
            return "unreachable"
        return "logged in"


def _answers(chance: Random) -> Answers:
    claims: dict[str, Any] = {}
    if chance.random() < 0.5:
        name = chance.choice(list(_CLAIMS))
        claims[name] = maybe(
            chance, 0.5, lambda: chance.choice(TEXTS[:20]), spoil_json(chance, _CLAIMS[name])
        )
    keys: Any = maybe(chance, 0.4, lambda: spoil_json(chance, {"keys": [GOOD, GOOD]}), {"keys": [GOOD]})
    answers = Answers(
        keys=_written(chance, keys), claims={name: one for name, one in claims.items() if _can_be_signed(one)}
    )
    if chance.random() < 0.2:
        answers.header = maybe(chance, 0.5, lambda: {"kid": chance.choice(TEXTS[:20])}, {})
    if chance.random() < 0.2:
        token = {
            "token_type": "Bearer",
            "access_token": "a",
            "expires_in": 60,
            "id_token": "a.b.c",
            "scope": "openid",
        }
        answers.token_answer = _written(chance, spoil_json(chance, token))
    if chance.random() < 0.2:
        answers.description = lambda good: _written(chance, spoil_json(chance, good))
    answers.signed_by = EC
    return answers


def _can_be_signed(value: object) -> bool:
    try:
        json.dumps(value).encode()
    except (UnicodeEncodeError, ValueError):
        return False
    return value is not None


def _written(chance: Random, value: object) -> httpx2.Response:
    """As bytes on the wire, sometimes damaged, sometimes as another media type or under another status."""
    content = json.dumps(value, ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")
    content = maybe(chance, 0.2, lambda: spoil(chance, content), content)
    kind = chance.choice(
        ("application/json", "application/json", "text/html; charset=utf-16", "application/json; charset=x")
    )
    status = chance.choice((200,) * 12 + (204, 302, 400, 401, 429, 500, 599))
    return httpx2.Response(status, content=content, headers={"content-type": kind})
