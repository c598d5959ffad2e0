"""An SMTP server that behaves as badly as it is told to, at the stage that it is told.

For tests only: it checks nothing, and keeps every mail in memory.
"""

import asyncio
import base64
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self


class At(StrEnum):
    """Where a fault strikes: in the place of the answer that would be given there."""

    BANNER = "banner"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    DOT = "dot"
    RSET = "rset"
    QUIT = "quit"


@dataclass(frozen=True)
class Say:
    """Another answer; several lines may be given, so also one that nobody asked for."""

    text: str


@dataclass(frozen=True)
class Slow:
    """The right answer, too late."""

    seconds: float


@dataclass(frozen=True)
class Close:
    """The connection ends without an answer."""


@dataclass(frozen=True)
class Silence:
    """No answer, ever, and the connection stays open."""


@dataclass(frozen=True)
class Endless:
    """An answer whose last line never comes."""


@dataclass(frozen=True)
class Well:
    """The right answer; for plans in which a fault comes later."""


Fault = Say | Slow | Close | Silence | Endless | Well
Plan = Mapping[At, list[Fault]]
"""Faults in the order of the visits to a stage, over all connections; when they are used up, all is well."""

ONE_BY_ONE = ("SIZE 10240000", "8BITMIME", "SMTPUTF8")
"""What a relay offers that waits for each command until it has answered the one before."""
USUAL = {
    At.BANNER: "220 relay.test ESMTP",
    At.STARTTLS: "220 2.0.0 go ahead",
    At.AUTH: "235 2.7.0 welcome",
    At.MAIL: "250 2.1.0 ok",
    At.RCPT: "250 2.1.5 ok",
    At.DATA: "354 end with a dot",
    At.DOT: "250 2.0.0 queued",
    At.RSET: "250 2.0.0 flushed",
    At.QUIT: "221 2.0.0 bye",
}


@dataclass
class Received:
    sender: str
    recipient: str
    body: bytes


class _Hangup(Exception):
    pass


@dataclass
class MisbehavingServer:
    """`async with` starts it on a free port of the loopback. `mails` holds every body that came whole,
    whatever was answered; `accepted` those that were answered with 250."""

    plan: Plan = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    implicit: bool = False
    extensions: tuple[str, ...] = (*ONE_BY_ONE, "PIPELINING")
    starttls: bool = True
    logins: str = ""
    password: str = ""
    """The one that AUTH PLAIN must bring; empty: any is good."""
    loses_commands: bool = False
    """Whether it forgets what came together with MAIL, as VPOP3 did."""
    takes_any_data: bool = False
    """Whether it asks for the mail even where it has refused the sender or the recipient."""
    bad_recipients: Mapping[str, str] = field(default_factory=dict)
    mails: list[Received] = field(default_factory=list)
    accepted: list[Received] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    connections: int = 0
    port: int = 0
    host: str = "localhost"

    async def __aenter__(self) -> Self:
        self._left = {at: list(faults) for at, faults in self.plan.items()}
        self._tasks: set[asyncio.Task[None]] = set()
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", self.port, ssl=self.tls if self.implicit else None
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def faults(self, at: At) -> list[Fault]:
        """What is still to come at a stage; add to it, or clear it, within the server's loop."""
        return self._left.setdefault(at, [])

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        self.connections += 1
        try:
            await self._talk(reader, writer)
        except (_Hangup, OSError, asyncio.IncompleteReadError, asyncio.CancelledError, ssl.SSLError):
            pass
        finally:
            writer.close()  # not waited for: after a failed handshake asyncio never says that it is closed

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        secure = self.implicit
        sender = recipient = ""
        await self._answer(writer, At.BANNER)
        while line := (await reader.readline()).decode().rstrip("\r\n"):
            self.commands.append(line.split(" ")[0].upper())
            match line.split(" ")[0].upper():
                case "EHLO":
                    await self._answer(writer, At.EHLO, self._hello(secure))
                case "STARTTLS":
                    if await self._answer(writer, At.STARTTLS) and self.tls is not None:
                        await writer.start_tls(self.tls)
                        secure = True
                case "AUTH" if self.password and _password(line) != self.password:
                    await _write(writer, "535 5.7.8 authentication credentials invalid")
                case "AUTH":
                    await self._answer(writer, At.AUTH)
                case "MAIL" if sender:
                    await _write(writer, "503 5.5.1 a mail is open already")
                case "MAIL":
                    if self.loses_commands:
                        with suppress(TimeoutError):
                            await asyncio.wait_for(reader.read(65536), 0.05)
                    if await self._answer(writer, At.MAIL):
                        sender = _address(line)
                case "RCPT" if not sender:
                    await _write(writer, "503 5.5.1 nobody has sent it")
                case "RCPT":
                    refusal = self.bad_recipients.get(_address(line))
                    if refusal is not None:
                        await _write(writer, refusal)
                    elif await self._answer(writer, At.RCPT):
                        recipient = _address(line)
                case "DATA" if not (recipient or self.takes_any_data):
                    await _write(writer, "554 5.5.1 no valid recipients")
                case "DATA":
                    if await self._answer(writer, At.DATA):
                        received = Received(sender, recipient, await _body(reader))
                        sender = recipient = ""
                        self.mails.append(received)
                        if await self._answer(writer, At.DOT):
                            self.accepted.append(received)
                case "RSET":
                    sender = recipient = ""
                    await self._answer(writer, At.RSET)
                case "QUIT":
                    await self._answer(writer, At.QUIT)
                    return
                case _:
                    await _write(writer, "500 5.5.1 what?")

    async def _answer(self, writer: asyncio.StreamWriter, at: At, usual: str | None = None) -> bool:
        """Whether the stage went well."""
        left = self._left.get(at, [])
        fault = left.pop(0) if left else Well()
        text = usual if usual is not None else USUAL[at]
        match fault:
            case Well():
                await _write(writer, text)
                return True
            case Slow(seconds):
                await asyncio.sleep(seconds)
                await _write(writer, text)
                return True
            case Say(other):
                await _write(writer, other)
                if other.startswith("421"):
                    raise _Hangup
                return other[0] in "23"
            case Close():
                raise _Hangup
            case Silence():
                await asyncio.sleep(3600)
            case Endless():
                while not writer.transport.is_closing():
                    await _write(writer, "250-" + "x" * 500)
                    await asyncio.sleep(0)  # a lost connection raises nothing here: let its loss be told
        return False

    def _hello(self, secure: bool) -> str:
        offers = ["relay.test", *self.extensions]
        if self.starttls and not secure:
            offers.append("STARTTLS")
        if self.logins and secure:
            offers.append(f"AUTH {self.logins}")
        return "\r\n".join([*(f"250-{offer}" for offer in offers), "250 HELP"])


async def _write(writer: asyncio.StreamWriter, text: str) -> None:
    writer.write(text.encode() + b"\r\n")
    await writer.drain()


async def _body(reader: asyncio.StreamReader) -> bytes:
    whole = await reader.readuntil(b"\r\n.\r\n")
    return (b"\r\n" + whole[:-3]).replace(b"\r\n..", b"\r\n.")[2:]


def _password(line: str) -> str:
    """Of ``AUTH PLAIN`` with what belongs to it on the same line."""
    return base64.b64decode(line.split(" ")[-1]).decode().rpartition("\0")[2]


def _address(line: str) -> str:
    return line.partition("<")[2].partition(">")[0]
