"""The folders of all holders: where keys are made, handed to those who need them, and destroyed.

Every file is written whole, and readable by its owner alone. Nothing here is for a process of the service.
"""

import json
import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Final

from config.errors import ConfigError, Fault
from config.key_folder import read_key_file
from config.sender_files import versions
from crypto.key_file import MONTH, KeyFile, month_of, next_month
from crypto.key_purpose import BY_MONTH, HELD, ONE_FOR_EVER, KeyHolder, KeyPurpose
from crypto.keyring import Keyring
from crypto.new_keys import new_key, next_kid

READERS_FIRST: Final = (
    KeyHolder.MIGRATE,
    KeyHolder.INBOX,
    KeyHolder.REPLAY,
    KeyHolder.OPENER,
    KeyHolder.LOOKUP,
    KeyHolder.NOTIFY,
    KeyHolder.INTAKE,
)
"""In which order a new key is handed out: who reads what is made with it comes before who makes it."""


class KeyRefused(ValueError):
    """A key cannot be made or taken away; the message is a sentence."""


class KeyStore:
    """The keys in `folder`, in a folder for each holder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def held(self, holder: KeyHolder) -> tuple[KeyFile, ...]:
        """The keys of one holder, in the order in which they were made; raises `ConfigError`."""
        place = self.folder / holder
        try:
            names = versions(place) if place.is_dir() else {}
        except OSError as error:
            raise ConfigError([Fault(f"the folder cannot be read: {error.strerror}.", holder)]) from None
        keys = [read_key_file(place, name) for name in sorted(names)]
        return tuple(sorted(keys, key=lambda one: (one.made_at, one.kid)))

    def of(self, purpose: KeyPurpose) -> tuple[KeyFile, ...]:
        """Every key of a purpose once, the half that opens where there is one, in the order of their making."""
        found: dict[str, KeyFile] = {}
        for holder in reversed(READERS_FIRST):
            for one in self.held(holder):
                if one.purpose is purpose and (one.kid not in found or one.private is not None):
                    found[one.kid] = one
        return tuple(sorted(found.values(), key=lambda one: (one.made_at, one.kid)))

    def hand_out(self, keys: Iterable[KeyFile]) -> None:
        """Give each key to its holders; one that a holder has already stays as it is."""
        given = tuple(keys)
        for holder in READERS_FIRST:
            place = self.folder / holder
            place.mkdir(parents=True, exist_ok=True, mode=0o700)
            for key in given:
                if key.purpose in HELD[holder]:
                    write_new(place / key.name, _json(_half(key, holder)))

    def make(self, purpose: KeyPurpose, kid: str | None, now: datetime) -> KeyFile:
        """One more key, handed out. A month's has the month for its name: without one, the next that has none.

        Made already, it is only handed out to whoever lacks it. Raises `KeyRefused`, `ConfigError`.
        """
        known = {one.kid: one for one in self.of(purpose)}
        if purpose in ONE_FOR_EVER and known:
            raise KeyRefused(f"There is one key of the purpose {purpose}, for ever: decisions/0055 says why.")
        if purpose in BY_MONTH:
            kid = self._month(purpose, kid, frozenset(known), now)
        elif kid is None:
            kid = next_kid(frozenset(known))
        key = known.get(kid)
        if key is None:
            key = new_key(purpose, kid, now)
        elif purpose is KeyPurpose.SEAL and key.shredded_at is not None:
            raise KeyRefused(f"The key of {kid} was shredded: it is never made again.")
        elif key.is_month and key.private is None:
            raise KeyRefused(
                f"Nobody here has the half of {kid} that opens: bring back the folder of the inbox."
            )
        self.hand_out([key])
        return key

    def _month(self, purpose: KeyPurpose, asked: str | None, known: frozenset[str], now: datetime) -> str:
        months = sorted(kid for kid in known if MONTH.fullmatch(kid))
        month = asked
        if month is None:
            month = month_of(now)
            while month in known or (months and month < months[0]):
                month = next_month(month)
        if MONTH.fullmatch(month) is None:
            raise KeyRefused(
                f"A key of the purpose {purpose} is named by its month, such as {month_of(now)}."
            )
        if purpose is KeyPurpose.SEAL and months and month < months[0]:
            # What came before is sealed by the first: it must not be sealed otherwise at a retry.
            raise KeyRefused(f"The seals begin with {months[0]}: what came before has its key already.")
        return month

    def take_over(self, ring: Keyring, now: datetime, month: str) -> str:
        """Make keys for one purpose each of the ring of an earlier version, and the first month's seal.

        Returns that month: `month`, where this was not begun before. Raises `KeyRefused`, `ValueError`.
        """
        begun = next((one for one in self.of(KeyPurpose.SEAL) if one.seals_before is not None), None)
        if begun is not None:
            now, month = begun.made_at, begun.seals_before or month
        keys = ring.split(now, month)
        pseudonyms = {
            one.key for one in (*self.of(KeyPurpose.PSEUDONYM), *keys) if one.purpose is KeyPurpose.PSEUDONYM
        }
        if len(pseudonyms) > 1:
            raise KeyRefused("There are keys already: those of another ring would give people other ids.")
        self.hand_out(keys)
        for purpose in (KeyPurpose.PAGE, KeyPurpose.VISIT):
            if known := self.of(purpose):
                self.hand_out(known)
            else:
                self.make(purpose, None, now)
        self.make(KeyPurpose.SEAL, month, now)
        return month

    def retire(self, purpose: KeyPurpose, kid: str) -> None:
        """Take a key from all who hold it; nothing is opened or known again by it. Raises `KeyRefused`."""
        known = self.of(purpose)
        if kid not in {one.kid for one in known}:
            raise KeyRefused(f"There is no key {purpose}-{kid}.")
        if purpose is KeyPurpose.SEAL:
            raise KeyRefused(f"What it has sealed would be lost unsaid: keys shred {kid} does it in order.")
        if purpose in ONE_FOR_EVER:
            raise KeyRefused(f"The key of the purpose {purpose} is for ever: decisions/0055 says why.")
        if known[-1].kid == kid:
            raise KeyRefused(
                f"It is the one in use: first keys new {purpose}, and give everybody time to use it."
            )
        for holder in reversed(READERS_FIRST):
            destroy(self.folder / holder / f"{purpose}-{kid}.json")

    def is_shredded(self, month: str) -> bool:
        """Whether its key was destroyed in some folder."""
        held = (key for holder in KeyHolder for key in self.held(holder))
        return any(key.is_month and key.kid == month and key.shredded_at is not None for key in held)

    def shred(self, month: str, now: datetime) -> int:
        """Destroy the key of a month in every folder; returns how many files held it. Cut off, it is done again.

        Intake's half goes first, so that nothing is sealed that nobody opens. Its name and its times stay.
        """
        name, done = f"{KeyPurpose.SEAL}-{month}.json", 0
        for holder in reversed(READERS_FIRST):
            for key in self.held(holder):
                if key.name == name and key.shredded_at is None:
                    done += destroy(self.folder / holder / name, key.shredded(now))
        return done

    def public_key(self) -> bytes:
        """The public JWK that senders seal to, of the opening key that was made last."""
        return _public(self.of(KeyPurpose.OPENING)[-1])


def destroy(file: Path, instead: KeyFile | None = None) -> bool:
    """Overwrite the file where it lies, then remove it or put `instead` in its place; whether it was there.

    What copies of it there are elsewhere, or blocks that a disk keeps behind the file system's back, is not reached.
    """
    try:
        with file.open("r+b") as old:
            size = file.stat().st_size
            old.write(os.urandom(size))
            old.flush()
            os.fsync(old.fileno())
    except FileNotFoundError:
        return False
    if instead is None:
        file.unlink()
    else:
        part = file.with_name(f".{file.name}.{os.getpid()}")
        part.unlink(missing_ok=True)
        write_new(part, _json(instead))
        part.replace(file)
    _sync(file.parent)
    return True


def write_new(file: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Write `file` whole or, when it exists, not at all: of two starting processes one makes the key."""
    if file.exists():
        return
    part = file.with_name(f".{file.name}.{os.getpid()}.new")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    try:
        os.link(part, file)
    except FileExistsError:
        pass
    finally:
        part.unlink()


def _half(key: KeyFile, holder: KeyHolder) -> KeyFile:
    return key.sealing_half() if holder is KeyHolder.INTAKE else key


def _json(key: KeyFile) -> bytes:
    return key.model_dump_json(indent=1, exclude_none=True).encode() + b"\n"


def _public(key: KeyFile) -> bytes:
    return json.dumps(key.opening.as_dict(private=False)).encode()


def _sync(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
