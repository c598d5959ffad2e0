"""Secrets of programs that log in, kept as scrypt hashes (RFC 7914): whoever reads the file cannot log in with it."""

import hmac
import re
import secrets
from hashlib import scrypt
from typing import Final

from crypto import base64url

_COST: Final = 2**14
_BLOCK: Final = 8
_BYTES: Final = 32
_SALT_BYTES: Final = 16
_FORM: Final = re.compile(rf"scrypt\${_COST}\${_BLOCK}\$1\$([\w-]{{22}})\$([\w-]{{43}})", re.ASCII)
"""One cost for all, so that how long a check takes tells nothing. 16 MiB and some 50 ms."""
_LONGEST: Final = 200
_NOBODYS: Final = f"scrypt${_COST}${_BLOCK}$1${'A' * 22}${'A' * 43}"


def new_secret() -> str:
    """A secret of 256 bits, to be shown once."""
    return f"fvs_{secrets.token_urlsafe(32)}"


def hash_secret(secret: str) -> str:
    """What is kept of `secret`."""
    salt = secrets.token_bytes(_SALT_BYTES)
    return f"scrypt${_COST}${_BLOCK}$1${base64url.encode(salt)}${base64url.encode(_hash(secret, salt))}"


def is_hash(text: str) -> bool:
    """Whether `text` is what `hash_secret` makes."""
    return _FORM.fullmatch(text) is not None


def fits(secret: str, kept: str | None) -> bool:
    """Whether `kept` is the hash of `secret`. None takes as long, and never fits."""
    found = _FORM.fullmatch(kept or _NOBODYS)
    if found is None:
        raise ValueError("not a hash of a secret")
    salt, expected = (base64url.decode(part) for part in found.groups())
    same = hmac.compare_digest(_hash(secret[:_LONGEST], salt), expected)
    return same and kept is not None and len(secret) <= _LONGEST


def _hash(secret: str, salt: bytes) -> bytes:
    return scrypt(secret.encode("utf-8", "surrogatepass"), salt=salt, n=_COST, r=_BLOCK, p=1, dklen=_BYTES)
