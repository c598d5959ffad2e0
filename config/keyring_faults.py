"""What is wrong with a key ring that can be read: keys that open nothing, or open for everybody.

The sentences count the keys and never show one, nor a name that somebody may have put a secret into.
"""

from base64 import b64decode
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from joserfc.jwk import OKPKey

from config.errors import Fault
from crypto import base64url
from crypto.keyring import Keyring
from crypto.published_keys import SEALING

_FEWEST_DISTINCT: Final = 8
"""Bytes, and steps from one to the next. Of 32 hex characters made by chance (128 bits) 14 are distinct, and fewer
than this come once in 20 million keys; of 32 bytes 30 are. A word has fewer, and a sequence has one step or two."""
_LONGEST_WORD: Final = 16
"""What comes again after so many bytes at most is a word that somebody repeated."""


def opens_nothing(ring: Keyring) -> bool:
    """Whether no key of the ring opens a CPR: every event about a person would be refused."""
    return all(any(_of_opening_key(number, key)) for number, key in enumerate(ring.opening_jwks(), start=1))


def ring_faults(ring: Keyring, *, published_keys_taken: bool) -> tuple[Fault, ...]:
    """All that is wrong with `ring`; a key that is published is none where published keys are taken on purpose."""
    return (
        *_of_opening(ring, published_keys_taken=published_keys_taken),
        *_of_vault([b64decode(secret) for secret in ring.vault.values()]),
    )


def _of_opening(ring: Keyring, *, published_keys_taken: bool) -> Iterator[Fault]:
    if not ring.opening:
        yield Fault("the key ring has no opening key: no CPR could be opened.")
    kids = [key["kid"] for key in ring.opening]
    halves = [key["x"] for key in ring.opening]
    for number, key in enumerate(ring.opening_jwks(), start=1):
        x = halves[number - 1]
        yield from _of_opening_key(number, key)
        if key.kid in kids[: number - 1]:
            yield Fault(f"opening key {number} has the kid of opening key {kids.index(key.kid) + 1}.")
        if x in halves[: number - 1]:
            yield Fault(f"opening key {number} is opening key {halves.index(x) + 1} once more.")
        if x in SEALING and not published_keys_taken:
            yield Fault(f"opening key {number} is published ({SEALING[x]}): everybody can open with it.")


def _of_opening_key(number: int, key: OKPKey) -> Iterator[Fault]:
    public, private = key.public_key, key.private_key
    if not isinstance(public, X25519PublicKey):
        yield Fault(f"opening key {number} is not an X25519 key: no CPR is sealed to it.")
    elif not isinstance(private, X25519PrivateKey):
        yield Fault(f"opening key {number} is a public half only: it opens nothing.")
    # The library hands out the public half as it was written, and opens with the private one.
    elif base64url.encode(private.public_key().public_bytes_raw()) != key.as_dict(private=False)["x"]:
        yield Fault(f"opening key {number} has halves of two keys: what is sealed to it stays shut.")


def _of_vault(secrets: list[bytes]) -> Iterator[Fault]:
    for number, secret in enumerate(secrets, start=1):
        if _can_be_guessed(secret):
            yield Fault(f"vault key {number} was not made by chance: it can be guessed.")
        if secret in secrets[: number - 1]:
            yield Fault(f"vault key {number} is vault key {secrets.index(secret) + 1} once more.")


def _can_be_guessed(secret: bytes) -> bool:
    steps = {(after - before) % 256 for before, after in pairwise(secret)}
    is_repeated = any(secret.startswith(secret[length:]) for length in range(1, _LONGEST_WORD + 1))
    return min(len(set(secret)), len(steps)) < _FEWEST_DISTINCT or is_repeated
