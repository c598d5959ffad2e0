"""The folder of keys that a publisher signs and seals with; read when a key is first needed, never written.

No sentence about a key shows any of it.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from models.events.sender import Sender

_OWN_NAME: Final = re.compile(r"([0-9]{6}|[0-9]{4}|REG-[A-Z]{2,10})-[0-9]+", re.ASCII)
"""What `senders add` and `senders rotate` call a key."""


class NoKey(LookupError):
    """A key is wanted that is not there; the message is a sentence."""


class KeyFolder:
    """The folder ``DIR/keys``: each event's key by its sender. A file is read when it is first needed."""

    def __init__(self, folder: Path) -> None:
        """`folder` holds ``service.public.json`` and ``<number>.key.json`` files."""
        self._folder = folder
        self._known: dict[str, OKPKey] = {}

    def signing_key(self, number: str) -> OKPKey:
        """The private key of the sender of that number; raises `NoKey`."""
        if not number.replace("-", "").isalnum() or not number.isascii():
            raise NoKey("its sender is not a sender's number.")
        return _private(
            self._key(f"{number}.key.json", f"There is no private key of sender {number}."),
            f"{number}.key.json",
        )

    def retired_key(self, kid: str) -> OKPKey:
        """A private key that `add_key` has made; raises `NoKey`."""
        return self._key(f"{kid}.other.json", f"There is no private key {kid}.")

    def service_key(self) -> OKPKey:
        """The service's public key; raises `NoKey`."""
        return self._key("service.public.json", "The service's public key is missing: service.public.json.")

    def _key(self, name: str, sentence: str) -> OKPKey:
        if name not in self._known:
            try:
                self._known[name] = read_key(self._folder / name)
            except FileNotFoundError:
                raise NoKey(sentence) from None
        return self._known[name]


class SingleKey:
    """One sender's key, for a file that holds only its own events."""

    def __init__(self, file: Path, service_key: Path, senders: Iterable[Sender] = ()) -> None:
        """`file`: the sender's private JWK; `service_key`: the service's public one; `senders`: the register."""
        self._file = file
        self._senders = senders
        self._owner: str | None = None
        self._service = service_key
        self._known: OKPKey | None = None
        self._known_service: OKPKey | None = None

    def signing_key(self, number: str) -> OKPKey:
        """The key, when it is that sender's; raises `NoKey`."""
        if self._known is None:
            try:
                self._known = _private(read_key(self._file), self._file.name)
            except OSError:
                raise NoKey(f"{self._file.name} cannot be read.") from None
        if self._owner is None:
            self._owner = self._found_owner(self._known) or number
        if self._owner != number:
            raise NoKey(f"its sender is not {self._owner}, whose key {self._file.name} is.")
        return self._known

    def _found_owner(self, key: OKPKey) -> str | None:
        """By the register or by our own way of naming keys; else the file's first sender is taken at its word."""
        if not key.kid:
            raise NoKey(f"{self._file.name} has no kid: the register knows a key by it.")
        public = key.as_dict(private=False)["x"]
        for sender in self._senders:
            if any((known.kid, known.x) == (key.kid, public) for known in sender.keys):
                return sender.number
        named = _OWN_NAME.fullmatch(str(key.kid))
        return None if named is None else named[1]

    def service_key(self) -> OKPKey:
        """The service's public key; raises `NoKey`."""
        if self._known_service is None:
            try:
                self._known_service = read_key(self._service)
            except OSError:
                raise NoKey(f"The service's public key is missing: {self._service.name}.") from None
        return self._known_service


def _private(key: OKPKey, name: str) -> OKPKey:
    if not isinstance(key.private_key, Ed25519PrivateKey):
        raise NoKey(f"{name} is not a private Ed25519 key.")
    return key


def read_key(file: Path) -> OKPKey:
    """A JWK file; raises `FileNotFoundError`, or `NoKey` when it is no key."""
    try:
        return OKPKey.import_key(orjson.loads(file.read_bytes()))
    except (JoseError, ValueError, TypeError, KeyError):
        raise NoKey(f"{file.name} is not a JWK of an Ed25519 or X25519 key.") from None


def read_private_key(file: Path) -> OKPKey:
    """A key that signs and has a kid; raises `NoKey`."""
    try:
        key = read_key(file)
    except OSError:
        raise NoKey(f"{file.name} cannot be read.") from None
    if not key.is_private or not key.kid or key.curve_name != "Ed25519":
        raise NoKey(f"{file.name} is not a private Ed25519 key with a kid.")
    return key
