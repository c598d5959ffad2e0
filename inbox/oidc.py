"""The inbox's side of OpenID Connect: the authorization code with PKCE, and the judging of what comes back.

It speaks to the provider alone, keeps its answers only as long as they are needed, and logs no token.
"""

import asyncio
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
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from models.base import Frozen

_ALGORITHMS: Final = ("RS256", "PS256", "ES256", "EdDSA", "Ed25519")
"""Never `none`, and never a shared secret: the id token must show that the provider made it."""
_LEEWAY_SECONDS: Final = 120
_PATIENCE_SECONDS: Final = 10.0
_FRESH_SECONDS: Final = 3600.0
_SCOPE: Final = "openid profile"


class ProviderUnreachable(RuntimeError):
    """The provider does not answer as one should: try again later."""


class LogInRefused(RuntimeError):
    """What came back does not prove who it is: begin anew. The message holds nothing of it."""


class Begun(Frozen):
    """A log-in under way; kept sealed in the browser until it comes back."""

    state: str
    nonce: str
    verifier: str
    until: float
    target: str
    """Where in the inbox the person wants to go."""


@dataclass(slots=True)
class Provider:
    """One OpenID provider."""

    issuer: str
    client_id: str
    client_secret: str
    redirect_uri: str
    _metadata: dict[str, Any] = field(default_factory=dict, init=False)
    _keys: KeySet | None = field(default=None, init=False)
    _read_at: float = field(default=-_FRESH_SECONDS, init=False)
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    async def begin(self, target: str, *, until: float) -> tuple[str, Begun]:
        """Where to send the browser, and what to remember meanwhile."""
        metadata = await self._discovered()
        verifier, nonce = secrets.token_urlsafe(48), secrets.token_urlsafe(24)
        async with self._client() as client:
            address, state = client.create_authorization_url(
                metadata["authorization_endpoint"], nonce=nonce, code_verifier=verifier
            )
        return address, Begun(state=state, nonce=nonce, verifier=verifier, until=until, target=target)

    async def finish(self, begun: Begun, returned: Mapping[str, str]) -> Mapping[str, Any]:
        """The claims of the person who came back; raises `LogInRefused`, `ProviderUnreachable`."""
        if not secrets.compare_digest(returned.get("state", ""), begun.state):
            raise LogInRefused("it is another log-in's answer")
        if "code" not in returned:
            raise LogInRefused("the provider sent no code")
        metadata = await self._discovered()
        if "iss" in returned and returned["iss"] != metadata["issuer"]:
            raise LogInRefused("it is another provider's answer")  # RFC 9207
        token = await self._redeem(metadata["token_endpoint"], returned["code"], begun.verifier)
        return await self._judged(token, begun.nonce)

    async def log_out_address(self, *, back_to: str) -> str | None:
        """Where a person ends the log-in at the provider too, if it has such a place."""
        try:
            metadata = await self._discovered()
        except ProviderUnreachable:
            return None
        ending = metadata.get("end_session_endpoint")
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
        except httpx.HTTPError:
            raise ProviderUnreachable("the provider's token endpoint does not answer") from None
        except OAuthError:
            raise LogInRefused("the provider refused the code") from None
        return token

    async def _judged(self, token: Mapping[str, Any], nonce: str) -> Mapping[str, Any]:
        """The claims of an id token that is signed, ours, in time and of this very log-in."""
        text = token.get("id_token")
        if not isinstance(text, str):
            raise LogInRefused("the provider sent no id token")
        try:
            decoded = self._decoded(text)
            if decoded is None:
                # The provider has changed its keys since we read them.
                await self._discovered(anew=True)
                decoded = self._decoded(text)
            if decoded is None:
                raise LogInRefused("the id token is signed with a key that the provider does not show")
            claims = CodeIDToken(
                decoded.claims,
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
        except (JoseError, ValueError, TypeError, KeyError):
            raise LogInRefused("the id token does not hold") from None
        return dict(claims)

    def _decoded(self, text: str) -> jwt.Token | None:
        if self._keys is None:
            return None
        registry = JWSRegistry(algorithms=list(_ALGORITHMS), strict_check_header=False)
        try:
            return jwt.decode(text, self._keys, registry=registry)
        except (JoseError, ValueError):
            return None

    async def _discovered(self, *, anew: bool = False) -> dict[str, Any]:
        """The provider's own description and its keys, read again once an hour."""
        async with self._reading:
            if not anew and time.monotonic() - self._read_at < _FRESH_SECONDS:
                return self._metadata
            try:
                async with httpx.AsyncClient(timeout=_PATIENCE_SECONDS) as client:
                    address = f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"
                    metadata = (await client.get(address)).raise_for_status().json()
                    keys = (await client.get(metadata["jwks_uri"])).raise_for_status().json()
                if metadata["issuer"] != self.issuer:
                    raise ProviderUnreachable("the provider calls itself by another name than the setting")
                self._keys = KeySet.import_key_set(keys)
                self._metadata = metadata
                self._read_at = time.monotonic()
            except (httpx.HTTPError, JoseError, ValueError, KeyError, TypeError):
                if not self._metadata or anew:
                    raise ProviderUnreachable("the provider's description cannot be read") from None
            return self._metadata

    def _client(self) -> AsyncOAuth2Client:
        return AsyncOAuth2Client(
            client_id=self.client_id,
            client_secret=self.client_secret,
            redirect_uri=self.redirect_uri,
            scope=_SCOPE,
            code_challenge_method="S256",
            token_endpoint_auth_method="client_secret_basic",  # noqa: S106 - the name of a method
            timeout=_PATIENCE_SECONDS,
        )
