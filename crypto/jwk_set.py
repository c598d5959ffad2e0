"""Public keys as a JWK set (RFC 7517, 5): what somebody is given who verifies."""

import json

from joserfc.errors import JoseError
from joserfc.jwk import OKPKey


def public_keys(jwks: str) -> dict[str, OKPKey]:
    """The keys of a set by their ``kid``; raises `ValueError`."""
    try:
        keys = [OKPKey.import_key(key) for key in json.loads(jwks)["keys"]]
        if not keys or any(not key.kid or key.curve_name != "Ed25519" for key in keys):
            raise ValueError("a key without a name, or of another curve")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, JoseError):
        raise ValueError("is no JWK set of Ed25519 keys") from None
    if any(key.is_private for key in keys):
        raise ValueError(
            "holds a private key: its owner keeps that half, and whoever could read it makes a new one"
        )
    return {str(key.kid): key for key in keys}


def as_set(*keys: OKPKey) -> str:
    """The public halves."""
    return json.dumps({"keys": [key.as_dict(private=False) for key in keys]})
