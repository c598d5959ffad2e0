"""Files that operators and senders give: reference tables, the law, the registers, secrets, and files to publish."""

import io
import json
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Final

from config.api_clients import read_api_clients
from config.errors import ConfigError, Fault
from config.reference.checks.all import check_reference_data
from config.reference.csv_reader import DATA
from config.sender_files import read_entry, write_sender
from crypto.jwk_set import public_keys
from notifiers.webhook.secrets import NoSecret, SecretFiles
from publisher.events import FileFault, LineFault
from publisher.lines import Reading, read_stream
from tests.factories import INSTITUTION
from tests.fuzz.mutate import spoil, spoil_json
from tests.fuzz.surface import Wrong
from tests.integration.api.callers import RULES, api_client, write_clients
from tests.integration.notifiers.hooks import NEW, OLD, text_of
from tests.paths import ROOT
from tests.unit.streams.senders import PERSONAL, Senders

_EXAMPLES: Final = ROOT / "docs/contract/examples"
_UNIT: Final = "unit-0101"
_WHOLE_CHECK: Final = 0.05
"""The share of inputs that go through all tables of a folder, which takes a hundred times as long as one file."""


class Files:
    """The surface."""

    name = "files"
    share = 20

    @asynccontextmanager
    async def ready(self, folder: Path) -> AsyncIterator["FileAttempts"]:
        """Good files of every kind."""
        yield FileAttempts(folder)


class FileAttempts:
    """Each way makes one file and has it read; it returns whether it was taken."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._senders = Senders()
        self._tables = folder / "reference"
        shutil.copytree(DATA, self._tables)
        write_sender(folder, self._senders.entries[INSTITUTION].model_copy(update={"keys": self._keys}))
        write_clients(folder / "clients.json", api_client("case-system"), api_client("other-system"))
        self._entry = (folder / f"{INSTITUTION}.json").read_bytes()
        self._clients = (folder / "clients.json").read_bytes()

    @cached_property
    def _keys(self) -> tuple[object, ...]:
        return tuple(
            known for (number, _), (known, _) in self._senders.public.items() if number == INSTITUTION
        )

    async def attempt(self, chance: Random) -> str:
        """One file."""
        if chance.random() < _WHOLE_CHECK:
            return self._reference(chance)
        way = chance.choice(_WAYS)
        return way(self, chance)

    def _reference(self, chance: Random) -> str:
        file = chance.choice(sorted(DATA.glob("*.[ct]*")))
        (self._tables / file.name).write_bytes(_spoilt(chance, file.read_bytes()))
        try:
            faults = check_reference_data(self._tables)
        finally:
            shutil.copyfile(file, self._tables / file.name)
        for fault in faults:
            _sentence(fault)
        return f"reference, {'refused' if faults else 'taken'}"

    def _sender(self, chance: Random) -> str:
        (self._folder / f"{INSTITUTION}.json").write_bytes(_spoilt(chance, self._entry))
        try:
            read_entry(self._folder, INSTITUTION)
        except ConfigError as error:
            return _refused("sender", error)
        return "sender, taken"

    def _api_clients(self, chance: Random) -> str:
        (self._folder / "clients.json").write_bytes(_spoilt(chance, self._clients))
        try:
            read_api_clients(self._folder / "clients.json", RULES.units)
        except ConfigError as error:
            return _refused("clients", error)
        return "clients, taken"

    def _secrets(self, chance: Random) -> str:
        (self._folder / _UNIT).write_bytes(_spoilt(chance, f"{text_of(NEW)}\n{text_of(OLD)}\n".encode()))
        try:
            SecretFiles(self._folder).of(_UNIT)
        except NoSecret:
            return "secrets, refused"
        return "secrets, taken"

    def _key_set(self, chance: Random) -> str:
        keys = [key.as_dict(private=False) for key in self._senders.private.values()]
        try:
            public_keys(_spoilt(chance, json.dumps({"keys": keys}).encode()).decode("utf-8", "replace"))
        except ValueError:
            return "key set, refused"
        return "key set, taken"

    def _published(self, chance: Random) -> str:
        file = chance.choice(sorted(_EXAMPLES.iterdir()))
        content = _spoilt(chance, file.read_bytes())
        table = chance.choice((None, file.suffix == ".csv"))
        refused = taken = 0
        try:
            for line in read_stream(io.BytesIO(content), Reading(), csv=table):
                if isinstance(line, LineFault):
                    refused += 1
                    str(line).encode()
                else:
                    taken += 1
        except FileFault as fault:
            str(fault).encode()
            return f"{file.suffix}, no such file"
        return f"{file.suffix}, {'some' if taken and refused else 'all' if taken else 'no'} lines taken"


def _spoilt(chance: Random, content: bytes) -> bytes:
    """Along its structure where it has one: a cell of a table, a value of JSON."""
    if content[:1] == b"{" and content.count(b"\n{") == 0 and chance.random() < 0.6:
        return json.dumps(spoil_json(chance, json.loads(content)), ensure_ascii=False).encode(
            "utf-8", "surrogatepass"
        )
    lines = content.split(b"\n")
    if chance.random() < 0.6:
        at = chance.randrange(len(lines))
        separator = chance.choice((b",", b";", b"=", b":"))
        cells = lines[at].split(separator)
        cell = chance.randrange(len(cells))
        cells[cell] = spoil(chance, cells[cell])
        lines[at] = separator.join(cells)
        content = b"\n".join(lines)
    if chance.random() < 0.05:
        return content.decode("utf-8", "replace").encode(
            chance.choice(("utf-16", "utf-32", "utf-8-sig", "utf-7"))
        )
    return spoil(chance, content) if chance.random() < 0.4 else content


def _refused(what: str, error: ConfigError) -> str:
    if not error.faults:
        raise Wrong("refused without a sentence")
    for fault in error.faults:
        _sentence(fault)
    return f"{what}, refused"


def _sentence(fault: Fault) -> None:
    """It can be written wherever it goes, and shows nobody's number."""
    said = str(fault)
    said.encode()
    if PERSONAL[0] in said:
        raise Wrong("a sentence that shows a CPR")


_WAYS: Final[tuple[Callable[[FileAttempts, Random], str], ...]] = (
    FileAttempts._sender,
    FileAttempts._api_clients,
    FileAttempts._secrets,
    FileAttempts._key_set,
    FileAttempts._published,
    FileAttempts._published,
)
