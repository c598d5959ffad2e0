"""The inbox's side of OpenID Connect: the authorization code with PKCE, and the judging of what comes back.

It speaks to the provider alone, keeps its answers only as long as they are needed, and logs no token.
"""

import asyncio
import logging
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

import httpx2 as httpx
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc.errors import JoseError
from joserfc.jwk import Key
from pydantic import BaseModel, ConfigDict, ValidationError

from inbox.provider_keys import NoUsableKey, opened, read_keys
from models.base import Frozen

log = logging.getLogger(__name__)

_LEEWAY_SECONDS: Final = 120
_PATIENCE_SECONDS: Final = 10.0
_FRESH_SECONDS: Final = 3600.0
_AGAIN_SECONDS: Final = 60.0
_SCOPE: Final = "openid profile"
_NOT_ASKED: Final = frozenset({"amr", "auth_time"})
"""Claims that nothing here depends on: written otherwise than the standard has it, they lock nobody out."""
_OUR_FAULT: Final = frozenset({"invalid_client", "unauthorized_client"})
_LATER: Final = frozenset({"server_error", "temporarily_unavailable"})


class ProviderUnreachable(RuntimeError):
    """The provider does not answer as one should: try again later."""


class LogInRefused(RuntimeError):
    """What came back does not prove who it is: begin anew. The message holds nothing of it."""


class LevelTooLow(LogInRefused):
    """The provider knows the person, and not by one of the levels that are taken."""


class Begun(Frozen):
    """A log-in under way; kept sealed in the browser until it comes back."""

    state: str
    nonce: str
    verifier: str
    until: float
    target: str
    """Where in the inbox the person wants to go."""
    silent: bool = False
    """The provider is asked to say who it is without asking the person."""


class Description(BaseModel):
    """What a provider says of itself, as far as it is needed (OpenID Connect Discovery 1.0, section 3)."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: object = None
    """Asked at the log-out alone: whatever stands there, people can log in."""


@dataclass(slots=True)
class Provider:
    """One OpenID provider."""

    issuer: str
    client_id: str
    client_secret: str
    redirect_uri: str
    levels: tuple[str, ...] = ()
    """Values of ``acr`` that are taken, the preferred one first; empty: any."""
    transport: httpx.AsyncBaseTransport | None = None
    """What the provider is asked through; the network, where none is given."""
    _description: Description | None = field(default=None, init=False)
    _keys: tuple[Key, ...] = field(default=(), init=False)
    _read_at: float = field(default=0.0, init=False)
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    async def begin(self, target: str, *, until: float, silent: bool = False) -> tuple[str, Begun]:
        """Where to send the browser, and what to remember meanwhile; `silent`: the person is not to be asked."""
        description = await self._discovered()
        verifier, nonce = secrets.token_urlsafe(48), secrets.token_urlsafe(24)
        async with self._client() as client:
            address, state = client.create_authorization_url(
                description.authorization_endpoint,
                nonce=nonce,
                code_verifier=verifier,
                **({"acr_values": " ".join(self.levels)} if self.levels else {}),
                **({"prompt": "none"} if silent else {}),
            )
        return address, Begun(
            state=state, nonce=nonce, verifier=verifier, until=until, target=target, silent=silent
        )

    async def finish(self, begun: Begun, returned: Mapping[str, str]) -> Mapping[str, Any]:
        """The claims of the person who came back; raises `LogInRefused`, `ProviderUnreachable`."""
        # As bytes: a text with a letter beyond ASCII cannot be compared in constant time.
        if not secrets.compare_digest(returned.get("state", "").encode(), begun.state.encode()):
            raise LogInRefused("it is another log-in's answer")
        if returned.get("error") in _LATER:
            raise ProviderUnreachable("the provider says that it cannot log in anybody now")
        if not returned.get("code"):
            raise LogInRefused("the provider sent no code")
        description = await self._discovered()
        if "iss" in returned and returned["iss"] != description.issuer:
            raise LogInRefused("it is another provider's answer")  # RFC 9207
        token = await self._redeem(description.token_endpoint, returned["code"], begun.verifier)
        return await self._judged(token, begun.nonce)

    async def log_out_address(self, *, back_to: str) -> str | None:
        """Where a person ends the log-in at the provider too, if it has such a place."""
        try:
            ending = (await self._discovered()).end_session_endpoint
        except ProviderUnreachable:
            return None
        if not isinstance(ending, str):
            return None
        return f"{ending}?{urlencode({'client_id': self.client_id, 'post_logout_redirect_uri': back_to})}"

    async def _redeem(self, address: str, code: str, verifier: str) -> Mapping[str, Any]:
        """The tokens for a code."""
        try:
            async with self._client() as client:
                token: Mapping[str, Any] = await client.fetch_token(
                    address, grant_type="authorization_code", code=code, code_verifier=verifier
                )
        except (httpx.HTTPError, httpx.InvalidURL):
            raise ProviderUnreachable("the provider's token endpoint does not answer") from None
        except OAuthError as refused:
            if str(refused.error) in _OUR_FAULT:
                log.error("the provider does not take the inbox's own id and secret: %s", refused.error)
                raise ProviderUnreachable("the inbox's own secret is not taken") from None
            raise LogInRefused("the provider refused the code") from None
        except (ValueError, TypeError, AttributeError, RecursionError):
            # A page in HTML, a list, a bare text, JSON without a bottom.
            log.error("the provider's token endpoint does not answer with a JSON object")
            raise ProviderUnreachable("the provider's token endpoint does not answer as one") from None
        return token

    async def _judged(self, token: Mapping[str, Any], nonce: str) -> Mapping[str, Any]:
        """The claims of an id token that is signed, ours, in time and of this very log-in."""
        text = token.get("id_token")
        if not isinstance(text, str):
            raise LogInRefused("the provider sent no id token")
        try:
            decoded = opened(text, self._keys)
            if decoded is None:
                # The provider has changed its keys since we read them.
                await self._discovered(anew=True)
                decoded = opened(text, self._keys)
            if decoded is None:
                raise LogInRefused("the id token is signed with a key that the provider does not show")
            claims = CodeIDToken(
                {name: value for name, value in decoded.claims.items() if name not in _NOT_ASKED},
                decoded.header,
                {
                    "iss": {"essential": True, "value": self.issuer},
                    "aud": {"essential": True, "value": self.client_id},
                    "nonce": {"essential": True, "value": nonce},
                },
                {
                    "nonce": nonce,
                    "client_id": self.client_id,
                    "access_token": token.get("access_token"),
                },
            )
            claims.validate(now=int(time.time()), leeway=_LEEWAY_SECONDS)
        except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise LogInRefused("the id token does not hold") from None
        # OpenID Connect Core, 3.1.2.1: what was asked for is a wish, and the provider need not follow it.
        if self.levels and claims.get("acr") not in self.levels:
            raise LevelTooLow("the person was not known by a level that is taken")
        return dict(claims)

    async def _discovered(self, *, anew: bool = False) -> Description:
        """The provider's own description and its keys, read again once an hour."""
        async with self._reading:
            known = self._description
            if known is not None and not anew and time.monotonic() - self._read_at < _FRESH_SECONDS:
                return known
            try:
                async with httpx.AsyncClient(timeout=_PATIENCE_SECONDS, transport=self.transport) as client:
                    address = f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"
                    read = Description.model_validate((await client.get(address)).raise_for_status().json())
                    keys = read_keys((await client.get(read.jwks_uri)).raise_for_status().json())
                if read.issuer != self.issuer:
                    log.error("the provider calls itself by another name than the setting")
                    raise ProviderUnreachable("the provider calls itself by another name than the setting")
                self._keys, self._description, self._read_at = keys, read, time.monotonic()
            except (
                httpx.HTTPError,
                httpx.InvalidURL,
                ValidationError,
                ValueError,
                TypeError,
                RecursionError,
            ) as fault:
                why = str(fault) if isinstance(fault, NoUsableKey) else type(fault).__name__
                log.error("the provider's description and keys cannot be read: %s", why)
                if known is None or anew:
                    raise ProviderUnreachable("the provider's description cannot be read") from None
                # Nobody else waits for it now: what was known serves until then.
                self._read_at = time.monotonic() - _FRESH_SECONDS + _AGAIN_SECONDS
                return known
            return read

    def _client(self) -> AsyncOAuth2Client:
        return AsyncOAuth2Client(
            client_id=self.client_id,
            client_secret=self.client_secret,
            redirect_uri=self.redirect_uri,
            scope=_SCOPE,
            code_challenge_method="S256",
            token_endpoint_auth_method="client_secret_basic",  # noqa: S106 - the name of a method
            timeout=_PATIENCE_SECONDS,
            transport=self.transport,
        )
