"""The files of the senders' register: one public entry each, written whole and read strictly.

Private keys never come near it.
"""

import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from pydantic import ValidationError

from config.errors import ConfigError, Fault
from config.sentences import sentences
from models.events.sender import Sender, VerificationKey, kind_of

SUFFIX: Final = ".json"

ParsedKey = tuple[VerificationKey, OKPKey]
Version = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Entry:
    """A sender and its keys, ready to verify with, by key id."""

    sender: Sender
    keys: Mapping[str, ParsedKey]


def write_sender(directory: Path, sender: Sender) -> None:
    """Put `sender` into the register, whole or not at all: a reader sees the old entry or the new one."""
    with tempfile.NamedTemporaryFile("wb", dir=directory, prefix=".", suffix=".part", delete=False) as part:
        temporary = Path(part.name)
        try:
            part.write(sender.model_dump_json(indent=2).encode() + b"\n")
            part.flush()
            os.fsync(part.fileno())
            temporary.chmod(0o644)  # the entries are public; only the directory's owner may write
            temporary.replace(directory / f"{sender.number}{SUFFIX}")
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def versions(directory: Path) -> dict[str, Version]:
    """What changes of each entry's file when it is written, by the number in its name."""
    found = {}
    for path in directory.iterdir():
        if path.suffix == SUFFIX and not path.name.startswith("."):
            try:
                stat = path.stat()
            except FileNotFoundError:
                continue
            found[path.stem] = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
    return found


def read_entry(directory: Path, number: str) -> Entry:
    """The sender's entry; raises `ConfigError` with every fault, or `OSError`."""
    file = f"{number}{SUFFIX}"
    content = (directory / file).read_bytes()
    try:
        sender = Sender.model_validate_json(content, strict=True)
    except ValidationError as error:
        raise ConfigError(Fault(sentence, file) for sentence in _sentences(error)) from None
    wrong = []
    if sender.number != number:
        wrong.append(f"the file is named {number} and holds {sender.number}")
    if sender.kind is not kind_of(sender.number):
        wrong.append(f"{sender.number} is not the number of a sender of the kind {sender.kind}")
    keys: dict[str, ParsedKey] = {}
    for key in sender.keys:
        if key.kid in keys:
            wrong.append(f"key {key.kid} is there twice")
        try:
            keys[key.kid] = (key, _parse(key))
        except (JoseError, ValueError):
            wrong.append(f"key {key.kid} is not a public Ed25519 key")
    if wrong:
        raise ConfigError(Fault(f"{text}.", file) for text in wrong)
    return Entry(sender, keys)


def _sentences(error: ValidationError) -> Iterator[str]:
    """As for every file, but for a private half, of which no place may be named as if it were only unknown."""
    if any(fault["loc"][-1:] == ("d",) for fault in error.errors(include_input=False)):
        yield "it holds the private half of a key: that key is no secret any more, its owner must make a new one."
    yield from (
        sentence for _, sentence in sentences(error) if not sentence.endswith(".d is not known here.")
    )


def _parse(key: VerificationKey) -> OKPKey:
    if (key.kty, key.crv) != ("OKP", "Ed25519"):
        raise ValueError("another kind of key")
    return OKPKey.import_key({"kty": key.kty, "crv": key.crv, "x": key.x, "kid": key.kid})
