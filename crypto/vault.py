"""The service's own secrets: pseudonyms, fingerprints, and the seal around what the stream must not see.

Everything is deterministic (HMAC-SHA-256, AES-SIV), so a replay gives the same bytes.
Nothing here is ever logged.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_KEY_BYTES: Final = 32
_BASE32: Final = "abcdefghijklmnopqrstuvwxyz234567"
_PAIRS: Final = tuple(first + second for first in _BASE32 for second in _BASE32)
"""Base32 (RFC 4648, in lower case) ten bits at a time; the library's own takes as long as the HMAC five times over."""


class NotOpenedError(ValueError):
    """The seal is not ours, is damaged, or was made for another purpose."""


class Vault:
    """A ring of secret keys: the active one seals, all of them open.

    The pseudonym's key is the ring's first entry for ever: changing it would give every person a new id.
    It is changed by rebuilding ``person-events``, never by rotation.
    """

    def __init__(self, keys: Mapping[str, bytes], active: str) -> None:
        """`keys`: 32 bytes each, by key id, the pseudonym's key first; `active` names the one that seals."""
        if active not in keys or any(len(key) != _KEY_BYTES for key in keys.values()):
            raise ValueError("the vault needs keys of 32 bytes, and its active key among them")
        self._active = active
        self._seals = {kid: AESSIV(_derive(key, b"seal", 64)) for kid, key in keys.items()}
        first = next(iter(keys.values()))
        self._pseudonym = _derive(first, b"pseudonym", 32)
        self._fingerprint = _derive(first, b"fingerprint", 32)

    def person_id(self, cpr: str) -> str:
        """The keyed pseudonym of a normalised CPR: 26 characters, 130 bits."""
        digest = hmac.digest(self._pseudonym, cpr.encode(), sha256)
        number = int.from_bytes(digest[:17], "big") >> 6
        return "".join(_PAIRS[number >> shift & 1023] for shift in range(120, -1, -10))

    def fingerprint(self, content: Mapping[str, Any]) -> str:
        """A keyed hash of an event's content with the CPR opened: equal however it was sealed and signed."""
        canonical = orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
        return urlsafe_b64encode(hmac.digest(self._fingerprint, canonical, sha256)[:18]).decode()

    def seal(self, plaintext: bytes, purpose: str) -> str:
        """`plaintext` sealed for `purpose`; it opens only for the same purpose."""
        sealed = self._seals[self._active].encrypt(plaintext, [purpose.encode()])
        return f"{self._active}.{urlsafe_b64encode(sealed).decode()}"

    def open(self, sealed: str, purpose: str) -> bytes:
        """What `seal` has sealed; raises `NotOpenedError`."""
        kid, _, body = sealed.partition(".")
        try:
            return self._seals[kid].decrypt(urlsafe_b64decode(body), [purpose.encode()])
        except (KeyError, ValueError, InvalidTag):
            raise NotOpenedError("the vault cannot open it for this purpose") from None


def _derive(key: bytes, purpose: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=b"frafaldsvarsel " + purpose).derive(key)
