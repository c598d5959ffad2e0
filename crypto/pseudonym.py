"""What stands for a person and for a content: keyed hashes, the same for ever.

Unkeyed, the hash of a CPR is the CPR: there are few enough to try them all. Nothing here is ever logged.
"""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any, Final

import orjson
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

KEY_BYTES: Final = 32
_BASE32: Final = "abcdefghijklmnopqrstuvwxyz234567"
_PAIRS: Final = tuple(first + second for first in _BASE32 for second in _BASE32)
"""Base32 (RFC 4648, in lower case) ten bits at a time; the library's own takes as long as the HMAC five times over."""


class Pseudonyms:
    """Makes people's ids. Whoever has its key finds the CPR of every id in minutes (docs/decisions/0055)."""

    def __init__(self, key: bytes) -> None:
        """`key`: 32 bytes."""
        self._begun = _begun(key)

    def person_id(self, cpr: str) -> str:
        """The keyed pseudonym of a normalised CPR: 26 characters, 130 bits."""
        digest = _digest(self._begun, cpr.encode())
        number = int.from_bytes(digest[:17], "big") >> 6
        return "".join([_PAIRS[number >> shift & 1023] for shift in range(120, -1, -10)])


class ContentHashes:
    """Makes the fingerprints of events."""

    def __init__(self, key: bytes) -> None:
        """`key`: 32 bytes."""
        self._begun = _begun(key)

    def fingerprint(self, content: Mapping[str, Any]) -> str:
        """A keyed hash of an event's content with the CPR opened: equal however it was sealed and signed."""
        canonical = orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
        return urlsafe_b64encode(_digest(self._begun, canonical)[:18]).decode()


def _begun(key: bytes) -> HMAC:
    """An HMAC before its content: a copy of it costs half of one that begins with the key."""
    if len(key) != KEY_BYTES:
        raise ValueError("a key has 32 bytes")
    return HMAC(key, SHA256())


def _digest(begun: HMAC, content: bytes) -> bytes:
    hashing = begun.copy()
    hashing.update(content)
    return hashing.finalize()
