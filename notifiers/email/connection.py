"""One connection to the relay, one answer at a time: a failure is known by the stage at which it came.

It never goes on without the TLS that the settings ask for, and it never sends a second time. A relay that offers
PIPELINING is told sender, recipient and DATA at once: two round trips a mail, not four.
"""

import asyncio
import ssl
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from types import TracebackType
from typing import Final, Self, cast

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPException,
    SMTPResponseException,
)
from aiosmtplib.email import quote_address

from infra.failpoints import Point, reach
from notifiers.content.mail_message import Mail, wire_bytes
from notifiers.email.answer import SmtpAnswer
from notifiers.email.classify import CLOSING, MissingCapability, SmtpStage
from notifiers.email.command_group import CommandGroup
from notifiers.email.settings import SmtpSettings

_LOGINS = (
    "plain",
    "login",
    "cram-md5",
)  # inside TLS the simplest is the surest; one try, or accounts get locked
_ACCEPTED: Final = {
    SmtpStage.SENDER: (Point.MAIL_SENDER, frozenset({250})),
    SmtpStage.RECIPIENT: (Point.MAIL_RECIPIENT, frozenset({250, 251})),
    SmtpStage.DATA: (Point.MAIL_DATA, frozenset({354})),
}
"""What is asked before the mail itself, in this order, and the answers that let it go on."""
_REST_SECONDS: Final = 2
"""For the answers behind one that has ended a mail: a server gives them together."""


class Ended(Exception):
    """The transaction ended at `stage`. `usable` says whether the connection may serve another mail."""

    def __init__(
        self, stage: SmtpStage, what: SmtpAnswer | MissingCapability | BaseException, *, usable: bool = False
    ) -> None:
        super().__init__(stage)
        self.stage = stage
        self.what = what
        self.usable = usable


class _Client(SMTP):
    def close(self) -> None:
        """At once, also where the library itself closes: TLS would wait for the server's end, longer than our loop."""
        if self.transport is not None:
            cast("asyncio.WriteTransport", self.transport).abort()
        super().close()


class SmtpConnection:
    """Open it with `open`, use it for one mail after another, close it."""

    def __init__(self, settings: SmtpSettings, client: SMTP, *, at_once: bool) -> None:
        self._settings = settings
        self._at_once = at_once
        self._client = client
        self._group: CommandGroup | None = None
        """Where the relay offers PIPELINING."""
        self._stage = SmtpStage.CONNECT
        self.mails = 0

    @classmethod
    async def open(
        cls, settings: SmtpSettings, context: ssl.SSLContext | None, *, at_once: bool = True
    ) -> "SmtpConnection":
        """Connected, inside TLS and logged in, as the settings ask; or `Ended`.

        `at_once`: whether commands may be sent together, where the relay offers it.
        """
        client = _Client(
            hostname=settings.host,
            port=settings.port,
            local_hostname=settings.ehlo_name,
            timeout=settings.timeout_seconds,
            use_tls=settings.tls == "tls",
            start_tls=False,  # done below, as a step of its own
            tls_context=context,
        )
        opened = cls(settings, client, at_once=at_once)
        try:
            with opened._guard():
                await opened._prepare()
        except BaseException:
            client.close()
            raise
        return opened

    async def _prepare(self) -> None:
        client, settings = self._client, self._settings
        try:
            await client.connect()
        except (SMTPException, OSError) as error:
            self._stage = _stage_of(error)
            raise
        self._stage = SmtpStage.HELLO
        await client.ehlo()
        if settings.tls == "starttls":
            self._stage = SmtpStage.TLS
            if not client.supports_extension("starttls"):
                raise Ended(self._stage, MissingCapability.STARTTLS)
            await client.starttls()
            self._stage = SmtpStage.HELLO
            await client.ehlo()
        if settings.username is not None and settings.password is not None:
            self._stage = SmtpStage.LOGIN
            await self._log_in(settings.username, settings.password.get_secret_value())
        protocol, offered = client.protocol, client.supports_extension("pipelining")
        if self._at_once and offered and protocol is not None and protocol.is_connected:
            self._group = CommandGroup(cast(asyncio.Transport, protocol.transport), protocol)

    async def _log_in(self, username: str, password: str) -> None:
        offered = self._client.supported_auth_methods
        way = next((one for one in _LOGINS if one in offered), None)
        match way:
            case "plain":
                await self._client.auth_plain(username, password)
            case "login":
                await self._client.auth_login(username, password)
            case "cram-md5":
                await self._client.auth_crammd5(username, password)
            case _:
                raise Ended(self._stage, MissingCapability.LOGIN)

    async def transact(self, mail: Mail) -> SmtpAnswer:
        """One mail to one recipient; the answer to the final dot, whatever it is, or `Ended` before it."""
        client = self._client
        with self._guard():
            self._stage = SmtpStage.SENDER
            self._refuse_leftovers()
            options = []
            if mail.smtputf8:
                if not client.supports_extension("smtputf8"):
                    raise Ended(self._stage, MissingCapability.SMTPUTF8, usable=True)
                options.append("SMTPUTF8")
            body = wire_bytes(mail)
            encoding = "utf-8" if mail.smtputf8 else "ascii"
            if client.supports_extension("size"):
                options.append(f"SIZE={len(body)}")
            sender, recipient = (
                quote_address(one).encode(encoding) for one in (mail.envelope_sender, mail.recipient)
            )
            begun = b" ".join([b"MAIL FROM:" + sender, *(option.encode("ascii") for option in options)])
            await self._begin((begun, b"RCPT TO:" + recipient, b"DATA"))
            self._stage = SmtpStage.BODY
            answer = await self._send_body(body)
            self.mails += 1
            return answer

    async def _begin(self, commands: Sequence[bytes]) -> None:
        """Until the server waits for the mail itself, or `Ended`."""
        if self._group is not None:
            self._group.send(commands)
        for command, (stage, (point, accepted)) in zip(commands, _ACCEPTED.items(), strict=True):
            self._stage = stage
            code, text = await self._answer(command)
            if not 200 <= code < 600:
                raise SMTPException("malformed answer")
            if code not in accepted:
                usable = code >= 400 and code != CLOSING
                if usable and self._group is not None:
                    seconds = min(_REST_SECONDS, self._settings.timeout_seconds)
                    usable = await self._group.refuses_the_rest(seconds)
                raise Ended(stage, SmtpAnswer.of(code, text), usable=usable)
            reach(point)

    async def _answer(self, command: bytes) -> tuple[int, str]:
        """To `command`, which was sent with its group or is sent now."""
        if self._group is None:
            code, text = await self._client.execute_command(command)
        else:
            code, text = await self._group.answer(self._settings.timeout_seconds)
        if self._group is None or not self._group.is_under_way:
            self._refuse_leftovers()
        return code, text

    def _refuse_leftovers(self) -> None:
        """An answer nobody asked for shifts the later ones: a stale 250 must never pass for the final one."""
        if self._has_leftovers():
            raise ConnectionError("the server answered more than it was asked")

    def _has_leftovers(self) -> bool:
        """The library keeps the unread bytes to itself; a test holds that they are still where we look."""
        protocol = self._client.protocol
        is_left = protocol is not None and bool(protocol._buffer)
        return is_left or (self._group is not None and self._group.has_leftovers)

    @property
    def is_at_once(self) -> bool:
        """Whether commands are sent together."""
        return self._group is not None

    @property
    def is_clean(self) -> bool:
        """Fit for another mail."""
        return self._client.is_connected and not self._has_leftovers()

    @property
    def certificate_ends_at(self) -> datetime | None:
        """When the relay's certificate ends; None without TLS."""
        transport = self._client.transport
        seen = None if transport is None else transport.get_extra_info("peercert")
        return datetime.fromtimestamp(ssl.cert_time_to_seconds(seen["notAfter"]), UTC) if seen else None

    async def _send_body(self, body: bytes) -> SmtpAnswer:
        """The library's own `data` does not tell whether a failure came before the 354 or after it."""
        protocol = self._client.protocol
        if protocol is None or not protocol.is_connected:
            raise Ended(SmtpStage.DATA, ConnectionError("lost before the first byte of the mail"))
        protocol.write(_dot_stuffed(body))
        reach(Point.MAIL_DOT)
        code, text = await protocol.read_response(timeout=self._settings.answer_timeout_seconds)
        if not 200 <= code < 600:
            raise SMTPException("malformed answer")
        return SmtpAnswer.of(code, text)

    async def reset(self) -> None:
        """Clears a half-finished envelope, so that the connection serves the next mail."""
        self._stage = SmtpStage.SENDER
        with self._guard():
            await self._client.rset()
            self._refuse_leftovers()

    async def quit(self) -> None:
        """Says goodbye, without waiting long for an answer."""
        try:
            with suppress(SMTPException, OSError):
                await self._client.quit(timeout=min(2.0, self._settings.timeout_seconds))
        finally:
            self.close()

    def close(self) -> None:
        self._client.close()

    def _guard(self) -> "_Guard":
        return _Guard(self)


class _Guard:
    """Turns whatever the library raises into `Ended` with the stage that it came at."""

    def __init__(self, connection: SmtpConnection) -> None:
        self._connection = connection

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _: type[BaseException] | None, fault: BaseException | None, __: TracebackType | None
    ) -> None:
        stage = self._connection._stage
        if isinstance(fault, SMTPResponseException) and 200 <= fault.code < 600:
            login = isinstance(fault, SMTPAuthenticationError)
            usable = fault.code >= 400 and fault.code != CLOSING and not login
            raise Ended(stage, SmtpAnswer.of(fault.code, fault.message), usable=usable) from None
        if isinstance(fault, SMTPException | OSError | ValueError):
            # From None: the library's texts repeat what the server wrote.
            raise Ended(stage, fault) from None


def _stage_of(error: Exception) -> SmtpStage:
    """`connect` opens the socket, shakes hands and waits for the greeting; the cause tells them apart."""
    cause = error.__cause__
    if isinstance(error, SMTPResponseException) or isinstance(cause, SMTPException):
        return SmtpStage.GREETING
    return SmtpStage.TLS if isinstance(cause, ssl.SSLError) else SmtpStage.CONNECT


def _dot_stuffed(body: bytes) -> bytes:
    """RFC 5321, 4.5.2; `body` has CRLF line ends throughout, as the message's policy writes them."""
    stuffed = body.replace(b"\r\n.", b"\r\n..")
    if stuffed.startswith(b"."):
        stuffed = b"." + stuffed
    return stuffed + (b"" if stuffed.endswith(b"\r\n") else b"\r\n") + b".\r\n"
