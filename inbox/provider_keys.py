"""The provider's keys, read one by one: a key that we cannot use locks nobody out (RFC 7517, section 5).

Pure. Which key signed a token is told by its name, and where the name does not tell, by trying those that may be it.
"""

import logging
from collections.abc import Iterator
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, Key, OKPKey, RSAKey
from joserfc.jws import JWSRegistry, extract_compact

log = logging.getLogger(__name__)

_KINDS: Final[dict[str, type[Key]]] = {
    "RS256": RSAKey,
    "PS256": RSAKey,
    "ES256": ECKey,
    "EdDSA": OKPKey,
    "Ed25519": OKPKey,
}
"""What we take. Never `none`, and never a shared secret: the id token must show that the provider made it."""
_REGISTRY: Final = JWSRegistry(algorithms=list(_KINDS), strict_check_header=False)
_WORDS: Final = ("kty", "crv", "kid", "alg")
_NUMBERS: Final = ("n", "e", "x", "y")
_URL_SAFE: Final = str.maketrans("+/", "-_", "=")
"""Some providers write a key's numbers in the other alphabet of Base64."""
_UNUSABLE: Final = (
    JoseError,
    UnsupportedAlgorithm,
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    OverflowError,
    RecursionError,
)
"""What the libraries raise about a key or a token that they do not understand."""


class NoUsableKey(ValueError):
    """The provider shows no key by which a signature could be checked."""


def read_keys(document: object) -> tuple[Key, ...]:
    """The usable keys of a JWKS; raises `NoUsableKey`."""
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise NoUsableKey("not a set of keys")
    keys = tuple(key for one in listed if (key := _read(one)) is not None)
    if not keys:
        raise NoUsableKey("none of the keys can be used")
    if len(keys) < len(listed):
        log.info("%d of the provider's %d keys are of no use here", len(listed) - len(keys), len(listed))
    return keys


def _read(one: object) -> Key | None:
    if not isinstance(one, dict) or one.get("use") not in (None, "sig") or one.get("kty") == "oct":
        return None
    # Certificates and whatever else stands beside the key are not asked, so they can spoil nothing.
    needed = {name: one[name] for name in _WORDS if isinstance(one.get(name), str)}
    needed |= {name: one[name].translate(_URL_SAFE) for name in _NUMBERS if isinstance(one.get(name), str)}
    operations = one.get("key_ops")
    if isinstance(operations, list) and "verify" not in operations:
        return None
    try:
        key = JWKRegistry.import_key(needed)
        key.get_op_key("verify")
    except _UNUSABLE:
        return None
    return key


def opened(text: str, keys: tuple[Key, ...]) -> jwt.Token | None:
    """The token that one of `keys` has signed; None where none has."""
    try:
        header = extract_compact(text.encode("ascii")).headers()
    except _UNUSABLE:
        return None
    for key in _candidates(header, keys):
        try:
            return jwt.decode(text, key, registry=_REGISTRY)
        except _UNUSABLE:
            continue
    return None


def _candidates(header: dict[str, object], keys: tuple[Key, ...]) -> Iterator[Key]:
    kind = _KINDS.get(str(header.get("alg")))
    name = header.get("kid")
    for key in keys:
        # A set of one needs no name, and a key without one may be the named one (OpenID Connect Core, 10.1).
        if kind is not None and isinstance(key, kind) and (name is None or key.get("kid") in (None, name)):
            yield key
