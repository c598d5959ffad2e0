"""The programs that may use the interface: which units' tasks each may see, what it may do, and its secrets' hashes.

The file is a secret's neighbour, so it is named by a setting and never stands in the reference data.
"""

import logging
import time
from collections.abc import Callable, Container, Mapping
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Final

from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints, ValidationError

from config.errors import ConfigError, Fault
from config.sentences import sentences
from crypto.client_secret_hash import is_hash
from models.base import Frozen

_LOGGER: Final = logging.getLogger(__name__)
_SECONDS_BETWEEN_LOOKS: Final = 1.0


class ClientRight(StrEnum):
    """What a client may do."""

    READ = "tasks:read"
    """Read the tasks of its units."""
    WRITE = "tasks:write"
    """Do what a person of the unit does with a task."""
    OPEN = "persons:open"
    """Open CPR, text and contact person, each time for a stated purpose."""
    UNDECIDED = "undecided:read"
    """Read what no unit has yet, about people who live where its units answer; for whoever acts for a manager."""
    FIGURES = "figures:read"
    """Read what was released of the follow-up report about the municipalities for which its units answer."""


def _hashed(text: str) -> str:
    if not is_hash(text):
        raise ValueError("should be a hash made by `frafaldsvarsel api-client`")
    return text


class KeptSecret(Frozen):
    """A secret's hash. Two at a time let a client change its secret without a gap."""

    hash: Annotated[str, AfterValidator(_hashed)] = Field(repr=False)
    valid_to: AwareDatetime | None = None


class ApiClient(Frozen):
    """A case system of one or more units."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{2,59}$")]
    name: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    """Stands in a task's history."""
    units: Annotated[tuple[str, ...], Field(min_length=1)]
    rights: Annotated[tuple[ClientRight, ...], Field(min_length=1)]
    secrets: Annotated[tuple[KeptSecret, ...], Field(min_length=1, max_length=2)]
    requests_per_minute: Annotated[int, Field(ge=1, le=60_000)] = 600

    def valid_secrets(self, now: datetime) -> tuple[KeptSecret, ...]:
        """Those with which it may log in now."""
        return tuple(kept for kept in self.secrets if kept.valid_to is None or now < kept.valid_to)


class _File(Frozen):
    clients: tuple[ApiClient, ...]


def read_api_clients(path: Path, units: Container[str]) -> Mapping[str, ApiClient]:
    """The clients by their id; raises `ConfigError` with every fault. Every unit must be one of `units`."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError([Fault(f"the file cannot be read: {error.strerror}.", path.name)]) from None
    try:
        file = _File.model_validate_json(content)
    except ValidationError as error:
        raise ConfigError(Fault(_without_values(text), path.name) for text in _said(error)) from None
    wrong = []
    found: dict[str, ApiClient] = {}
    for client in file.clients:
        if client.id in found:
            wrong.append(f"client {client.id} is there twice")
        found[client.id] = client
        wrong += [
            f"client {client.id} has the unit {unit}, which is not known"
            for unit in client.units
            if unit not in units
        ]
    if wrong:
        raise ConfigError(Fault(f"{text}.", path.name) for text in wrong)
    return MappingProxyType(found)


class ClientRegister:
    """The file, looked at again at most once a second when asked.

    So a client that is taken out, and a secret whose time is over, are refused within a second, tokens included.
    A file that cannot be read is reported, and what was known before stays.
    """

    def __init__(
        self, path: Path, units: Container[str], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`clock` gives seconds and never goes back. Raises `ConfigError` where the file cannot be used now."""
        self._path = path
        self._units = units
        self._clock = clock
        self._version = self._look()
        self._clients = read_api_clients(path, units)
        self._looked_at = clock()

    def find(self, client_id: str) -> ApiClient | None:
        """The client of that id."""
        now = self._clock()
        if now - self._looked_at >= _SECONDS_BETWEEN_LOOKS:
            self._looked_at = now
            version = self._look()
            if version != self._version:
                self._version = version
                try:
                    self._clients = read_api_clients(self._path, self._units)
                except ConfigError as error:
                    for fault in error.faults:
                        _LOGGER.warning("clients of the interface: %s", fault)
        return self._clients.get(client_id)

    def _look(self) -> tuple[int, int, int] | None:
        try:
            stat = self._path.stat()
        except OSError:
            return None
        return (stat.st_mtime_ns, stat.st_size, stat.st_ino)


def _said(error: ValidationError) -> list[str]:
    return [sentence for _, sentence in sentences(error)]


def _without_values(sentence: str) -> str:
    """`sentence` without the value that was refused: it may be a secret that somebody put in a hash's place."""
    before, quote, rest = sentence.partition(' "')
    return before + rest.rpartition('"')[2] if quote else sentence
