"""The folder of keys that a publisher signs and seals with; read when a key is first needed, never written.

No sentence about a key shows any of it.
"""

from pathlib import Path

import orjson
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey


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
        return self._key(f"{number}.key.json", f"There is no private key of sender {number}.")

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

    def __init__(self, file: Path, service_key: Path) -> None:
        """`file`: the sender's private JWK; `service_key`: the service's public one."""
        self._file = file
        self._service = service_key
        self._known: OKPKey | None = None
        self._known_service: OKPKey | None = None

    def signing_key(self, number: str) -> OKPKey:
        """The key, when its ``kid`` names that sender; raises `NoKey`."""
        if self._known is None:
            try:
                self._known = read_key(self._file)
            except OSError:
                raise NoKey(f"{self._file.name} cannot be read.") from None
        owner = str(self._known.kid).rsplit("-", 1)[0]
        if owner != number:
            raise NoKey(f"its sender is not {owner}, whose key {self._file.name} is.")
        return self._known

    def service_key(self) -> OKPKey:
        """The service's public key; raises `NoKey`."""
        if self._known_service is None:
            try:
                self._known_service = read_key(self._service)
            except OSError:
                raise NoKey(f"The service's public key is missing: {self._service.name}.") from None
        return self._known_service


def read_key(file: Path) -> OKPKey:
    """A JWK file; raises `FileNotFoundError`, or `NoKey` when it is no key."""
    try:
        return OKPKey.import_key(orjson.loads(file.read_bytes()))
    except (JoseError, ValueError, TypeError, KeyError):
        raise NoKey(f"{file.name} is not a JWK of an Ed25519 or X25519 key.") from None
