"""The folder of keys that one process holds: read strictly at start, and looked at again for the keys of new months.

A process that holds a key which it does not need does not start. Later, what cannot be read is reported, and what was
known before stays; a key whose file is removed is gone.
"""

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from config.errors import ConfigError, Fault
from config.sender_files import Version, versions
from crypto.key_file import SUFFIX, KeyFile
from crypto.key_purpose import HELD, ONE_FOR_EVER, KeyHolder, KeyPurpose

_LOGGER: Final = logging.getLogger(__name__)
_SECONDS_BETWEEN_LOOKS: Final = 1.0
_WHERE: Final = "see docs/operations.md, Keys"


def _log(fault: Fault) -> None:
    _LOGGER.warning("keys: %s", fault)


class HeldKeys:
    """The keys of `holder` in `directory`, looked at again at most once a second when asked."""

    def __init__(
        self,
        directory: Path,
        holder: KeyHolder,
        *,
        clock: Callable[[], float] = time.monotonic,
        report: Callable[[Fault], None] = _log,
    ) -> None:
        """Raises `ConfigError` with every fault. `report` hears of what goes wrong later, once for each change."""
        self._directory, self._holder = directory, holder
        self._clock, self._report = clock, report
        self._told: tuple[Fault, ...] = ()
        self._looked_at = clock()
        self._versions: dict[str, Version] = {}
        self._files: dict[str, KeyFile] = {}
        self._by_purpose: dict[KeyPurpose, tuple[KeyFile, ...]] = {}
        faults = self._read()
        if not faults:
            faults = holding_faults(holder, tuple(self._files.values()))
        if faults:
            raise ConfigError(faults)

    def of(self, purpose: KeyPurpose) -> tuple[KeyFile, ...]:
        """The keys of this purpose, the one that was made last at the end; the same object until one changes."""
        now = self._clock()
        if now - self._looked_at >= _SECONDS_BETWEEN_LOOKS:
            self._looked_at = now
            faults = self._read()
            if faults != self._told:
                self._told = faults
                for fault in faults:
                    self._report(fault)
        return self._by_purpose.get(purpose, ())

    def _read(self) -> tuple[Fault, ...]:
        try:
            found = versions(self._directory)
        except OSError as error:
            sentence = f"the folder of the keys of {self._holder} cannot be read: {error.strerror}."
            return (Fault(sentence, self._directory.name),)
        faults: list[Fault] = []
        gone = self._files.keys() - found.keys()
        for name in gone:
            del self._files[name]
        changed = [name for name in sorted(found) if self._versions.get(name) != found[name]]
        for name in changed:
            if (fault := name_fault(name, self._holder)) is not None:
                faults.append(fault)
                continue
            try:
                self._files[name] = read_key_file(self._directory, name)
                self._versions[name] = found[name]
            except ConfigError as error:
                faults += error.faults
        if changed or gone:
            self._sort()
        return tuple(faults)

    def _sort(self) -> None:
        files = sorted(self._files.values(), key=lambda one: (one.made_at, one.kid))
        for purpose in KeyPurpose:
            keys = tuple(one for one in files if one.purpose is purpose)
            if keys != self._by_purpose.get(purpose, ()):
                self._by_purpose[purpose] = keys


def read_key_file(directory: Path, name: str) -> KeyFile:
    """A key; `name` is its file's without the ending. Raises `ConfigError`; nothing of what stands in it is said."""
    try:
        found = KeyFile.model_validate_json((directory / f"{name}{SUFFIX}").read_bytes())
    except OSError as error:
        raise ConfigError([Fault(f"the key cannot be read: {error.strerror}.", f"{name}{SUFFIX}")]) from None
    except (ValidationError, ValueError):
        raise ConfigError([Fault(f"is no key of its purpose; {_WHERE}.", f"{name}{SUFFIX}")]) from None
    if found.name != f"{name}{SUFFIX}":
        raise ConfigError([Fault(f"holds another key than its name says; {_WHERE}.", f"{name}{SUFFIX}")])
    return found


def name_fault(name: str, holder: KeyHolder) -> Fault | None:
    """What is wrong with a file of that name in the folder of `holder`: a key that it does not need is not opened."""
    purpose = next((one for one in KeyPurpose if name.startswith(f"{one}-")), None)
    if purpose in HELD[holder]:
        return None
    what = "what is no key of it" if purpose is None else f"a key that it does not need ({purpose})"
    return Fault(f"{holder} holds {what}: take the file out of its folder; {_WHERE}.", f"{name}{SUFFIX}")


def holding_faults(holder: KeyHolder, files: tuple[KeyFile, ...]) -> tuple[Fault, ...]:
    """What `holder` lacks, or has twice or in the wrong half."""
    faults = []
    for purpose in sorted(HELD[holder]):
        keys = [one for one in files if one.purpose is purpose]
        if not keys:
            faults.append(Fault(f"{holder} has no key of the purpose {purpose}; {_WHERE}."))
        if purpose in ONE_FOR_EVER and len(keys) > 1:
            faults.append(
                Fault(f"{holder} has {len(keys)} keys of the purpose {purpose}: there is one for ever.")
            )
    for one in files:
        if one.is_month and one.shredded_at is None and (one.private is None) != (holder is KeyHolder.INTAKE):
            half = "a half that opens: it needs the one that seals" if one.private else "no half that opens"
            faults.append(Fault(f"{holder} has {half}; {_WHERE}.", one.name))
    return tuple(faults)
