"""Several commands in one write, their answers read one by one: SMTP's PIPELINING (RFC 2920).

aiosmtplib waits for each answer before the next command. This stands between the connection and the library: while a
group is under way it reads the answers itself, and everything else it passes on.
"""

import asyncio
import re
from collections import deque
from collections.abc import Sequence
from typing import Final, cast

from aiosmtplib import SMTPException, SMTPReadTimeoutError, SMTPServerDisconnected
from aiosmtplib.protocol import SMTPProtocol

_LINE: Final = re.compile(rb"([2-5][0-9]{2})(?:(-)|.)?(.*)", re.DOTALL)
"""As lenient as the library: what serves one by one serves at once."""
_CONTROL: Final = re.compile(rb"[\x00-\x1f\x7f]")
_MOST_BYTES: Final = 32_768
"""Of one answer, line ends among them: one of empty lines alone has an end too."""


class CommandGroup(asyncio.Protocol):
    """Of one connection, whose next group begins when the answers of the last one are read."""

    def __init__(self, transport: asyncio.Transport, library: SMTPProtocol) -> None:
        """Takes the transport over from `library`."""
        self._library = library
        self._asked = 0
        """Answers that have not come yet."""
        self._untaken = 0
        """Answers that nobody has taken yet, come or not."""
        self._unread = b""
        self._lines: list[bytes] = []
        self._size = 0
        """Both of an answer that is not whole yet."""
        self._answers: deque[tuple[int, str]] = deque()
        self._fault: SMTPException | None = None
        self._news = asyncio.Event()
        transport.set_protocol(self)

    def send(self, commands: Sequence[bytes]) -> None:
        """Each without its line end. Raises `ValueError` for one that would be two, and `SMTPException`."""
        if any(_CONTROL.search(command) for command in commands):
            raise ValueError("a control character in a command")
        if self._fault is not None:
            raise self._fault
        self._library.write(b"".join(command + b"\r\n" for command in commands))
        self._asked = self._untaken = len(commands)

    async def answer(self, seconds: float) -> tuple[int, str]:
        """The next one: its code, and the text of its lines. Raises `SMTPException`."""
        try:
            async with asyncio.timeout(seconds):
                while not self._answers and self._fault is None:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError as late:
            raise SMTPReadTimeoutError("no answer in time") from late
        if not self._answers:
            raise cast(SMTPException, self._fault)
        self._untaken -= 1
        return self._answers.popleft()

    async def refuses_the_rest(self, seconds: float) -> bool:
        """Take the other answers, for a group that one has ended: whether the server waits for a command again.

        One that wants the mail in spite of what it has refused is to be left: it forgets a mail that does not end.
        """
        try:
            async with asyncio.timeout(seconds):
                return all([(await self.answer(seconds))[0] >= 400 for _ in range(self._untaken)])
        except (SMTPException, TimeoutError):
            return False

    @property
    def is_under_way(self) -> bool:
        """Whether answers are still to be taken."""
        return self._untaken > 0

    @property
    def has_leftovers(self) -> bool:
        """Whether the server has said more than it was asked."""
        return bool(self._unread or self._lines or self._untaken)

    def data_received(self, data: bytes) -> None:
        """More of an answer, or several."""
        if not self._asked:
            self._library.data_received(data)
            return
        unread, start = self._unread + data, 0
        while self._asked and (end := unread.find(b"\n", start)) >= 0:
            self._take(unread[start:end])
            start = end + 1
        self._unread = unread[start:]
        if self._size + len(self._unread) > _MOST_BYTES:
            self._fail(SMTPException("an answer without end"))

    def _take(self, line: bytes) -> None:
        self._size += len(line) + 1
        found = _LINE.fullmatch(line.rstrip(b"\r"))
        if found is None or self._size > _MOST_BYTES:
            self._fail(SMTPException("malformed answer"))
            return
        self._lines.append(found[3].strip(b" \t\r\n"))
        if found[2]:
            return
        # The enhanced code is looked for at the beginning, which an empty first line is not.
        text = b"\n".join(self._lines).lstrip(b"\n").decode("utf-8", "surrogateescape")
        self._lines.clear()
        self._size = 0
        self._asked -= 1
        self._answers.append((int(found[1]), text))
        self._news.set()

    def _fail(self, fault: SMTPException) -> None:
        if self._fault is None:
            self._fault = fault
            self._asked = 0
            self._news.set()

    def eof_received(self) -> bool | None:
        """The server says no more."""
        self._fail(SMTPServerDisconnected("connection lost"))
        return self._library.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """There is no connection."""
        self._fail(SMTPServerDisconnected("connection lost"))
        self._library.connection_lost(exc)

    def pause_writing(self) -> None:
        """As the library."""
        self._library.pause_writing()

    def resume_writing(self) -> None:
        """As the library."""
        self._library.resume_writing()
