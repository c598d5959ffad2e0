"""A rendered mail and its bytes on the wire: the same record always gives the same bytes.

A mail whose answer was lost is sent again; identical bytes let the receiving side see that it is the same.
Nothing here may draw a number, read a clock or take a header from anywhere but the record.
"""

import hashlib
import re
from datetime import datetime, timedelta, timezone
from email.header import Header, decode_header, make_header
from email.headerregistry import Address as HeaderAddress
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.quoprimime import body_encode
from email.utils import format_datetime
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Annotated, ClassVar, Final, Self

from pydantic import AwareDatetime, Field, StringConstraints, model_validator

from models.base import Frozen
from models.calendar import COPENHAGEN
from models.notifications.delivery import Channel
from notifiers.addresses import Address, needs_smtputf8

_COMMON: Final = 1024
_LINE: Final = 78
_REFERENCE: Final = re.compile(r"FV(?:-[0-9A-Z]{4}){3}")
_ANY_REFERENCE: Final = "FV-0000-0000-0000"
_NO_CONTROL = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$"

HeaderText = Annotated[str, StringConstraints(min_length=1, max_length=250, pattern=_NO_CONTROL)]
MessageId = Annotated[str, StringConstraints(max_length=320, pattern=r"^<[A-Za-z0-9._-]+@[A-Za-z0-9.-]+>$")]


_BEFORE_BOUNDARY: Final = (
    b"Auto-Submitted: auto-generated\r\n"  # RFC 3834: answer machines keep quiet
    b"X-Auto-Response-Suppress: All\r\n"  # and so do Exchange's
    b"MIME-Version: 1.0\r\n"
    b'Content-Type: multipart/alternative;\r\n boundary="%b"\r\n'
    b"Content-Language: da\r\n\r\n"
    b"--%b\r\n"
    b'Content-Type: text/plain; charset="utf-8"\r\n'
    b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
)
_BETWEEN: Final = (
    b"\r\n--%b\r\n"
    b'Content-Type: text/html; charset="utf-8"\r\n'
    b"Content-Transfer-Encoding: quoted-printable\r\n"
    b"MIME-Version: 1.0\r\n\r\n"
)
_END: Final = b"\r\n--%b--\r\n"


class Mail(Frozen):
    """What is kept in `deliveries.frozen` from before the first attempt: all that the bytes depend on."""

    channel: ClassVar[Channel] = Channel.EMAIL

    message_id: MessageId
    date: AwareDatetime
    sender: Address
    sender_name: HeaderText
    recipient: Address
    subject: HeaderText
    text: str = Field(min_length=1)
    html: str = Field(min_length=1)
    return_to: Address | None = None
    """Where the mail comes back to, if it cannot be delivered; the sender's own address unless told otherwise."""

    @model_validator(mode="after")
    def _date_is_a_header_date(self) -> Self:
        if self.date.microsecond:
            raise ValueError("a Date header has whole seconds")
        return self

    @property
    def smtputf8(self) -> bool:
        return needs_smtputf8(self.envelope_sender, self.sender, self.recipient)

    @property
    def envelope_sender(self) -> str:
        """What MAIL FROM says."""
        return self.return_to or self.sender


def message_id(delivery_id: object, domain: str) -> str:
    """One Message-ID for one delivery, however often it is sent."""
    return f"<{delivery_id}@{domain}>"


def header_date(moment: datetime) -> datetime:
    """Copenhagen's time at `moment`, with its offset: in the hour that comes twice, a zone's time equals no other."""
    local = moment.astimezone(COPENHAGEN)
    return local.replace(microsecond=0, tzinfo=timezone(local.utcoffset() or timedelta(0)))


def wire_bytes(mail: Mail) -> bytes:
    """The message (RFC 5322) as it goes out after DATA, lines ended by CRLF, without dot-stuffing: plain text first,
    HTML as the alternative, both in UTF-8 as quoted-printable.

    Put together from what mails have in common: a tree of parts costs several times as much. The library folds what a
    field holds, and a test holds that the bytes are the library's.
    """
    utf8 = mail.smtputf8
    boundary = _boundary(mail.message_id)
    return b"".join(
        (
            _address("From", mail.sender, mail.sender_name, utf8=utf8),
            _address("To", mail.recipient, utf8=utf8),
            _subject(mail.subject, utf8=utf8),
            _header("Date", format_datetime(mail.date), utf8=utf8),
            _message_id(mail.message_id, utf8=utf8),
            _BEFORE_BOUNDARY % (boundary, boundary),
            _quoted_printable(mail.text),
            _BETWEEN % boundary,
            _quoted_printable(mail.html),
            _END % boundary,
        )
    )


if TYPE_CHECKING:
    _EmailPolicy = EmailPolicy[EmailMessage]
else:  # generic for the type checker alone
    _EmailPolicy = EmailPolicy


class _Policy(_EmailPolicy):
    """The library's, with subjects that others can read."""

    def fold_binary(self, name: str, value: str) -> bytes:
        folded = super().fold_binary(name, value)
        if name != "Subject" or self.utf8 or _read(folded.partition(b":")[2]) == str(value):
            return folded
        # The library folds between a plain word and an encoded one, and leaves a space on either side: readers see two.
        encoded = Header(str(value), "utf-8", header_name=name).encode(linesep=self.linesep)
        return f"{name}: {encoded}{self.linesep}".encode("ascii")


def _read(folded: bytes) -> str | None:
    """As a mail program reads a header (RFC 5322, 2.2.3; RFC 2047); None where the library has cut a letter in two."""
    try:
        return str(make_header(decode_header(folded.decode("ascii").replace("\r\n", "").strip())))
    except UnicodeDecodeError:
        return None


@cache
def mail_policy(*, utf8: bool) -> "EmailPolicy[EmailMessage]":
    """How the headers of our mails are folded."""
    return _Policy(utf8=utf8, linesep=SMTP.linesep)


@lru_cache(_COMMON)
def _header(name: str, value: str, *, utf8: bool) -> bytes:
    return _folded(name, value, utf8=utf8)


@lru_cache(_COMMON)
def _address(name: str, address: str, display_name: str = "", *, utf8: bool) -> bytes:
    username, _, domain = address.rpartition("@")
    value = HeaderAddress(display_name=display_name, username=username, domain=domain)
    return _folded(name, value, utf8=utf8)


def _folded(name: str, value: str | HeaderAddress, *, utf8: bool) -> bytes:
    policy = mail_policy(utf8=utf8)
    return policy.fold_binary(*policy.header_store_parse(name, value))


def _subject(subject: str, *, utf8: bool) -> bytes:
    """Subjects differ in the task that they name, which is as long in each: they are folded alike."""
    found = _REFERENCE.findall(subject)
    if len(found) == 1 and _ANY_REFERENCE not in subject:
        folded = _header("Subject", subject.replace(found[0], _ANY_REFERENCE), utf8=utf8)
        if folded.count(_ANY_REFERENCE.encode()) == 1:
            return folded.replace(_ANY_REFERENCE.encode(), found[0].encode())
    return _folded("Subject", subject, utf8=utf8)


def _message_id(identity: str, *, utf8: bool) -> bytes:
    whole = f"Message-ID: {identity}"
    if len(whole) > _LINE:
        return _folded("Message-ID", identity, utf8=utf8)
    return whole.encode() + b"\r\n"


def _quoted_printable(text: str) -> bytes:
    return "\r\n".join([_quoted_line(line) for line in text.encode().splitlines()]).encode() + b"\r\n"


@lru_cache(_COMMON)
def _quoted_line(line: bytes) -> str:
    """A template's lines are the same in most mails."""
    return body_encode(line.decode("latin-1"), _LINE, eol="\r\n")


def _boundary(identity: str) -> bytes:
    """`=_` never occurs in quoted-printable text (RFC 2045, 6.7), so no body can hold the boundary."""
    return b"=_" + hashlib.sha256(identity.encode()).hexdigest()[:32].encode()
