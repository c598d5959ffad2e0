"""Tags: what the service signs for itself, each purpose under a key of its own derived from the ring.

A tag proves that we wrote something down. It hides nothing, and one made for a purpose is none for another.
"""

import hmac
from collections.abc import Mapping
from enum import StrEnum
from hashlib import sha256
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_SHORTEST: Final = 10
"""Bytes. 80 bits cannot be guessed at a server that answers."""


class Purpose(StrEnum):
    """What is tagged."""

    LINK = "acknowledge link"
    BOUNCE = "bounce address"
    RECIPIENT = "recipient"
    SESSION = "inbox session"
    ACCESS = "access token"
    STREAM = "stream record"


class HmacTokens:
    """A ring of keys for one purpose: the active one makes a tag, each of them is accepted."""

    def __init__(self, keys: Mapping[str, bytes], active: str, purpose: Purpose) -> None:
        """`keys`: the ring's secrets by key id; `active` names the one that makes a tag."""
        if active not in keys:
            raise ValueError("the active key must be in the ring")
        self._keys = {kid: derived(key, purpose) for kid, key in keys.items()}
        self._active = active

    @classmethod
    def of_derived(cls, keys: Mapping[str, bytes], active: str) -> "HmacTokens":
        """Of keys that were made for one purpose, 32 bytes each."""
        tags = cls.__new__(cls)
        tags._keys, tags._active = dict(keys), active
        if active not in keys:
            raise ValueError("the active key must be in the ring")
        return tags

    def make(self, content: bytes, length: int) -> bytes:
        """The tag of `content`, `length` bytes long."""
        if not _SHORTEST <= length <= sha256().digest_size:
            raise ValueError("a tag has 10 to 32 bytes")
        return hmac.digest(self._keys[self._active], content, sha256)[:length]

    def fits(self, content: bytes, tag: bytes) -> bool:
        """Whether one of the ring's keys made `tag` for `content`."""
        if not _SHORTEST <= len(tag) <= sha256().digest_size:
            return False
        # All keys are tried, and in the same time: how long it takes tells nothing.
        found = [
            hmac.compare_digest(hmac.digest(key, content, sha256)[: len(tag)], tag)
            for key in self._keys.values()
        ]
        return any(found)


def derived(key: bytes, purpose: Purpose) -> bytes:
    """The key of 32 bytes for one purpose that follows from a ring's secret."""
    info = b"frafaldsvarsel tag " + purpose.encode()
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(key)
