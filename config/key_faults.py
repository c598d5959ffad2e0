"""What is wrong with keys that can be read: keys that open nothing, or open for everybody, or are read by everybody.

The sentences name files and never show a key.
"""

import stat
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from config.errors import ConfigError, Fault
from config.key_folder import holding_faults, name_fault, read_key_file
from config.sender_files import versions
from crypto import base64url
from crypto.key_file import KeyFile, month_of
from crypto.key_purpose import KeyHolder, KeyPurpose
from crypto.month_seals import NoSealKeyError, sealing_key
from crypto.published_keys import SEALING

AHEAD: Final = timedelta(days=7)
"""So long before a month begins its key is there: time enough to hand it to every process."""
_FEWEST_DISTINCT: Final = 8
"""Bytes, and steps from one to the next. Of 32 hex characters made by chance (128 bits) 14 are distinct, and fewer
than this come once in 20 million keys; of 32 bytes 30 are. A word has fewer, and a sequence has one step or two."""
_LONGEST_WORD: Final = 16
"""What comes again after so many bytes at most is a word that somebody repeated."""


def opens_nothing(keys: Sequence[KeyFile]) -> bool:
    """Whether none of these opening keys opens a CPR: every event about a person would be refused."""
    return all(any(_of_opening_key(key)) for key in keys)


def store_faults(store: Path, *, now: datetime, published_keys_taken: bool) -> tuple[Fault, ...]:
    """All that is wrong with the folders of all holders in `store`."""
    if not store.is_dir():
        return (Fault("is no folder: no process would have a key.", store.name),)
    known = {holder.value for holder in KeyHolder}
    strange = sorted(one.name for one in store.iterdir() if one.is_dir() and one.name not in known)
    return (
        *(Fault("is a folder of nobody; see docs/operations.md, Keys.", name) for name in strange),
        *(
            fault
            for holder in KeyHolder
            for fault in folder_faults(
                store / holder, holder, now=now, published_keys_taken=published_keys_taken
            )
        ),
    )


def folder_faults(
    folder: Path, holder: KeyHolder, *, now: datetime, published_keys_taken: bool
) -> tuple[Fault, ...]:
    """All that is wrong with the folder of `holder`; a published key is none where those are taken on purpose."""
    faults: list[Fault] = []
    keys: list[KeyFile] = []
    try:
        names = sorted(versions(folder))
    except OSError as error:
        return (Fault(f"the folder cannot be read: {error.strerror}.", holder),)
    for name in names:
        if (fault := name_fault(name, holder)) is not None:
            faults.append(fault)
            continue
        try:
            keys.append(read_key_file(folder, name))
        except ConfigError as error:
            faults += error.faults
    found = tuple(keys)
    faults += holding_faults(holder, found)
    faults += key_faults(found, published_keys_taken=published_keys_taken)
    faults += _rights(folder, holder, found)
    if any(key.purpose is KeyPurpose.SEAL for key in keys):
        faults += month_faults(found, holder, now)
    return tuple(faults)


def month_faults(keys: Sequence[KeyFile], holder: KeyHolder, now: datetime) -> Iterator[Fault]:
    """Months, now and soon, that have no key."""
    for month in dict.fromkeys((month_of(now), month_of(now + AHEAD))):
        try:
            sealing_key(month, keys)
        except NoSealKeyError:
            yield Fault(
                f"{holder} has no key that seals {month}: frafaldsvarsel keys new seal {month}, then hand it out."
            )


def key_faults(keys: Sequence[KeyFile], *, published_keys_taken: bool) -> Iterator[Fault]:
    """What is wrong with these keys of one holder, each with its file."""
    secrets: dict[bytes, KeyFile] = {}
    opening: list[KeyFile] = []
    for key in keys:
        if key.purpose is KeyPurpose.OPENING:
            yield from _of_opening(key, opening, published_keys_taken=published_keys_taken)
            opening.append(key)
        elif key.key is not None:
            if _can_be_guessed(key.secret):
                yield Fault("was not made by chance: it can be guessed.", key.name)
            if key.secret in secrets:
                yield Fault(f"is the key of {secrets[key.secret].name} once more.", key.name)
            secrets.setdefault(key.secret, key)


def _of_opening(key: KeyFile, before: Sequence[KeyFile], *, published_keys_taken: bool) -> Iterator[Fault]:
    jwk = key.jwk or {}
    yield from _of_opening_key(key)
    for other in before:
        said = other.jwk or {}
        if said.get("kid") == jwk.get("kid"):
            yield Fault(f"has the kid of {other.name}.", key.name)
        if said.get("x") == jwk.get("x"):
            yield Fault(f"is the key of {other.name} once more.", key.name)
    if (x := str(jwk.get("x"))) in SEALING and not published_keys_taken:
        yield Fault(f"is published ({SEALING[x]}): everybody can open with it.", key.name)


def _of_opening_key(key: KeyFile) -> Iterator[Fault]:
    try:
        found = key.opening
    except ValueError:
        yield Fault("is no key at all: no CPR is sealed to it.", key.name)
        return
    public, private = found.public_key, found.private_key
    if not isinstance(public, X25519PublicKey):
        yield Fault("is not an X25519 key: no CPR is sealed to it.", key.name)
    elif not isinstance(private, X25519PrivateKey):
        yield Fault("is a public half only: it opens nothing.", key.name)
    # The library hands out the public half as it was written, and opens with the private one.
    elif base64url.encode(private.public_key().public_bytes_raw()) != found.as_dict(private=False)["x"]:
        yield Fault("has halves of two keys: what is sealed to it stays shut.", key.name)


def _rights(folder: Path, holder: KeyHolder, keys: Sequence[KeyFile]) -> Iterator[Fault]:
    """Whoever may log in to the machine must not have the keys by that."""
    open_to_all = [key.name for key in keys if _is_open(folder / key.name)]
    if open_to_all and folder.stat().st_mode & stat.S_IXOTH:
        yield Fault(
            f"every user of the machine can read {len(open_to_all)} keys, such as {open_to_all[0]}: chmod go= them "
            "and their folder.",
            holder,
        )


def _is_open(file: Path) -> bool:
    return bool(file.stat().st_mode & (stat.S_IROTH | stat.S_IWOTH))


def _can_be_guessed(secret: bytes) -> bool:
    steps = {(after - before) % 256 for before, after in pairwise(secret)}
    is_repeated = any(secret.startswith(secret[length:]) for length in range(1, _LONGEST_WORD + 1))
    return min(len(set(secret)), len(steps)) < _FEWEST_DISTINCT or is_repeated
