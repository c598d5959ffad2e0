"""A request put to an application as a web server puts it, and what an answer must never be."""

import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final
from urllib.parse import quote, quote_from_bytes, unquote

from starlette.types import ASGIApp, Message

from tests.fuzz.hostile import CHUNKS, TEXTS
from tests.fuzz.mutate import spoil, spoil_text
from tests.fuzz.surface import Wrong
from tests.unit.streams.senders import PERSONAL

Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Sent:
    """A request. `target` is the path as it stands in the request's first line: ASCII."""

    method: str
    target: str
    query: bytes = b""
    headers: Headers = field(default_factory=list)
    body: bytes = b""
    torn: bool = False
    """The connection ends in the middle of the body."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes


async def ask(app: ASGIApp, sent: Sent, chance: Random) -> Answered:
    """The whole answer; raises what the application raises."""
    pieces = _pieces(sent, chance)
    told: list[Message] = []

    async def receive() -> Message:
        return pieces.pop(0) if pieces else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        told.append(message)

    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": sent.method,
        "scheme": "http",
        "path": unquote(sent.target),
        "raw_path": sent.target.encode("ascii"),
        "root_path": "",
        "query_string": sent.query,
        "headers": [(name.lower(), value) for name, value in sent.headers],
        "client": ("192.0.2.1", 50_000),
        "server": ("127.0.0.1", 80),
    }
    await app(scope, receive, send)
    if not told:
        raise Wrong("no answer")
    start, *rest = told
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in start.get("headers", [])}
    return Answered(start["status"], headers, b"".join(one.get("body", b"") for one in rest))


def _pieces(sent: Sent, chance: Random) -> list[Message]:
    cut = chance.randint(0, len(sent.body))
    first: Message = {"type": "http.request", "body": sent.body[:cut], "more_body": True}
    if sent.torn:
        return [first, {"type": "http.disconnect"}]
    return [first, {"type": "http.request", "body": sent.body[cut:], "more_body": False}]


class _Listener(logging.Handler):
    """What the application logs at WARNING and above, and the fault that it was about."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []
        self.fault: BaseException | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        self.lines.append(record.getMessage())
        self.fault = sys.exc_info()[1] or self.fault


@contextmanager
def heard() -> Iterator[None]:
    """Raises the fault that was answered with a page of ours and logged, and `Wrong` for a line that says too much."""
    listener = _Listener()
    root = logging.getLogger()
    root.addHandler(listener)
    try:
        yield
    finally:
        root.removeHandler(listener)
    if any(one in line for line in listener.lines for one in PERSONAL):
        raise Wrong("a line of the log that says what came")
    if any("failed" in line for line in listener.lines):
        raise listener.fault or Wrong(listener.lines[0])


def target_of(chance: Random, parts: Sequence[str]) -> str:
    """A path of these segments, encoded as a client may."""
    return "/" + "/".join(_encoded(chance, part) for part in parts)


def _encoded(chance: Random, part: str) -> str:
    match chance.randrange(12):
        case 0:
            return "".join(f"%{byte:02x}" for byte in part.encode("utf-8", "surrogatepass"))
        case 1:
            return quote_from_bytes(chance.choice(CHUNKS)[:3000])
        case 2:
            return quote(spoil_text(chance, part).encode("utf-8", "surrogatepass"))
        case 3:
            return quote(part, safe="/;=~") + chance.choice(
                ("/", "//", "/..", ";a=b", "%2f", "%0a", "%00", ".")
            )
        case _:
            return quote(part)


def pairs(chance: Random, fields: dict[str, str], names: Sequence[str]) -> bytes:
    """Fields as an address or a form carries them: some changed, doubled, lost, or of other names."""
    listed = list(fields.items())
    for _ in range(chance.choice((0, 0, 1, 1, 2))):
        at = chance.randrange(len(listed)) if listed else 0
        match chance.randrange(6):
            case 0 if listed:
                del listed[at]
            case 1 if listed:
                listed.append(listed[at])
            case 2:
                listed.append((chance.choice([*names, *TEXTS[:12]]), chance.choice(TEXTS)))
            case 3 if listed:
                listed = listed * chance.choice((1, 30, 500))
            case _ if listed:
                listed[at] = (listed[at][0], spoil_text(chance, listed[at][1]))
    written = "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in listed[:_MOST_FIELDS]).encode(
        "ascii"
    )
    return spoil(chance, written) if chance.random() < 0.1 else written


def query_of(written: bytes) -> bytes:
    """As a server lets it into an address: visible ASCII."""
    return written.translate(None, bytes(sign for sign in range(256) if not 0x21 <= sign <= 0x7E))[
        :_LONGEST_QUERY
    ]


def _quoted(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


_MOST_FIELDS: Final = 600
_LONGEST_QUERY: Final = 60_000
"""Bytes; h11 takes no longer head than 64 KiB."""
_LINE_ENDS: Final = str.maketrans("", "", "\r\n\0")


def header_value(chance: Random, value: str) -> bytes:
    """As a server lets it in: no line's end, any other byte."""
    text = spoil_text(chance, value) if chance.random() < 0.3 else value
    return text.translate(_LINE_ENDS).encode("utf-8", "surrogatepass")[:8_000]


def judge_server(answer: Answered, unavailable: bool = False) -> None:
    """An answer of ours: no fault; 503 where what was asked for needs somebody who is away."""
    if answer.status >= 500 and not (unavailable and answer.status == 503):
        raise Wrong(f"answered {answer.status}")
