"""Reads a delivery status notification (RFC 3464): to which address it came, about what, and what happened. Pure.

It believes nothing: whether the report is about a mail of ours is for `notifiers.bounces.address` to say.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, message_from_string
from email.errors import MessageError
from email.message import Message
from email.utils import getaddresses
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    Part = Message[Any, Any]
else:  # generic for the type checker alone
    Part = Message

_KINDS: Final = ("delivery-status", "global-delivery-status")
"""The second one is for addresses outside ASCII (RFC 6533)."""
_STATUS: Final = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_ARRIVED_AT: Final = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "to")
_MOST: Final = 50
"""Addresses and blocks that are looked at."""
_UNKNOWN: Final = "5.0.0"


class ReportedAction(StrEnum):
    """What happened to the mail, as far as it concerns us."""

    FAILED = "failed"
    """It was given up, whatever the status says: nobody tries again."""
    DELAYED = "delayed"
    """It is still being tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BounceReport:
    """What a report says of one mail; each of our mails has one recipient."""

    action: ReportedAction
    status: str
    """The enhanced status code (RFC 3463)."""
    arrived_at: tuple[str, ...]
    """The addresses to which the report may have been sent."""
    envelope_ids: tuple[str, ...]
    """What the relay repeats of the envelope's own id (RFC 3461)."""
    message_id: str | None
    """Of the mail that came back, where the report shows its head."""


def read(content: bytes) -> BounceReport | None:
    """The report in `content`; None where it is something else, or says that all went well."""
    try:
        return _read(message_from_bytes(content))
    except (MessageError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None  # whatever the parser stumbles over is no report of a sound relay


def _read(message: Part) -> BounceReport | None:
    if message.get_content_type() != "multipart/report":
        return None
    if str(message.get_param("report-type", "")).casefold() not in _KINDS:
        return None
    blocks: list[Part] = []
    message_id = None
    for part in message.walk():
        match part.get_content_type():
            case "message/delivery-status" | "message/global-delivery-status" if not blocks:
                blocks = list(_blocks(part))[:_MOST]
            case "message/rfc822" | "message/global" | "text/rfc822-headers" | "message/global-headers" if (
                blocks and message_id is None
            ):
                message_id = _text(_headers(part), "message-id")
    found = [(action, block) for block in blocks if (action := _action(block)) is not None]
    if not found:
        return None
    action, block = min(found, key=lambda one: one[0] is not ReportedAction.FAILED)
    status = _STATUS.search(_text(block, "status") or "")
    return BounceReport(
        action=action,
        status=status.group() if status else _UNKNOWN,
        arrived_at=_arrived_at(message),
        envelope_ids=tuple(
            filter(None, (_text(one, "original-envelope-id") for one in blocks)),
        ),
        message_id=message_id,
    )


def _action(block: Part) -> ReportedAction | None:
    words = (_text(block, "action") or "").split()
    try:
        return ReportedAction(words[0].casefold()) if words else None
    except ValueError:
        return None


def _blocks(part: Part) -> Iterator[Part]:
    """The groups of fields: the library makes a list of them for one of the two types only."""
    payload = part.get_payload()
    groups = [one for one in payload if isinstance(one, Message)] if isinstance(payload, list) else []
    if part.get_content_type() == "message/delivery-status":
        yield from groups
        return
    for first in groups:
        yield first
        rest = first.get_payload()
        if isinstance(rest, str):
            yield from (message_from_string(text) for text in re.split(r"\r?\n\r?\n", rest) if text.strip())


def _headers(part: Part) -> Part:
    """The head of the mail in `part`: whatever is called a message, the library has taken apart already."""
    match part.get_payload():
        case [Message() as inner, *_]:
            return inner
        case _:
            payload = part.get_payload(decode=True)
            return message_from_bytes(payload if isinstance(payload, bytes) else b"")


def _arrived_at(message: Part) -> tuple[str, ...]:
    values = [str(value) for name in _ARRIVED_AT for value in message.get_all(name, [])][:_MOST]
    return tuple(dict.fromkeys(address for _, address in getaddresses(values) if address))[:_MOST]


def _text(message: Part, name: str) -> str | None:
    value = message.get(name)
    return None if value is None else str(value).strip()
