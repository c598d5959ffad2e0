"""The story's records, sealed and signed: prepared while the service starts, and kept for the next time.

Preparing is cryptography, a third of the demo's work. Kept records are played again only when nothing that they
depend on has changed: the story, the code and data behind it, the keys.
"""

import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from hashlib import sha256
from pathlib import Path
from typing import Final

import orjson

from config.reference.checks.all import sound_reference
from config.senders import base_senders
from local.demo.scenario.institutions import load_demo_institutions
from local.demo.scenario.story import MESSAGES, SEED, Episode, Story, ensure_story_keys, make_story, outgoing
from publisher.events import Outgoing, Ready
from publisher.key_files import ensure_keys
from publisher.keys import KeyFolder

KEPT: Final = ("keys", "senders", "story")
"""What a demo leaves in its folder for the next one."""
_ROOT: Final = Path(__file__).resolve().parents[2]
_BEHIND: Final = ("config", "models", "publisher", "crypto", "local/demo/scenario")
_BYTES: Final = "latin-1"
"""Gives every byte a sign and every sign its byte."""


class PreparedRecords:
    """The story and the records of its acts."""

    def __init__(self, data: Path, *, seed: int | None = None, messages: int | None = None) -> None:
        """Makes the senders' keys in `data` where they are missing."""
        ensure_keys(data, base_senders(sound_reference()))
        ensure_story_keys(data, load_demo_institutions())
        self._seed = SEED if seed is None else seed
        self._messages = MESSAGES if messages is None else messages
        self._keys = KeyFolder(data / "keys")
        self._file = data / "story" / f"{_digest(data / 'keys', self._seed, self._messages)}.jsonl"
        self._made: list[list[Outgoing]] = []
        self._story: Future[Story] = Future()
        self._first: Future[list[Outgoing]] = Future()
        threading.Thread(target=self._begin, daemon=True, name="first act").start()

    @property
    def story(self) -> Story:
        """The story; waits until it is written."""
        return self._story.result()

    def records(self, act: Episode) -> Iterable[Outgoing]:
        """The act's records, ready to be sent; the first and longest act is waited for."""
        number = self.story.acts.index(act)
        first = self._first.result()
        if number == 0:
            return first
        return self._made[number] if number < len(self._made) else self._prepare(act)

    def keep(self) -> None:
        """Write the records down for the next time, when all acts have been played."""
        if self._file.exists() or len(self._made) < len(self.story.acts):
            return
        self._file.parent.mkdir(exist_ok=True)
        for old in self._file.parent.iterdir():
            old.unlink()
        part = self._file.with_suffix(".part")
        with part.open("wb") as file:
            file.writelines(
                _line(number, one) for number, records in enumerate(self._made) for one in records
            )
        part.replace(self._file)

    def _begin(self) -> None:
        try:
            story = make_story(seed=self._seed, messages=self._messages)
        except BaseException as error:
            self._story.set_exception(error)
            raise
        self._story.set_result(story)
        try:
            if self._file.exists():
                self._made = _read(self._file, len(story.acts))
            else:
                self._made = [list(outgoing(story.acts[0].items, self._keys))]
        except BaseException as error:
            self._first.set_exception(error)
            raise
        self._first.set_result(self._made[0])

    def _prepare(self, act: Episode) -> Iterator[Outgoing]:
        made: list[Outgoing] = []
        for record in outgoing(act.items, self._keys):
            made.append(record)
            yield record
        self._made.append(made)


def _digest(keys: Path, seed: int, messages: int) -> str:
    """One name for all that the records depend on."""
    found = sha256(f"{seed}/{messages}".encode())
    files = [path for folder in _BEHIND for path in (_ROOT / folder).rglob("*") if path.suffix != ".pyc"]
    for path in sorted((*files, *keys.glob("*.json"))):  # the inbox's secret, made later, is none
        if path.is_file():
            found.update(path.name.encode() + b"\0" + path.read_bytes())
    return found.hexdigest()[:32]


def _line(act: int, one: Outgoing) -> bytes:
    ready = one.ready
    headers = [(name, content.decode(_BYTES)) for name, content in ready.headers]
    value = None if ready.value is None else ready.value.decode(_BYTES)
    return orjson.dumps([act, one.number, ready.topic, ready.key.decode(_BYTES), value, headers]) + b"\n"


def _read(file: Path, acts: int) -> list[list[Outgoing]]:
    made: list[list[Outgoing]] = [[] for _ in range(acts)]
    with file.open("rb") as lines:
        for line in lines:
            act, number, topic, key, value, headers = orjson.loads(line)
            ready = Ready(
                topic,
                key.encode(_BYTES),
                None if value is None else value.encode(_BYTES),
                tuple((name, content.encode(_BYTES)) for name, content in headers),
            )
            made[act].append(Outgoing(number, ready))
    return made
