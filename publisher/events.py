"""What passes through the publisher: an event before sealing, a Kafka record to be sent, a fault in a line.

A sentence about a fault names line and field, never a value: a file of messages is full of personal data.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Headers = Sequence[tuple[str, bytes]]


class Binding(StrEnum):
    """The two ways in which a CloudEvent lies in a Kafka record."""

    STRUCTURED = "structured"
    BINARY = "binary"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainEvent:
    """A CloudEvent before it is sealed: ``data`` as in version 1, its ``cpr`` in the clear.

    `time` is RFC 3339 text, signed as it stands.
    """

    type: str
    """The full name in version 1, such as ``dk.frafaldsvarsel.dropout-risk.raised.v1``, whichever version is sent."""
    id: str
    sender: str
    source: str
    time: str
    data: Mapping[str, Any]
    sequence: str | None = None
    """Its number among its sender's events, where the sender counts them."""
    traceparent: str | None = None
    """The step of its author's trace that it comes from (CloudEvents' extension); the signature does not cover it."""

    def __repr__(self) -> str:
        """Without the data: a traceback must not print a CPR."""
        return f"PlainEvent(type={self.type!r}, id={self.id!r}, sender={self.sender!r})"


@dataclass(frozen=True, slots=True)
class Ready:
    """A Kafka record as it will be sent. `value` None is a tombstone, which only a test of intake sends."""

    topic: str
    key: bytes
    value: bytes | None
    headers: Headers


@dataclass(frozen=True, slots=True)
class FileLine:
    """An event and the number of the line that it stands on, from 1."""

    number: int
    event: PlainEvent


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A record and the line that it was made from."""

    number: int
    ready: Ready


@dataclass(frozen=True, slots=True)
class LineFault:
    """What is wrong with one line. `sentence` begins with ``Line N``."""

    number: int
    sentence: str


def line_fault(number: int, what: str) -> LineFault:
    """The fault `what`, such as ``data.severity is missing.``, of a line."""
    return LineFault(number, f"Line {number}: {what}")


class FileFault(ValueError):
    """The whole file cannot be read; the message is a sentence for the person who gave it."""
