"""Keeps caught mails as files, one each, so that a test counts what really arrived and not what was sent.

It must never acknowledge what is not on the disk, and never change a mail beyond two envelope headers on top.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import Header, decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser, BytesParser
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Final

ENVELOPE_FROM: Final = "X-Envelope-From"
ENVELOPE_TO: Final = "X-Envelope-To"


@dataclass(frozen=True, kw_only=True)
class MailHead:
    """What a list of mails shows. `recipient` is the envelope's: who got it, not who the header names."""

    sequence: int
    message_id: str
    sender: str
    recipient: str
    subject: str
    date: datetime | None


@dataclass(frozen=True, kw_only=True)
class CaughtMail(MailHead):
    """One mail as accepted. `text` and `html` are decoded; empty when the mail has no such part."""

    text: str
    html: str
    headers: tuple[tuple[str, str], ...]


class Mailbox:
    """The folder `DIR/mail`. One writer at a time; any number of readers."""

    def __init__(self, data: Path) -> None:
        """Make the folder and go on after the highest number in it."""
        self.folder: Final = data / "mail"
        self.folder.mkdir(parents=True, exist_ok=True)
        self._last = max(_sequences(self.folder), default=0)

    def store(self, content: bytes, *, sender: str, recipients: list[str]) -> int:
        """Write one mail, whole or not at all, then return its number; a kill afterwards does not undo it."""
        to = ", ".join(recipients)
        envelope = f"{ENVELOPE_FROM}: {_one_line(sender)}\r\n{ENVELOPE_TO}: {_one_line(to)}\r\n"
        sequence = self._last + 1
        fresh = self.folder / f".{sequence}.new"
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor, so that the mode is ours alone
            file.write(envelope.encode() + content)
        fresh.rename(_file(self.folder, sequence))
        self._last = sequence
        return sequence

    def heads(self, *, after: int = 0) -> list[MailHead]:
        """The mails behind number `after`, oldest first, without their bodies."""
        return [self._head(sequence) for sequence in sorted(_sequences(self.folder)) if sequence > after]

    def _head(self, sequence: int) -> MailHead:
        with _file(self.folder, sequence).open("rb") as file:
            return _head(BytesHeaderParser().parse(file), sequence)


def count_mails(data: Path) -> int:
    """How many mails have been accepted into `data`."""
    folder = data / "mail"
    return sum(1 for _ in _sequences(folder)) if folder.is_dir() else 0


def read_mails(data: Path) -> list[CaughtMail]:
    """Every accepted mail, oldest first."""
    folder = data / "mail"
    return [read_mail(data, number) for number in sorted(_sequences(folder))] if folder.is_dir() else []


def read_mail(data: Path, sequence: int) -> CaughtMail:
    """One accepted mail; FileNotFoundError when there is none of that number."""
    # Python's older mail parser: the newer one is ten times slower, and thousands are read after a run.
    with _file(data / "mail", sequence).open("rb") as file:
        mail = BytesParser().parse(file)
    head = _head(mail, sequence)
    return CaughtMail(
        sequence=sequence,
        message_id=head.message_id,
        sender=head.sender,
        recipient=head.recipient,
        subject=head.subject,
        date=head.date,
        text=_body(mail, "text/plain"),
        html=_body(mail, "text/html"),
        headers=tuple((name, _decoded(value)) for name, value in mail.items()),
    )


def _head(mail: Message, sequence: int) -> MailHead:
    return MailHead(
        sequence=sequence,
        message_id=_decoded(mail["Message-ID"]).strip(),
        sender=_decoded(mail[ENVELOPE_FROM]),
        recipient=_decoded(mail[ENVELOPE_TO]),
        subject=_decoded(mail["Subject"]),
        date=_date(_decoded(mail["Date"])),
    )


def _decoded(value: object) -> str:
    """A header as a person reads it: encoded words decoded, folds undone."""
    if value is None:
        return ""
    text = str(value)
    # Raw UTF-8, as SMTPUTF8 allows, comes as an object that has kept the bytes but not what they mean.
    if isinstance(value, Header):
        parts = [part for part, _ in decode_header(value)]
        raw = b"".join(part if isinstance(part, bytes) else part.encode() for part in parts)
        text = raw.decode("utf-8", "replace")
    if "=?" in text:
        with suppress(HeaderParseError, LookupError, UnicodeError):
            text = str(make_header(decode_header(text)))
    return text.replace("\r", "").replace("\n", "")


def _date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    # "-0000" means UTC with the sender's zone unknown, and Python makes that a naive time.
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _body(mail: Message, kind: str) -> str:
    for part in mail.walk():
        if part.get_content_type() == kind and part.get_filename() is None:
            content = part.get_payload(decode=True)
            charset = part.get_content_charset("utf-8")
            if isinstance(content, bytes):
                try:
                    return content.decode(charset, "replace")
                except LookupError:
                    return content.decode("utf-8", "replace")
    return ""


def _file(folder: Path, sequence: int) -> Path:
    return folder / f"{sequence:08d}.eml"


def _sequences(folder: Path) -> Iterator[int]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".eml"):
                yield int(entry.name.removesuffix(".eml"))


def _one_line(address: str) -> str:
    return " ".join(address.split())
