"""Reads a mail that came back: to which addresses it came, what it says of whom, and its plain text. Pure.

It believes nothing: whether the mail is about one of ours is for `notifiers.bounces.address` to say, and what follows
for our recipient for `notifiers.bounces.verdict`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.errors import HeaderParseError, MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses
from html import unescape
from typing import TYPE_CHECKING, Any, Final

from notifiers.bounces.status_fields import RecipientStatus, read_fields

if TYPE_CHECKING:
    Part = Message[Any, Any]
else:  # generic for the type checker alone
    Part = Message

_ARRIVED_AT: Final = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "to")
_STATUS_PART: Final = re.compile(rb"(?im)^(content-type[ \t]*:\s*)message/(?:global-)?delivery-status")
"""The library takes such a part apart before it undoes its encoding; as a text it is undone first."""
_PARAMETERS: Final = re.compile(
    rb"(?i)(?:\A|(?<=[\r\n]))content-(?:type|disposition)[ \t]*:(?:[^\r\n]|(?:\r\n|\r|\n)[ \t])*"
)
_MOST_PARAMETERS: Final = 20
"""Of a part's type. The library's time grows with the square of their number: one mail would take minutes."""
_AS_TEXT: Final = "text/x-delivery-status"
_TOKEN: Final = re.compile(rb"(?i)(?<![a-z2-7])[a-z2-7]{26}\.[a-z2-7]{16}(?![a-z2-7])")
_TAG: Final = re.compile(r"<[^<>]{0,2000}>")
_STUMBLED: Final = (MessageError, ValueError, LookupError, TypeError, AttributeError, RecursionError)
_FIELDS_IN_TEXT: Final = re.compile(
    r"(?im)^final-recipient[ \t]*:(?s:.{0,2000})^action[ \t]*:|"
    r"^action[ \t]*:(?s:.{0,2000})^final-recipient[ \t]*:"
)
"""The fields without their part: gateways that make one text of a report."""
_MOST: Final = 50
"""Addresses, parts and tokens that are looked at."""
_LONGEST_HEADER: Final = 4000
_LONGEST_TEXT: Final = 60_000
"""Signs of the text that are looked at; what a person is to read stands at its head."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BounceReport:
    """What came back, as it was read; each of our mails has one recipient."""

    arrived_at: tuple[str, ...]
    """The addresses to which it may have been sent."""
    envelope_ids: tuple[str, ...] = ()
    """What the relay repeats of the envelope's own id (RFC 3461)."""
    tokens: tuple[str, ...] = ()
    """What looks like a token of ours anywhere in the mail: in the head of the mail that came back, for one."""
    recipients: tuple[RecipientStatus, ...] = ()
    """What it says by fields, wherever they stand in it."""
    text: str = ""
    """What it says to people, in front of the mail that came back."""
    subject: str = ""
    sender: str = ""
    """Whom it is from: the whole field."""
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """Of the mail itself: name in small letters, and value."""
    kinds: frozenset[str] = frozenset()
    """The types of its parts."""


def read(content: bytes) -> BounceReport:
    """What stands in `content`. Where the parser fails, its head is still read: the address must not get lost."""
    parsed = _STATUS_PART.sub(rb"\1" + _AS_TEXT.encode(), _PARAMETERS.sub(_few_parameters, content))
    try:
        return _read(message_from_bytes(parsed), content)
    except _STUMBLED:
        head = re.split(rb"\r?\n\r?\n|\r\r", parsed[:100_000], maxsplit=1)[0]
    try:
        return _read(message_from_bytes(b"X-Broken: yes\n" + head + b"\n\n"), content)
    except _STUMBLED:
        return BounceReport(arrived_at=(), tokens=_tokens(content))


def _few_parameters(field: "re.Match[bytes]") -> bytes:
    return b";".join(field[0].split(b";", _MOST_PARAMETERS)[:_MOST_PARAMETERS])[:_LONGEST_HEADER]


def _read(message: Part, content: bytes) -> BounceReport:
    statuses: list[RecipientStatus] = []
    ids: list[str] = []
    texts: list[str] = []
    kinds: set[str] = set()
    for part, of_original in _parts(message):
        kind = part.get_content_type()
        kinds.add(kind)
        if kind == _AS_TEXT:
            fields = read_fields(_decoded(part))
            statuses += fields.recipients
            ids += fields.envelope_ids
        elif not of_original and _holds_text(part) and sum(map(len, texts)) < _LONGEST_TEXT:
            texts.append(_plain(_decoded(part)) if kind == "text/html" else _decoded(part))
    text = "\n".join(texts)[:_LONGEST_TEXT]
    if not statuses and _FIELDS_IN_TEXT.search(text):
        fields = read_fields(text)
        statuses += fields.recipients
        ids += fields.envelope_ids
    return BounceReport(
        arrived_at=_arrived_at(message),
        envelope_ids=tuple(ids[:_MOST]),
        tokens=_tokens(content),
        recipients=tuple(statuses[:_MOST]),
        text=text,
        subject=_readable(_value(message, "subject")),
        sender=_readable(_value(message, "from")),
        headers=tuple(
            (name.casefold(), str(value)[:_LONGEST_HEADER]) for name, value in message.items()[:500]
        ),
        kinds=frozenset(kinds),
    )


def _parts(message: Part, depth: int = 0, *, of_original: bool = False) -> Iterator[tuple[Part, bool]]:
    """Each part, and whether it belongs to a mail within the mail."""
    yield message, of_original
    payload = message.get_payload()
    if not isinstance(payload, list) or depth >= _MOST:
        return
    inner = of_original or message.get_content_maintype() == "message"
    for part in payload[:_MOST]:
        if isinstance(part, Message):
            yield from _parts(part, depth + 1, of_original=inner)


def _holds_text(part: Part) -> bool:
    """Broken MIME too: several parts were promised, and none is marked."""
    promised = part.get_content_maintype() == "multipart" and isinstance(part.get_payload(), str)
    return promised or part.get_content_type() in ("text/plain", "text/html")


def _decoded(part: Part) -> str:
    payload = part.get_payload(decode=True)
    content = payload if isinstance(payload, bytes) else b""
    try:
        return content.decode(part.get_content_charset("utf-8"), "replace")
    except (LookupError, ValueError):
        return content.decode("utf-8", "replace")


def _plain(html: str) -> str:
    return unescape(_TAG.sub(" ", html[: 4 * _LONGEST_TEXT]))


def _arrived_at(message: Part) -> tuple[str, ...]:
    values = [str(value)[:_LONGEST_HEADER] for name in _ARRIVED_AT for value in message.get_all(name, [])]
    return tuple(dict.fromkeys(address for _, address in getaddresses(values[:_MOST]) if address))[:_MOST]


def _tokens(content: bytes) -> tuple[str, ...]:
    found = dict.fromkeys(match.group().decode().casefold() for match in _TOKEN.finditer(content))
    return tuple(found)[:_MOST]


def _value(message: Part, name: str) -> str:
    return str(message.get(name, ""))[:_LONGEST_HEADER]


def _readable(value: str) -> str:
    try:
        return str(make_header(decode_header(value)))
    except (HeaderParseError, LookupError, ValueError):
        return value
