"""Reads the fields of a delivery status (RFC 3464, 2.3) as systems really write them. Pure.

Lines that were wrapped without an indent, blank lines within a group and words beside the standard's are read too.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from models.notifications.returned import ReportedAction

_FIELD: Final = re.compile(r"([A-Za-z][A-Za-z0-9-]{1,40})[ \t]*:[ \t]*(.*)", re.DOTALL)
_NAMES: Final = frozenset(
    {
        "action",
        "arrival-date",
        "diagnostic-code",
        "dsn-gateway",
        "final-log-id",
        "final-recipient",
        "last-attempt-date",
        "original-envelope-id",
        "original-recipient",
        "received-from-mta",
        "remote-mta",
        "reporting-mta",
        "status",
        "will-retry-until",
    }
)
_ADDRESS: Final = re.compile(r"(?:\"[^\"\s]{1,100}\"|[^\s<>;:,\"()]{1,250})@[^\s<>;:,\"()@]{1,250}")
_NO_ADDRESS: Final = re.compile(r"[\s\"<]*[|/]")
"""A program or a file: the mailbox that it stands for is the original recipient."""
_STATUS: Final = re.compile(r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?![\d.])")
_XTEXT: Final = re.compile(r"\+([0-9A-F]{2})")
_MOST: Final = 50
"""Groups that are looked at."""
_LONGEST: Final = 2000
"""Signs of a field's value that are looked at."""
_ACTIONS: Final[Mapping[str, ReportedAction | None]] = {
    "failed": ReportedAction.FAILED,
    "failure": ReportedAction.FAILED,
    "fail": ReportedAction.FAILED,
    "expired": ReportedAction.FAILED,
    "undeliverable": ReportedAction.FAILED,
    "delayed": ReportedAction.DELAYED,
    "delay": ReportedAction.DELAYED,
    "deferred": ReportedAction.DELAYED,
    "delivered": None,
    "relayed": None,
    "expanded": None,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientStatus:
    """What a report says of one recipient. `action`: None where all went well."""

    final: str | None
    original: str | None
    action: ReportedAction | None
    status: str
    """The enhanced status code (RFC 3463)."""


@dataclass(frozen=True, slots=True)
class StatusFields:
    """What one delivery status part holds."""

    recipients: tuple[RecipientStatus, ...]
    envelope_ids: tuple[str, ...]


def read_fields(text: str) -> StatusFields:
    """`text` is the decoded content of the part; whatever it is, this does not fail."""
    groups = list(_groups(text))
    return StatusFields(
        tuple(_recipient(group) for group in groups if "action" in group or "status" in group),
        tuple(group["original-envelope-id"] for group in groups if "original-envelope-id" in group),
    )


def _groups(text: str) -> Iterator[dict[str, str]]:
    group: dict[str, str] = {}
    name, made, ended = None, 0, False
    for line in text.splitlines():
        found = None if line[:1] in " \t" else _FIELD.fullmatch(line[:_LONGEST])
        key = found.group(1).casefold() if found else None
        if found and key is not None and (key in _NAMES or key.startswith("x-")):
            # A group ends where what it has already comes again, or with a blank line once it says what happened.
            again = key in group and key in ("action", "final-recipient", "original-recipient")
            if again or (ended and ("action" in group or key == "final-recipient")):
                yield group
                group, made = {}, made + 1
                if made >= _MOST:
                    return
            group.setdefault(key, found.group(2).strip())
            name, ended = key, False
        elif not line.strip():
            ended = True
        elif name is not None and len(group[name]) < _LONGEST:
            group[name] = f"{group[name]} {line.strip()}"[:_LONGEST].strip()
    if group:
        yield group


def _recipient(group: Mapping[str, str]) -> RecipientStatus:
    said = group.get("status", "") + " " + group.get("diagnostic-code", "")
    codes = _STATUS.findall(said)
    # Some write the general code, and the true one behind it.
    status = next((one for one in codes if not one.endswith(".0.0")), codes[0] if codes else None)
    word = re.match(r"[a-z]*", group.get("action", "").casefold())
    action = word.group() if word else ""
    return RecipientStatus(
        final=address_in(group.get("final-recipient", "")),
        original=address_in(group.get("original-recipient", "")),
        action=_ACTIONS[action] if action in _ACTIONS else _by(status),
        status=status or "5.0.0",
    )


def _by(status: str | None) -> ReportedAction | None:
    """Of an action that is missing or no word of the standard's: what the status alone says."""
    if status is None:
        return ReportedAction.UNREAD
    return {"5": ReportedAction.FAILED, "2": None}.get(status[0], ReportedAction.UNREAD)


def address_in(value: str) -> str | None:
    """The address of a recipient field, without its type (``rfc822;``), small."""
    kind, _, rest = value[:_LONGEST].rpartition(";")
    plain = _XTEXT.sub(lambda sign: chr(int(sign.group(1), 16)), rest) if kind else rest
    found = None if _NO_ADDRESS.match(plain) else _ADDRESS.search(plain)
    return found.group().strip("'").casefold() if found else None
