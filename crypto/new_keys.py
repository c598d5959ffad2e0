"""New keys, whole: `KeyFile.sealing_half` is what intake gets of a month's seal."""

import secrets
from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from joserfc.jwk import OKPKey

from crypto.key_file import KeyFile, symmetric, text
from crypto.key_purpose import KeyPurpose
from crypto.pseudonym import KEY_BYTES
from crypto.vault import SIV_KEY_BYTES

_FIRST: Final = "k1"


def new_key(purpose: KeyPurpose, kid: str, made_at: datetime) -> KeyFile:
    """A key made by chance."""
    match purpose:
        case KeyPurpose.SEAL:
            return new_seal(kid, made_at)
        case KeyPurpose.OPENING:
            return new_opening(kid, made_at)
        case KeyPurpose.PAGE:
            return symmetric(purpose, kid, secrets.token_bytes(SIV_KEY_BYTES), made_at)
        case _:
            return symmetric(purpose, kid, secrets.token_bytes(KEY_BYTES), made_at)


def new_seal(month: str, made_at: datetime) -> KeyFile:
    """The seal of a month, with both halves."""
    private = X25519PrivateKey.generate()
    return KeyFile(
        purpose=KeyPurpose.SEAL,
        kid=month,
        made_at=made_at,
        binding=text(secrets.token_bytes(KEY_BYTES)),
        public=text(private.public_key().public_bytes_raw()),
        private=text(private.private_bytes_raw()),
    )


def new_opening(kid: str, made_at: datetime) -> KeyFile:
    """A private key that opens what senders seal to its public half."""
    key = OKPKey.generate_key("X25519", {"kid": f"service-{kid}", "use": "enc"})
    return KeyFile(purpose=KeyPurpose.OPENING, kid=kid, made_at=made_at, jwk=key.as_dict(private=True))


def new_signing_key(kid: str) -> OKPKey:
    """A private Ed25519 key for a sender."""
    return OKPKey.generate_key("Ed25519", {"kid": kid, "use": "sig"})


def next_kid(taken: frozenset[str]) -> str:
    """The name of one more key beside `taken`, where it has no month."""
    numbers = [int(kid[1:]) for kid in taken if kid[:1] == "k" and kid[1:].isdecimal()]
    return f"k{max(numbers, default=0) + 1}" if taken else _FIRST
