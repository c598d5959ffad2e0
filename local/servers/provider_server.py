"""A small OpenID provider for demo and tests: the real protocol, made-up people, no passwords.

It must listen on 127.0.0.1 only: whoever reaches it may be anybody on its list.
"""

import argparse
import base64
import hashlib
import json
import secrets
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

import jinja2
import uvicorn
from joserfc import jwt
from joserfc.jwk import ECKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from local.servers.ports import write_whole
from local.servers.provider import CLIENT_ID, PEOPLE, PEOPLE_FILE, READY, Person

_TEMPLATES: Final = Path(__file__).with_name("templates")
_CODE_SECONDS: Final = 60.0
_TOKEN_SECONDS: Final = 300
_ALGORITHM: Final = "ES256"
_CHOSEN: Final = "provider-person"
"""A cookie: who was chosen last in this browser, for a log-in that must not ask."""
_LARGEST_FORM: Final = 8192
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True, slots=True)
class _Code:
    """A code that was given out: what must come with it, and whom it stands for."""

    person: Person
    redirect_uri: str
    nonce: str | None
    challenge: str
    until: float


@dataclass(slots=True)
class _Provider:
    issuer: str
    people: tuple[Person, ...]
    secret: str
    key: ECKey = field(
        default_factory=lambda: ECKey.generate_key("P-256", {"kid": secrets.token_hex(4), "use": "sig"})
    )
    codes: dict[str, _Code] = field(default_factory=dict)

    def find(self, subject: str) -> Person | None:
        return next((person for person in self.people if person.subject == subject), None)


def build(issuer: str, people: tuple[Person, ...], secret: str) -> Starlette:
    """The provider's five addresses."""
    provider = _Provider(issuer, people, secret)
    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined
    )

    async def discovery(_: Request) -> Response:
        return JSONResponse(
            {
                "issuer": issuer,
                "authorization_endpoint": f"{issuer}/authorize",
                "token_endpoint": f"{issuer}/token",
                "jwks_uri": f"{issuer}/jwks",
                "end_session_endpoint": f"{issuer}/end",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": [_ALGORITHM],
                "code_challenge_methods_supported": ["S256"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic"],
                "authorization_response_iss_parameter_supported": True,
            }
        )

    async def jwks(_: Request) -> Response:
        return JSONResponse({"keys": [provider.key.as_dict(private=False)]})

    async def authorize(request: Request) -> Response:
        """The page to choose on; choosing comes back here with `person`."""
        asked = request.query_params
        fault = _fault(asked)
        if fault is not None:
            return HTMLResponse(fault, status_code=400, headers=_HEADERS)
        silent = asked.get("prompt") == "none"
        person = provider.find(request.cookies.get(_CHOSEN, "") if silent else asked.get("person", ""))
        if person is None and silent:
            refusal = {"error": "login_required", "state": asked.get("state", ""), "iss": issuer}
            return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(refusal)}", 303, headers=_HEADERS)
        if person is None:
            page = templates.get_template("provider.html").render(
                people=[(one, "?" + urlencode({**asked, "person": one.subject})) for one in people]
            )
            return HTMLResponse(page, headers=_HEADERS)
        code = secrets.token_urlsafe(24)
        provider.codes[code] = _Code(
            person,
            asked["redirect_uri"],
            asked.get("nonce"),
            asked["code_challenge"],
            time.monotonic() + _CODE_SECONDS,
        )
        answer = {"code": code, "state": asked.get("state", ""), "iss": issuer}
        back = RedirectResponse(f"{asked['redirect_uri']}?{urlencode(answer)}", 303, headers=_HEADERS)
        back.set_cookie(_CHOSEN, person.subject, httponly=True, samesite="lax")
        return back

    async def token(request: Request) -> Response:
        """A code, once and in time, with the client's secret and the proof that the same browser began."""
        if not _is_client(request.headers.get("authorization", ""), provider.secret):
            return JSONResponse({"error": "invalid_client"}, 401)
        body = await request.body()
        given = dict(parse_qsl(body[:_LARGEST_FORM].decode("utf-8", "replace")))
        code = provider.codes.pop(given.get("code", ""), None)
        if (
            code is None
            or time.monotonic() > code.until
            or given.get("grant_type") != "authorization_code"
            or given.get("redirect_uri") != code.redirect_uri
            or not secrets.compare_digest(_challenge(given.get("code_verifier", "")), code.challenge)
        ):
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(time.time())
        claims = {
            "iss": issuer,
            "sub": code.person.subject,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + _TOKEN_SECONDS,
            "name": code.person.name,
            "rights": list(code.person.rights),
        } | ({} if code.nonce is None else {"nonce": code.nonce})
        header = {"alg": _ALGORITHM, "kid": provider.key.kid}
        return JSONResponse(
            {
                "access_token": secrets.token_urlsafe(16),
                "token_type": "Bearer",
                "expires_in": _TOKEN_SECONDS,
                "id_token": jwt.encode(header, claims, provider.key, algorithms=[_ALGORITHM]),
            },
            headers={"Cache-Control": "no-store"},
        )

    async def end(request: Request) -> Response:
        """Forgets who was chosen in this browser."""
        back = request.query_params.get("post_logout_redirect_uri", "")
        local = _is_local(back)
        answer: Response = (
            RedirectResponse(back, 303, headers=_HEADERS)
            if local
            else HTMLResponse("Logged out.", headers=_HEADERS)
        )
        answer.delete_cookie(_CHOSEN)
        return answer

    return Starlette(
        routes=[
            Route("/.well-known/openid-configuration", discovery),
            Route("/jwks", jwks),
            Route("/authorize", authorize),
            Route("/token", token, methods=["POST"]),
            Route("/end", end),
        ]
    )


def _fault(asked: Mapping[str, str]) -> str | None:
    """What is wrong with a request to log in; there is no safe place to send it back to."""
    if asked.get("client_id") != CLIENT_ID:
        return "This provider serves the inbox alone."
    if not _is_local(asked.get("redirect_uri", "")):
        return "The way back must lead to this machine."
    if asked.get("response_type") != "code" or "openid" not in asked.get("scope", "").split():
        return "Only the authorization code of OpenID Connect is offered."
    if asked.get("code_challenge_method") != "S256" or not asked.get("code_challenge"):
        return "PKCE with S256 is asked for."
    return None


def _is_local(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost") and not parts.query


def _is_client(header: str, secret: str) -> bool:
    kind, _, value = header.partition(" ")
    try:
        name, _, given = base64.b64decode(value, validate=True).decode().partition(":")
    except ValueError:
        return False
    return (
        kind.lower() == "basic"
        and name == CLIENT_ID
        and secrets.compare_digest(given.encode(), secret.encode())
    )


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def main(arguments: list[str]) -> int:
    """`python -m local.servers.provider_server …`: ready when `DIR/ready.json` exists."""
    parser = argparse.ArgumentParser(prog="provider", description="Log made-up people in.")
    parser.add_argument("--data", type=Path, required=True, help="the folder for the people")
    parser.add_argument("--secret", type=Path, required=True, help="the file with the inbox's secret")
    parser.add_argument("--issuer", required=True, help="its name and address, on 127.0.0.1")
    options = parser.parse_args(arguments)
    data: Path = options.data
    ready = data / READY
    issuer: str = options.issuer
    port = urlsplit(issuer).port
    if port is None:
        parser.error("--issuer needs a port")
    people = PEOPLE.validate_json((data / PEOPLE_FILE).read_bytes())
    app = build(issuer, people, options.secret.read_text("utf-8").strip())

    class _Server(uvicorn.Server):
        async def startup(self, *args: Any, **named: Any) -> None:
            await super().startup(*args, **named)
            write_whole(ready, json.dumps({"issuer": issuer}))

    try:
        _Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning", access_log=False)).run()
    finally:
        ready.unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
