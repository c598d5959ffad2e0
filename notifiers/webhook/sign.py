"""Signatures by the Standard Webhooks specification 1.0 (symmetric, `v1`): what is signed is `id.timestamp.body`.

Pure. While a secret is being exchanged, there is a signature by each; the receiver takes any that fits.
"""

import hmac
from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Sequence
from hashlib import sha256
from typing import Final

PREFIX: Final = "whsec_"
_SHORTEST, _LONGEST = 24, 64
"""Bytes; the specification's own bounds."""


def parse_secret(text: str) -> bytes:
    """The key in ``whsec_…``; raises `ValueError`, which never repeats it."""
    if not text.startswith(PREFIX):
        raise ValueError(f"a webhook's secret begins with {PREFIX}")
    try:
        key = b64decode(text.removeprefix(PREFIX), validate=True)
    except Error:
        raise ValueError(f"after {PREFIX} stands base64") from None
    if not _SHORTEST <= len(key) <= _LONGEST:
        raise ValueError(f"a webhook's secret has {_SHORTEST} to {_LONGEST} bytes")
    return key


def headers(secrets: Sequence[bytes], *, webhook_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers of one attempt; the id is the same on every attempt, the time (seconds) is its own."""
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    marks = (b64encode(hmac.digest(secret, signed, sha256)).decode() for secret in secrets)
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{mark}" for mark in marks),
    }
