"""A rendered mail and its bytes on the wire: the same record always gives the same bytes.

A mail whose answer was lost is sent again; identical bytes let the receiving side see that it is the same.
Nothing here may draw a number, read a clock or take a header from anywhere but the record.
"""

import hashlib
from datetime import datetime
from email.header import Header, decode_header, make_header
from email.headerregistry import Address as HeaderAddress
from email.headerregistry import HeaderRegistry
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, Self

from pydantic import AwareDatetime, Field, StringConstraints, model_validator

from models.base import Frozen
from models.notifications.delivery import Channel
from notifiers.addresses import Address, needs_smtputf8

_COMMON: Final = 1024
_NO_CONTROL = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$"

HeaderText = Annotated[str, StringConstraints(min_length=1, max_length=250, pattern=_NO_CONTROL)]
MessageId = Annotated[str, StringConstraints(max_length=320, pattern=r"^<[A-Za-z0-9._-]+@[A-Za-z0-9.-]+>$")]


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
    return moment.replace(microsecond=0)


def compose(mail: Mail) -> EmailMessage:
    """The RFC 5322 message: plain text first, HTML as the alternative, both in UTF-8 as quoted-printable."""
    message = EmailMessage(policy=_policy(utf8=mail.smtputf8))
    message["From"] = _header_address(mail.sender, mail.sender_name)
    message["To"] = _header_address(mail.recipient)
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(mail.date)
    message["Message-ID"] = mail.message_id
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: answer machines keep quiet
    message["X-Auto-Response-Suppress"] = "All"  # and so do Exchange's
    message.set_content(mail.text, subtype="plain", charset="utf-8", cte="quoted-printable")
    message.add_alternative(mail.html, subtype="html", charset="utf-8", cte="quoted-printable")
    message.set_boundary(_boundary(mail.message_id))
    message["Content-Language"] = "da"  # here: what stands earlier is moved into the first part
    return message


if TYPE_CHECKING:
    _EmailPolicy = EmailPolicy[EmailMessage]
else:  # generic for the type checker alone
    _EmailPolicy = EmailPolicy


class _Headers(HeaderRegistry):
    """Keeps a class for every header name, and the headers that mails have in common: the library makes both anew."""

    def __init__(self) -> None:
        super().__init__()
        self._classes: dict[str, type] = {}
        self._parsed = lru_cache(_COMMON)(super().__call__)

    def __getitem__(self, name: str) -> type:
        if name not in self._classes:
            self._classes[name] = super().__getitem__(name)
        return self._classes[name]

    def __call__(self, name: str, value: Any) -> Any:
        return self._parsed(name, value) if isinstance(value, str) else super().__call__(name, value)


class _Policy(_EmailPolicy):
    """Folds a header once for all the mails that have it; folding is half of what a mail costs."""

    @lru_cache(_COMMON)  # noqa: B019 - there are two policies, and both stay
    def fold_binary(self, name: str, value: str) -> bytes:
        folded = super().fold_binary(name, value)
        if name != "Subject" or self.utf8 or _read(folded.partition(b":")[2]) == str(value):
            return folded
        # The library folds between a plain word and an encoded one, and leaves a space on either side: readers see two.
        encoded = Header(str(value), "utf-8", header_name=name).encode(linesep=self.linesep)
        return f"{name}: {encoded}{self.linesep}".encode("ascii")


def _read(folded: bytes) -> str:
    """As a mail program reads a header (RFC 5322, 2.2.3; RFC 2047)."""
    return str(make_header(decode_header(folded.decode("ascii").replace("\r\n", "").strip())))


@cache
def _policy(*, utf8: bool) -> _Policy:
    return _Policy(header_factory=_Headers(), utf8=utf8, linesep=SMTP.linesep)


def _header_address(address: str, name: str = "") -> HeaderAddress:
    username, _, domain = address.rpartition("@")
    return HeaderAddress(display_name=name, username=username, domain=domain)


def wire_bytes(mail: Mail) -> bytes:
    """The message as it goes out after DATA, lines ended by CRLF, without dot-stuffing."""
    return compose(mail).as_bytes()


def _boundary(identity: str) -> str:
    """`=_` never occurs in quoted-printable text (RFC 2045, 6.7), so no body can hold the boundary."""
    return f"=_{hashlib.sha256(identity.encode()).hexdigest()[:32]}"
