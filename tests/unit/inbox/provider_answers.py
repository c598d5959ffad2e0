"""A provider that is asked over no network, and every answer of which can be spoilt."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import httpx2
from joserfc import jwt
from joserfc.jwk import ECKey, Key

ISSUER: Final = "https://provider.example"
EC: Final = ECKey.generate_key("P-256", {"kid": "ec"})


def shown(key: Key, **changes: object) -> dict[str, Any]:
    """A key as a provider shows it; None leaves a member out."""
    told: dict[str, Any] = {**key.as_dict(private=False), **changes}
    return {name: value for name, value in told.items() if value is not None}


GOOD: Final = shown(EC)


@dataclass
class Answers:
    """What the provider answers, each part to be spoilt."""

    keys: Any = field(default_factory=lambda: {"keys": [GOOD]})
    claims: dict[str, Any] = field(default_factory=dict)
    times: dict[str, float] = field(default_factory=dict)
    """Claims as seconds from now."""
    signed_by: Key = field(default_factory=lambda: EC)
    algorithm: str = "ES256"
    header: dict[str, Any] = field(default_factory=lambda: {"kid": "ec"})
    token_answer: Any = None
    description: Callable[[dict[str, Any]], Any] = lambda good: good

    nonce: str = ""

    def transport(self) -> httpx2.MockTransport:
        """The provider as the network shows it."""
        return httpx2.MockTransport(self._answer)

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        match request.url.path:
            case "/.well-known/openid-configuration":
                good = {
                    "issuer": ISSUER,
                    "authorization_endpoint": f"{ISSUER}/start",
                    "token_endpoint": f"{ISSUER}/token",
                    "jwks_uri": f"{ISSUER}/keys",
                }
                return said(self.description(good))
            case "/keys":
                return said(self.keys)
            case _:
                if self.token_answer is not None:
                    return said(self.token_answer)
                return said({"token_type": "Bearer", "access_token": "a", "id_token": self._id_token()})

    def _id_token(self) -> str:
        now = int(time.time())
        good = {
            "iss": ISSUER,
            "sub": "anna",
            "aud": "inbox",
            "iat": now,
            "exp": now + 60,
            "nonce": self.nonce,
        }
        moved = {name: time.time() + seconds for name, seconds in self.times.items()}
        content = {name: value for name, value in (good | moved | self.claims).items() if value is not None}
        header = {"alg": self.algorithm, **self.header}
        return jwt.encode(header, content, self.signed_by, algorithms=[self.algorithm])


def said(content: Any) -> httpx2.Response:
    if isinstance(content, httpx2.Response):
        return content
    return httpx2.Response(200, content=json.dumps(content).encode())
