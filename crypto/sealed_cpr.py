"""The CPR, and in version 2 all that is personal, on its way to the service: a JWE that only its private key opens.

RFC 7516 in compact form, ECDH-ES on X25519 (RFC 8037) straight to AES-256-GCM: one way, and no other is taken.
From version 2 of the contract on it names the event that it belongs to, by ``apu`` and ``apv`` (RFC 7518, 4.6.1).
"""

from collections.abc import Mapping
from hashlib import sha256
from os import urandom
from struct import Struct
from typing import Any, Final, NamedTuple

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from joserfc.jwk import OKPKey
from pydantic_core import from_json

from crypto import base64url

_AGREEMENT: Final = "ECDH-ES"
_ENCRYPTION: Final = "A256GCM"
_KEY_BYTES: Final = 32
_IV_BYTES: Final = 12
_TAG_BYTES: Final = 16
_LENGTH: Final = Struct(">I").pack
_UNDERSTOOD: Final = frozenset({"alg", "enc", "kid", "epk", "apu", "apv", "typ", "cty"})


class NotSealedError(ValueError):
    """The text is not a JWE in compact form."""


class SealNotOpenedError(ValueError):
    """None of the service's keys opens the JWE."""


class SealedForAnotherError(ValueError):
    """The JWE names another event than the one that it came with, or none."""


class Belongs(NamedTuple):
    """The event that a JWE is sealed for. Both go into its header and into its key (RFC 7518, 4.6.2)."""

    sender: str
    """The sender's number: ``apu``."""
    event_id: str
    """The event's id: ``apv``."""

    @property
    def header(self) -> dict[str, str]:
        """The members of the protected header."""
        return {
            "apu": base64url.encode(self.sender.encode()),
            "apv": base64url.encode(self.event_id.encode()),
        }


def seal(text: str, service_key: OKPKey, belongs: Belongs | None = None) -> str:
    """`text` as a JWE to the service's public X25519 key: ten digits, or from version 2 on JSON for one event."""
    public = service_key.public_key
    if not isinstance(public, X25519PublicKey):
        raise TypeError("a CPR is sealed to an X25519 key")
    ephemeral = X25519PrivateKey.generate()
    epk = {"kty": "OKP", "crv": "X25519", "x": base64url.encode(ephemeral.public_key().public_bytes_raw())}
    parties = {} if belongs is None else belongs.header
    header = base64url.encode(
        orjson.dumps({"alg": _AGREEMENT, "enc": _ENCRYPTION, "kid": service_key.kid, "epk": epk, **parties})
    )
    iv = urandom(_IV_BYTES)
    apu, apv = ("", "") if belongs is None else belongs
    key = _content_key(ephemeral.exchange(public), apu.encode(), apv.encode())
    sealed = AESGCM(key).encrypt(iv, text.encode(), header.encode("ascii"))
    content, tag = sealed[:-_TAG_BYTES], sealed[-_TAG_BYTES:]
    return f"{header}..{base64url.encode(iv)}.{base64url.encode(content)}.{base64url.encode(tag)}"


def is_sealed(text: object) -> bool:
    """Whether `text` has the form of what `seal` makes, to whomever: a compact JWE with an ephemeral key of its own."""
    if not isinstance(text, str) or len(parts := text.split(".")) != 5 or parts[1]:
        return False
    try:
        iv, content, tag = (base64url.decode(part) for part in parts[2:])
        epk = base64url.decode(from_json(base64url.decode(parts[0]))["epk"]["x"])
    except (ValueError, TypeError, KeyError):
        return False
    return (len(iv), len(tag), len(epk)) == (_IV_BYTES, _TAG_BYTES, _KEY_BYTES) and content != b""


def open_sealed(sealed: str, keys: Mapping[str, OKPKey], belongs: Belongs | None = None) -> str:
    """The text inside `sealed`, by the key that it names.

    Raises `NotSealedError`, `SealNotOpenedError` and, where it must name the event `belongs`, `SealedForAnotherError`.
    """
    parts = sealed.split(".")
    if len(parts) != 5:
        raise NotSealedError("a JWE in compact form has five parts")
    try:
        header = from_json(base64url.decode(parts[0]))
        key = keys[header["kid"]]
    except KeyError:
        raise SealNotOpenedError("it names no key of the service") from None
    except (ValueError, TypeError):
        raise NotSealedError("its header is not JSON") from None
    if belongs is not None and not belongs.header.items() <= header.items():
        raise SealedForAnotherError("it names another event, or none")
    try:
        return _decrypt(parts, header, key).decode()
    except (InvalidTag, ValueError, TypeError, KeyError):
        raise SealNotOpenedError("the key that it names does not open it") from None


def _decrypt(parts: list[str], header: dict[str, Any], key: OKPKey) -> bytes:
    """Raises any of `InvalidTag`, `ValueError`, `TypeError` and `KeyError` for what cannot be opened."""
    if header["alg"] != _AGREEMENT or header["enc"] != _ENCRYPTION or not header.keys() <= _UNDERSTOOD:
        raise ValueError("another way of sealing")
    epk = header["epk"]
    if epk["kty"] != "OKP" or epk["crv"] != "X25519" or parts[1]:
        raise ValueError("another agreement")
    private = key.private_key
    if not isinstance(private, X25519PrivateKey):
        raise TypeError("not a private key of this curve")
    # Raises for a point of small order.
    shared = private.exchange(X25519PublicKey.from_public_bytes(base64url.decode(epk["x"])))
    content_key = _content_key(
        shared, base64url.decode(header.get("apu", "")), base64url.decode(header.get("apv", ""))
    )
    iv, text, tag = (base64url.decode(part) for part in parts[2:])
    if len(iv) != _IV_BYTES or len(tag) != _TAG_BYTES:
        raise ValueError("not of this encryption")
    return AESGCM(content_key).decrypt(iv, text + tag, parts[0].encode("ascii"))


def _content_key(
    shared: bytes, apu: bytes, apv: bytes, algorithm: bytes = _ENCRYPTION.encode(), size: int = _KEY_BYTES
) -> bytes:
    """Concat KDF (RFC 7518, 4.6.2): the key for this one JWE, of at most 32 bytes."""
    parts = (
        _LENGTH(1),
        shared,
        _LENGTH(len(algorithm)),
        algorithm,
        _LENGTH(len(apu)),
        apu,
        _LENGTH(len(apv)),
        apv,
    )
    # So long a key is the beginning of the first hash (NIST SP 800-56A, 5.8.1); the library takes three times as long.
    return sha256(b"".join(parts) + _LENGTH(size * 8)).digest()[:size]
