"""The key ring of the stream: by it the service's processes know each other's records on the internal topics.

It is a ring of its own. Every process that reads or writes these topics holds it, and none of them needs the keys
that open a CPR for that.
"""

import hmac
import re
import secrets
from base64 import b64decode, b64encode
from hashlib import blake2b
from typing import Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from crypto.hmac_tokens import Purpose, derived
from models.reasons import ForeignReason

_KID: Final = re.compile("[A-Za-z0-9._-]{1,32}")
_KEY_BYTES: Final = 32
_TAG_BYTES: Final = 16
"""128 bits: it stands in every record for ever."""


class StreamKeyring(BaseModel):
    """``stream.key.json``: base64 of 32 bytes by key id. `active` writes; all of them are accepted."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    keys: dict[str, str] = Field(repr=False)
    active: str

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.active not in self.keys:
            raise ValueError("the active key must be in the ring")
        for kid, key in self.keys.items():
            if _KID.fullmatch(kid) is None:
                raise ValueError("a key id has 1 to 32 letters, digits, dots, hyphens and underscores")
            if len(b64decode(key, validate=True)) != _KEY_BYTES:
                raise ValueError("a key has 32 bytes")
        return self

    def tags(self) -> "StreamTags":
        """What makes and judges MACs by these keys."""
        return StreamTags(self)


class StreamTags:
    """A MAC is ``KID:TAG``, the tag a keyed BLAKE2b (RFC 7693), which costs half of an HMAC."""

    def __init__(self, ring: StreamKeyring) -> None:
        self._keys = {
            kid.encode(): blake2b(key=derived(b64decode(key), Purpose.STREAM), digest_size=_TAG_BYTES)
            for kid, key in ring.keys.items()
        }
        self._active = ring.active.encode()
        self._begun: dict[tuple[bytes, bytes], blake2b] = {}

    def make(self, place: bytes, content: bytes) -> bytes:
        """The MAC of `place` and `content` by the active key. There are few places, none a beginning of another."""
        return self._active + b":" + self._tag(self._active, place, content)

    def fault(self, mac: bytes, place: bytes, content: bytes) -> ForeignReason | None:
        """Why `mac` is none of ours for them; None if it is."""
        kid, _, tag = mac.partition(b":")
        if kid not in self._keys:
            return ForeignReason.UNKNOWN_KEY
        is_ours = hmac.compare_digest(self._tag(kid, place, content), tag)
        return None if is_ours else ForeignReason.WRONG_MAC

    def unknown_key(self, mac: bytes) -> str | None:
        """The id of the key that `mac` names, where the ring has none of that id and a ring could have one."""
        kid = mac.partition(b":")[0]
        name = kid.decode("ascii", "replace")
        return name if kid not in self._keys and _KID.fullmatch(name) else None

    def _tag(self, kid: bytes, place: bytes, content: bytes) -> bytes:
        begun = self._begun.get((kid, place))
        if begun is None:
            begun = self._keys[kid].copy()
            begun.update(place)
            self._begun[kid, place] = begun
        hashing = begun.copy()
        hashing.update(content)
        return hashing.digest()


def new_stream_keyring() -> StreamKeyring:
    """A ring with one key, for local use."""
    return StreamKeyring(keys={"s1": b64encode(secrets.token_bytes(_KEY_BYTES)).decode()}, active="s1")
