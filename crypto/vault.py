"""The seals around what the stream must not see, as those know them who only open.

A sealed value says which key opens it: ``KID.BODY``. Nothing here is ever logged.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

SIV_KEY_BYTES: Final = 64


class NotOpenedError(ValueError):
    """The seal is not ours, is damaged, or was made for another purpose."""


class KeyShreddedError(NotOpenedError):
    """The key was destroyed on purpose: nobody opens it any more."""


class Opener(Protocol):
    """Opens what one key has sealed."""

    def open_body(self, body: bytes, purpose: str) -> bytes:
        """The plaintext; raises `ValueError` or `InvalidTag` where it does not open, `KeyShreddedError`."""


class SymmetricSeal:
    """AES-SIV under one key, which opens what it seals: the same plaintext and purpose give the same bytes."""

    def __init__(self, kid: str, key: bytes) -> None:
        """`key`: 64 bytes."""
        if len(key) != SIV_KEY_BYTES:
            raise ValueError("a key of this seal has 64 bytes")
        self._kid = kid
        self._siv = AESSIV(key)

    def seal(self, plaintext: bytes, purpose: str) -> str:
        """`plaintext` sealed for `purpose`; it opens only for the same purpose."""
        return written(self._kid, self._siv.encrypt(plaintext, [purpose.encode()]))

    def open_body(self, body: bytes, purpose: str) -> bytes:
        """As `Opener`."""
        return self._siv.decrypt(body, [purpose.encode()])


class ShreddedKey:
    """What stands in the place of a key that was destroyed."""

    def open_body(self, body: bytes, purpose: str) -> bytes:
        """As `Opener`."""
        raise KeyShreddedError("its key was shredded")


class SealOpener:
    """Opens what any of its keys has sealed."""

    def __init__(self, keys: Mapping[str, Opener]) -> None:
        """`keys` by key id; looked into at each call."""
        self._keys = keys

    def open(self, sealed: str, purpose: str) -> bytes:
        """What was sealed for `purpose`; raises `NotOpenedError`, and of it `KeyShreddedError`."""
        kid, _, body = sealed.partition(".")
        try:
            return self._keys[kid].open_body(urlsafe_b64decode(body), purpose)
        except KeyShreddedError:
            raise
        except (KeyError, ValueError, InvalidTag):
            raise NotOpenedError("no key here opens it for this purpose") from None


class PageSeal(SealOpener):
    """What the pages hand to a browser and get back: the active key seals, each of them opens."""

    def __init__(self, keys: Mapping[str, SymmetricSeal], active: str) -> None:
        """`active` names the key that seals."""
        super().__init__(keys)
        self._active = keys[active]

    def seal(self, plaintext: bytes, purpose: str) -> str:
        """`plaintext` sealed for `purpose`."""
        return self._active.seal(plaintext, purpose)


def written(kid: str, body: bytes) -> str:
    """A sealed value as it stands in records and tables."""
    return f"{kid}.{urlsafe_b64encode(body).decode()}"
