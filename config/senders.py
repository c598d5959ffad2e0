"""Who may send, with their public keys: the shipped entries, and the register that a running service asks.

Private keys never come near it, and a damaged entry never takes the place of a good one.
"""

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from config.errors import ConfigError, Fault
from config.reference.tables import Reference
from config.sender_files import SUFFIX, Entry, ParsedKey, Version, read_entry, versions, write_sender
from models.events.sender import Sender

__all__ = ["SenderRegister", "base_senders", "write_sender"]

_LOGGER: Final = logging.getLogger(__name__)
_SECONDS_BETWEEN_LOOKS: Final = 1.0


def base_senders(reference: Reference) -> list[Sender]:
    """Every sender of ``senders.csv``, without keys."""
    return [
        Sender(
            number=row.number,
            kind=row.kind,
            name=row.name,
            cvr=row.cvr,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            successor=row.successor,
        )
        for row in reference.senders.rows
    ]


def _log(fault: Fault) -> None:
    _LOGGER.warning("senders' register: %s", fault)


class SenderRegister:
    """A directory of public entries (``<number>.json``), looked at again at most once a second when asked.

    So a new sender, a new key and a withdrawn one are known within a second, without a restart. A file that
    is removed takes its sender with it; one that cannot be read is reported, and what was known before stays.
    """

    def __init__(
        self,
        directory: Path,
        *,
        clock: Callable[[], float] = time.monotonic,
        report: Callable[[Fault], None] = _log,
    ) -> None:
        """`clock` gives seconds and never goes back; `report` hears of a fault once for each change of it."""
        self._directory = directory
        self._clock = clock
        self._report = report
        self._looked_at: float | None = None
        self._versions: dict[str, Version] = {}
        self._entries: dict[str, Entry] = {}
        self._faults: dict[str, tuple[Fault, ...]] = {}

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What is wrong in the directory as last seen."""
        return tuple(fault for number in sorted(self._faults) for fault in self._faults[number])

    @property
    def is_empty(self) -> bool:
        """Whether the directory, as last seen, has no entry, be it good or bad."""
        return not self._versions

    @property
    def senders(self) -> tuple[Sender, ...]:
        """Every entry as last seen."""
        return tuple(entry.sender for entry in self._entries.values())

    def find(self, number: str) -> Sender | None:
        """The sender's entry; raises `config.errors.ConfigError` if the directory was never readable."""
        self._look()
        entry = self._entries.get(number)
        return None if entry is None else entry.sender

    def key(self, number: str, kid: str) -> ParsedKey | None:
        """The sender's key of that id, with its validity for the caller to judge; raises as `find`."""
        self._look()
        entry = self._entries.get(number)
        return None if entry is None else entry.keys.get(kid)

    def of_source(self, source: str) -> Sender | None:
        """The only sender of that CloudEvents ``source``; None for none and for several; raises as `find`."""
        self._look()
        found = [entry.sender for entry in self._entries.values() if entry.sender.source == source]
        return found[0] if len(found) == 1 else None

    def _look(self) -> None:
        now = self._clock()
        if self._looked_at is not None and now - self._looked_at < _SECONDS_BETWEEN_LOOKS:
            return
        try:
            found = versions(self._directory)
        except OSError as error:
            fault = Fault(f"the register cannot be read: {error.strerror}.", self._directory.name)
            if self._looked_at is None:
                # Nothing is known yet: going on would refuse every message as from an unknown sender.
                raise ConfigError([fault]) from error
            self._looked_at = now
            self._note("", (fault,))
            return
        self._looked_at = now
        self._faults.pop("", None)
        for number in self._versions.keys() - found.keys():
            del self._versions[number]
            self._entries.pop(number, None)
            self._faults.pop(number, None)
        for number, version in found.items():
            if self._versions.get(number) != version:
                self._versions[number] = version
                self._take(number)

    def _take(self, number: str) -> None:
        try:
            self._entries[number] = read_entry(self._directory, number)
            self._faults.pop(number, None)
        except ConfigError as error:
            self._note(number, error.faults)
        except OSError as error:
            sentence = f"the file cannot be read: {error.strerror}."
            self._note(number, (Fault(sentence, f"{number}{SUFFIX}"),))

    def _note(self, place: str, faults: tuple[Fault, ...]) -> None:
        if self._faults.get(place) != faults:
            self._faults[place] = faults
            for fault in faults:
                self._report(fault)
