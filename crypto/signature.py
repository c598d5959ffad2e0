"""The sender's signature: a detached JWS (RFC 7515, Appendix F) over the CloudEvent **and the topic**.

What is signed is the canonical JSON (RFC 8785) of ``{"attributes": …, "data": …, "topic": …}``, so that both
Kafka bindings of one event carry the same signature, and a record on another topic carries a wrong one.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import orjson
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from joserfc.jwk import OKPKey
from nacl.bindings import crypto_sign, crypto_sign_BYTES, crypto_sign_open
from nacl.exceptions import CryptoError
from pydantic_core import from_json

from crypto import base64url

ALGORITHM: Final = "Ed25519"
_UNDERSTOOD: Final = frozenset({"alg", "kid", "typ", "cty", "jku", "jwk", "x5u", "x5c", "x5t", "x5t#S256"})
"""Names of RFC 7515; none of them changes what is signed, and only the first two are looked at."""
_REMEMBERED: Final = 4096
_MAX_SIGNATURE: Final = 1024


class SignatureError(ValueError):
    """The signature is malformed or does not fit."""


class NotCanonicalError(ValueError):
    """The data holds a number or a string that RFC 8785 cannot express."""


def signing_input(attributes: Mapping[str, str], data: Mapping[str, Any], topic: str) -> bytes:
    """The bytes that a signature covers; raises `NotCanonicalError`."""
    try:
        return rfc8785.dumps({"attributes": dict(attributes), "data": dict(data), "topic": topic})
    except (rfc8785.CanonicalizationError, UnicodeEncodeError, RecursionError):
        raise NotCanonicalError("not canonical JSON") from None


def quick_signing_input(attributes: Mapping[str, str], data: Mapping[str, Any], topic: str) -> bytes:
    """The same bytes, several times faster, for data as the contract has it: ASCII names and no fractions.

    For other data the two may differ, so a signature that does not fit these bytes is held against the exact ones.
    """
    content = {"attributes": dict(attributes), "data": dict(data), "topic": topic}
    try:
        return orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # whatever orjson cannot write is a `JSONEncodeError`, and so a TypeError
        raise NotCanonicalError("not canonical JSON") from None


def sign(content: bytes, key: OKPKey) -> str:
    """Sign `content` (of `signing_input`) with a private Ed25519 key; the result has an empty middle part."""
    header = base64url.encode(orjson.dumps({"alg": ALGORITHM, "kid": key.kid}))
    signature = crypto_sign(_signed(header, content), _private(key))[:crypto_sign_BYTES]
    return f"{header}..{base64url.encode(signature)}"


def key_id(signature: str) -> str:
    """The ``kid`` that a signature names; raises `SignatureError`."""
    return _read(signature)[0]


def verify(signature: str, content: bytes, key: OKPKey) -> None:
    """Raise `SignatureError` unless `signature` is `key`'s over `content`."""
    _, header, tail = _read(signature)
    try:
        tail_bytes = base64url.decode(tail)
        if len(tail_bytes) != crypto_sign_BYTES:
            raise ValueError("not of the length of a signature")
        crypto_sign_open(tail_bytes + _signed(header, content), _public(key))
    except (CryptoError, ValueError, TypeError):
        raise SignatureError("it does not fit the key and the content") from None


def _signed(header: str, content: bytes) -> bytes:
    """The JWS signing input (RFC 7515, section 5.1)."""
    return f"{header}.{base64url.encode(content)}".encode("ascii")


def _public(key: OKPKey) -> bytes:
    public = key.public_key
    if not isinstance(public, Ed25519PublicKey):
        raise TypeError("not a key of this curve")
    return public.public_bytes_raw()


def _private(key: OKPKey) -> bytes:
    private = key.private_key
    if not isinstance(private, Ed25519PrivateKey):
        raise TypeError("not a private key of this curve")
    return private.private_bytes_raw() + _public(key)


def _read(signature: str) -> tuple[str, str, str]:
    """The ``kid`` that a detached JWS names, its header and its last part, as they are written."""
    parts = signature.split(".")
    if len(parts) != 3 or parts[1] or len(signature) > _MAX_SIGNATURE:
        raise SignatureError("not a detached JWS")
    return _kid(parts[0]), parts[0], parts[2]


@lru_cache(_REMEMBERED)
def _kid(written: str) -> str:
    """The ``kid`` in a header that is fit to be verified: a sender's is the same in all its messages."""
    try:
        header = from_json(base64url.decode(written))
    except ValueError:
        raise SignatureError("its header is not JSON") from None
    if (
        not isinstance(header, dict)
        or header.get("alg") != ALGORITHM
        or not isinstance(header.get("kid"), str)
    ):
        raise SignatureError(f"its header does not name {ALGORITHM} and a kid")
    if "crit" in header:  # RFC 7515, 4.1.11: an extension that is not understood makes the signature invalid
        raise SignatureError("its header names a critical extension")
    if not header.keys() <= _UNDERSTOOD:
        raise SignatureError("its header has a name that is not of RFC 7515")
    kid: str = header["kid"]
    return kid
