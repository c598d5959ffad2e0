"""The CPR on its way from a sender to the service: a JWE that only the service's private key opens."""

from base64 import urlsafe_b64decode
from collections.abc import Mapping
from typing import Final

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from pydantic_core import from_json

_ALGORITHMS: Final = ["ECDH-ES", "A256GCM"]


class NotSealedError(ValueError):
    """The text is not a JWE in compact form."""


class NotOpenedError(ValueError):
    """None of the service's keys opens the JWE."""


def seal(cpr: str, service_key: OKPKey) -> str:
    """`cpr` (ten digits) as a JWE to the service's public X25519 key."""
    header = {"alg": "ECDH-ES", "enc": "A256GCM", "kid": service_key.kid}
    return jwe.encrypt_compact(header, cpr, service_key, algorithms=_ALGORITHMS)


def open_sealed(sealed: str, keys: Mapping[str, OKPKey]) -> str:
    """The text inside `sealed`, by the key that it names; raises `NotSealedError`, `NotOpenedError`."""
    parts = sealed.split(".")
    if len(parts) != 5:
        raise NotSealedError("a JWE in compact form has five parts")
    try:
        header = from_json(urlsafe_b64decode(parts[0] + "=="))
        key = keys[header["kid"]]
    except (ValueError, TypeError):
        raise NotSealedError("its header is not JSON") from None
    except KeyError:
        raise NotOpenedError("it names no key of the service") from None
    try:
        plaintext = jwe.decrypt_compact(sealed, key, algorithms=_ALGORITHMS).plaintext
        return (plaintext or b"").decode()
    except (JoseError, ValueError, TypeError, KeyError):
        raise NotOpenedError("the key that it names does not open it") from None
