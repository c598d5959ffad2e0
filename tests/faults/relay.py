"""The mail relay of the rig: the misbehaving server in a thread of its own, told at run time how to behave."""

import asyncio
import hashlib
import re
import ssl
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Final, Self, TypeVar

import trustme

from tests.faults.observation import MailSeen
from tests.smtp.server import At, Fault, MisbehavingServer, Received

T = TypeVar("T")
_MESSAGE_ID: Final = re.compile(rb"^Message-ID:\s*(\S+)", re.IGNORECASE | re.MULTILINE)


class Relay:
    """Keeps every mail whose body came whole, until it is asked for them."""

    def __init__(self) -> None:
        self.authority = trustme.CA()
        self.good = _context(self.authority)
        self.bad = _context(trustme.CA())
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True, name="relay")
        self.server = MisbehavingServer(tls=self.good)

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self.server.__aenter__(), self._loop).result(10)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self.server.__aexit__(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def write_ca(self, file: Path) -> None:
        """The certificate that the service is to trust."""
        self.authority.cert_pem.write_to_path(str(file))

    def misbehave(self, at: At, *faults: Fault) -> None:
        """At the next visits to this stage, over all connections."""
        self._call(lambda: self.server.faults(at).extend(faults))

    def left(self) -> int:
        """How many faults nobody has met yet."""
        return self._call(lambda: sum(len(self.server.faults(at)) for at in At))

    def behave(self) -> None:
        """From now on all is well."""

        def well() -> None:
            for at in At:
                self.server.faults(at).clear()
            self.server.tls, self.server.starttls, self.server.logins = self.good, True, ""
            self.server.bad_recipients = {}

        self._call(well)

    def accepted(self) -> list[Received]:
        """All mails since the last `take` that were answered with yes; they stay."""
        return self._call(lambda: list(self.server.accepted))

    def take(self) -> list[tuple[MailSeen, bytes]]:
        """All mails since the last call, with what they say."""

        def taken() -> tuple[list[Received], set[int]]:
            mails, answered = list(self.server.mails), {id(mail) for mail in self.server.accepted}
            self.server.mails.clear()
            self.server.accepted.clear()
            self.server.commands.clear()
            return mails, answered

        mails, answered = self._call(taken)
        return [(_seen(mail, id(mail) in answered), mail.body) for mail in mails]

    def _call(self, work: Callable[[], T]) -> T:
        done: Future[T] = Future()
        self._loop.call_soon_threadsafe(lambda: done.set_result(work()))
        return done.result(10)


def _seen(mail: Received, answered: bool) -> MailSeen:
    found = _MESSAGE_ID.search(mail.body)
    return MailSeen(
        message_id="" if found is None else found.group(1).decode(),
        recipient=mail.recipient,
        digest=hashlib.sha256(mail.body).hexdigest(),
        answered=answered,
    )


def _context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    return context
