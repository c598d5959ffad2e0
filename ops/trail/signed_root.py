"""A signed root: what the chain was at a moment, said by a key that the database's owner does not have. Pure.

Written as one line of JSON: ``{"n": 12, "root": "9f…", "at": "2027-03-01T09:00:00Z", "signature": "eyJ…"}``. The
signature is a detached JWS (RFC 7515, Appendix F) over the canonical JSON (RFC 8785) of the rest.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import rfc8785
from joserfc.jwk import OKPKey
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from crypto.signature import SignatureError, key_id, sign, verify

_SIGNATURE: Final = "signature"


class NotOurs(ValueError):
    """It is no root that one of the known keys has signed."""


class Restart(BaseModel):
    """Said by a person after a restore: the roots that were signed beyond it stand for rows that are gone."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    lost_after: int = Field(ge=0)
    """The last `n` that the restored database still has in common with what was signed."""
    by: str
    because: str


class SignedRoot(BaseModel):
    """The root after row `n` of the chain."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    n: int = Field(ge=0)
    root: str = Field(pattern="[0-9a-f]{64}")
    at: AwareDatetime
    restart: Restart | None = None

    @property
    def root_bytes(self) -> bytes:
        """32 bytes."""
        return bytes.fromhex(self.root)


@dataclass(frozen=True, slots=True)
class RootSigner:
    """Signs with one key."""

    key: OKPKey

    def write(self, root: SignedRoot) -> bytes:
        """One line, without its end."""
        content = _content(root)
        signature = sign(rfc8785.dumps(content), self.key)
        return json.dumps({**content, _SIGNATURE: signature}, separators=(",", ":")).encode()


def read(line: bytes, keys: Mapping[str, OKPKey]) -> SignedRoot:
    """The root of a line. `keys`: public keys by ``kid``. Raises `NotOurs`."""
    try:
        content: Any = json.loads(line)
        signature = content.pop(_SIGNATURE)
        root = SignedRoot.model_validate(content)
        key = keys[key_id(signature)]
        verify(signature, rfc8785.dumps(_content(root)), key)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, ValidationError, SignatureError):
        raise NotOurs("no root of a known key") from None
    return root


def new_root(n: int, root: bytes, at: datetime, restart: Restart | None = None) -> SignedRoot:
    """Of a chain of `n` rows."""
    return SignedRoot(n=n, root=root.hex(), at=at, restart=restart)


def _content(root: SignedRoot) -> dict[str, Any]:
    return root.model_dump(mode="json", exclude_none=True)
