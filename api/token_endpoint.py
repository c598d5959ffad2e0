"""Where a program gets its token: OAuth 2.0 client credentials (RFC 6749, 4.4), and RFC 6749's own form of errors."""

from base64 import b64decode
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any, Final
from urllib.parse import parse_qs, unquote_plus

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from api.authorize import dependencies_of
from api.dependencies import ApiDependencies
from api.problems import Problem, ProblemRaised, documented
from api.schemas import Token
from api.secret_check import TooBusy
from api.tokens import ScopeError, grant, make_token
from config.api_clients import ApiClient

_FAILURES_PER_MINUTE: Final = 30
"""Of one client from one address; those of all clients that nobody knows count as one client's."""
_BUSY_SECONDS: Final = 5
_FORM: Final = "application/x-www-form-urlencoded"
_NO_STORE: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}
_ERROR: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["error"],
    "properties": {"error": {"type": "string"}},
}
_REQUEST: Final[dict[str, Any]] = {
    "required": True,
    "content": {
        _FORM: {
            "schema": {
                "type": "object",
                "required": ["grant_type"],
                "properties": {
                    "grant_type": {"type": "string", "enum": ["client_credentials"]},
                    "scope": {
                        "type": "string",
                        "description": "Rights, and `unit:…` for some of your units; all that you have without it",
                    },
                    "client_id": {"type": "string", "description": "Where you do not log in by Basic"},
                    "client_secret": {"type": "string"},
                },
            }
        }
    },
}

router = APIRouter(tags=["log-in"])


class LogInError(Exception):
    """RFC 6749, 5.2."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


@router.post(
    "/oauth2/token",
    summary="A token for a program",
    response_model=Token,
    openapi_extra={"requestBody": _REQUEST, "security": [{"basic": []}, {}]},
    responses={
        **documented(Problem.TOO_LARGE, Problem.TOO_MANY),
        400: {
            "description": "`invalid_request`, `unsupported_grant_type`, `invalid_scope` (RFC 6749, 5.2)",
            "content": {"application/json": {"schema": _ERROR}},
        },
        401: {
            "description": "`invalid_client` (RFC 6749, 5.2)",
            "content": {"application/json": {"schema": _ERROR}},
        },
    },
)
async def token(request: Request) -> JSONResponse:
    """Log in with Basic, or with the id and the secret in the form. A token holds for some minutes."""
    parts = dependencies_of(request)
    try:
        form = _form(request, await request.body())
        if form.get("grant_type") != "client_credentials":
            raise LogInError("unsupported_grant_type" if form.get("grant_type") else "invalid_request")
        client = await _client(parts, _from(request), *_credentials(request, form))
        granted = grant(client, form.get("scope"))
    except ScopeError:
        return _refused("invalid_scope")
    except LogInError as refused:
        return _refused(refused.error)
    now = parts.clock()
    made = Token(
        access_token=make_token(parts.tags, granted, now=now, lifetime=parts.token_lifetime),
        expires_in=int(parts.token_lifetime.total_seconds()),
        scope=granted.scope,
    )
    return JSONResponse(made.model_dump(mode="json"), headers=_NO_STORE)


def _form(request: Request, content: bytes) -> dict[str, str]:
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != _FORM:
        raise LogInError("invalid_request")
    try:
        fields = parse_qs(content.decode("ascii"), strict_parsing=True, max_num_fields=20, errors="strict")
    except ValueError:
        raise LogInError("invalid_request") from None
    if any(len(values) > 1 for values in fields.values()):
        raise LogInError("invalid_request")
    return {name: values[0] for name, values in fields.items()}


def _credentials(request: Request, form: dict[str, str]) -> tuple[str, str]:
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        if not form.get("client_id") or not form.get("client_secret"):
            raise LogInError("invalid_client")
        return form["client_id"], form["client_secret"]
    if "client_secret" in form:
        raise LogInError("invalid_request")
    try:
        name, colon, secret = b64decode(encoded.strip(), validate=True).decode().partition(":")
    except ValueError:
        raise LogInError("invalid_client") from None
    if not colon:
        raise LogInError("invalid_client")
    return unquote_plus(name), unquote_plus(secret)


async def _client(parts: ApiDependencies, address: str, client_id: str, secret: str) -> ApiClient:
    """Whoever logs in; raises the same, after the same time, for an unknown client and for a wrong secret.

    The secret is judged first: whoever sends wrong ones, under whatever id, holds up only its own failures.
    """
    client = parts.clients.find(client_id)
    failures = f"log-in/{'' if client is None else client.id}/{address}"
    hashes = [] if client is None else [kept.hash for kept in client.valid_secrets(parts.clock())]
    suspect = parts.pace.would_wait(failures, _FAILURES_PER_MINUTE, parts.ticks())
    try:
        right = await parts.log_ins.is_right(secret, hashes, suspect=suspect)
    except TooBusy:
        raise ProblemRaised(Problem.TOO_MANY, {"Retry-After": str(_BUSY_SECONDS)}) from None
    if client is None or not right:
        parts.hold_back(failures, _FAILURES_PER_MINUTE)
        raise LogInError("invalid_client")
    return client


def _from(request: Request) -> str:
    """The address of the one who asks; of IPv6 the network, of which one host has all addresses."""
    host = "" if request.client is None else request.client.host
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    return str(ip_network((address, 64), strict=False) if isinstance(address, IPv6Address) else address)


def _refused(error: str) -> JSONResponse:
    invalid_client = error == "invalid_client"
    headers = {
        **_NO_STORE,
        **({"WWW-Authenticate": 'Basic realm="frafaldsvarsel"'} if invalid_client else {}),
    }
    return JSONResponse({"error": error}, status_code=401 if invalid_client else 400, headers=headers)
