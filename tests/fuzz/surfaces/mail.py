"""Mails to a return address: delivery reports of many systems, and whatever else somebody sends there."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Final

from models.notifications.returned import ReportedAction
from notifiers.bounces.report import BounceReport, read
from notifiers.bounces.run import LARGEST
from notifiers.bounces.store import BounceAddress
from notifiers.bounces.verdict import verdict
from notifiers.content.mail_message import wire_bytes
from tests.fuzz.hostile import CHARSETS, CHUNKS
from tests.fuzz.mutate import maybe, spoil
from tests.fuzz.surface import Wrong
from tests.integration.notifiers.builders import a_mail
from tests.paths import ROOT
from tests.smtp.reports import report
from tests.smtp.server import Received
from tests.unit.notifiers.bounces.test_address import ADDRESS, BASE, DELIVERY, TAGS

_CORPUS: Final = ROOT / "tests/data/bounces"
_CODE: Final = re.compile(r"[0245]\.[0-9]{1,3}\.[0-9]{1,3}", re.ASCII)
"""What may stand in a table, a metric and a page."""
_MOST_TEXT: Final = 70_000
_ENCODINGS: Final = (
    b"base64",
    b"quoted-printable",
    b"x-uuencode",
    b"7bit",
    b"8bit",
    b"binary",
    b"BASE64 ",
    b"\0",
)
_HEADERS: Final = (
    b"To",
    b"Delivered-To",
    b"X-Original-To",
    b"Subject",
    b"From",
    b"Date",
    b"Content-Type",
    b"Auto-Submitted",
    b"X-Failed-Recipients",
    b"Content-Transfer-Encoding",
    b"Content-Disposition",
    b"Message-ID",
    b"Received",
    b"",
    b"X\xff",
    b"From ",
    b"Resent-To",
    b"MIME-Version",
)
_ODD: Final = (
    b"multipart/report; report-type=delivery-status",
    b"multipart/mixed; boundary*0=a; boundary*1=b",
    b"message/rfc822",
    b"message/partial; number=1; total=3; id=x",
    b"message/external-body",
    b"message/feedback-report",
    b"text/html; name*",
    b"text/plain; charset*=utf-8''%ff",
    b"text/plain; charset*0*=''x",
    b"; ;;",
    b"/",
    b"(c):",
    b"(x): a@b.com;",
    b"<[b378dfc5@microsoft.com]>",
    b"=?utf-8?b?a?= <a@b.dk>",
    b"=?us-ascii'da?Q?x?=",
    b"=?\xff?q?x?=",
    b"a@b.dk" * 900,
    b'"' * 99 + b"@x",
    b"@,@;:",
    b"group: a@b.dk, c@d.dk;",
    b"Thu, 99 Xxx 99999 99:99:99 +9999",
    b"message/delivery-status",
)
"""Values of headers at which libraries have failed; see docs/edges.md."""


class Mail:
    """The surface."""

    name = "mail"
    share = 100

    @asynccontextmanager
    async def ready(self, folder: Path) -> AsyncIterator["MailAttempts"]:
        """Nothing is started."""
        yield MailAttempts()


class MailAttempts:
    """The recipient, and real reports on mails to it."""

    def __init__(self) -> None:
        self._mail = a_mail()
        sent = Received(sender=ADDRESS, recipient=self._mail.recipient, body=wire_bytes(self._mail))
        self._material = [
            report(sent),
            report(sent, kind="global-delivery-status"),
            report(sent, action="delayed"),
        ]
        self._material += [file.read_bytes() for file in sorted(_CORPUS.rglob("*.eml"))]
        self._ours = BounceAddress(tags=TAGS, base=BASE)

    async def attempt(self, chance: Random) -> str:
        """One mail."""
        content = chance.choice(self._material)
        for _ in range(chance.randint(1, 3)):
            content = chance.choice(_CHANGES)(chance, content)
        content = maybe(chance, 0.6, lambda: spoil(chance, content, self._material), content)[:LARGEST]
        found = read(content)
        self._judge(found)
        delivery = self._ours.delivery(found)
        if delivery not in (None, DELIVERY):
            raise Wrong("a delivery that no address of ours names")
        said = verdict(found, self._mail.recipient)
        if said is None:
            return "nothing"
        if not isinstance(said.action, ReportedAction) or not _CODE.fullmatch(said.status):
            raise Wrong(f"a status that is none: {said.status!a}")
        return f"{'ours' if delivery else 'not ours'}, {said.action}"

    def _judge(self, found: BounceReport) -> None:
        """Whatever came, what was read of it has an end."""
        sizes = (len(found.arrived_at), len(found.tokens), len(found.envelope_ids), len(found.recipients))
        if max(sizes) > 50 or len(found.text) > _MOST_TEXT or len(found.headers) > 500:
            raise Wrong("more was read of a mail than may be")


def _header(chance: Random, content: bytes) -> bytes:
    """One more header, before, among or behind the others, in the mail or in one of its parts."""
    line = chance.choice(_HEADERS) + b": " + chance.choice((*_ODD, *CHUNKS))
    lines = content.split(b"\n")
    lines.insert(chance.randrange(min(len(lines), 60)), line)
    return b"\n".join(lines)


def _value(chance: Random, content: bytes) -> bytes:
    """The value of a header that is there."""
    found = list(re.finditer(rb"(?m)^[A-Za-z-]{2,40}:[^\n]*$", content[:60_000]))
    if not found:
        return content
    one = chance.choice(found)
    name = one.group().partition(b":")[0]
    return content[: one.start()] + name + b": " + chance.choice((*_ODD, *CHUNKS)) + content[one.end() :]


def _charset(chance: Random, content: bytes) -> bytes:
    charset = chance.choice(CHARSETS)
    if b"charset=" in content.lower():
        return re.sub(rb'(?i)charset="?[^\s";]*"?', lambda _: b"charset=" + charset, content)
    return b"Content-Type: text/plain; charset=" + charset + b"\n" + content


def _encoding(chance: Random, content: bytes) -> bytes:
    line = b"Content-Transfer-Encoding: " + chance.choice(_ENCODINGS)
    return re.sub(
        rb"(?im)^content-type:",
        lambda found: line + b"\n" + found.group(),
        content,
        count=chance.randint(1, 4),
    )


def _wrapped(chance: Random, content: bytes) -> bytes:
    """In a mail within a mail, as many times as chance says."""
    times = chance.choice((1, 1, 2, 60, 400))
    kind = chance.choice((b"message/rfc822", b"multipart/mixed; boundary=w", b"message/delivery-status"))
    outer = (
        b"To: "
        + ADDRESS.encode()
        + b"\nContent-Type: "
        + kind
        + b"\n\n"
        + (b"--w\n" if b"boundary" in kind else b"")
    )
    return outer * times + content


def _boundary(chance: Random, content: bytes) -> bytes:
    return re.sub(
        rb'(?i)boundary="?[^\s";]*"?', lambda _: b"boundary=" + chance.choice(CHUNKS), content, count=1
    )


def _line_ends(chance: Random, content: bytes) -> bytes:
    return content.replace(
        b"\n", chance.choice((b"\r\n", b"\r", b"\n\n", b"\r\r\n", b"\n ", b"\x85", b"\x0b"))
    )


def _huge(chance: Random, content: bytes) -> bytes:
    """A header, a word or a row of parts without end, at the size that is read at most. One in twenty is so large."""
    piece = chance.choice((*CHUNKS, *_ODD, b"a: b\n", b"--x\n\n", b"=?utf-8?q?a?= ", b"5.1.1 ", b"\tx\n"))
    times = LARGEST // len(piece) if chance.random() < 0.05 else chance.randint(1, 300)
    at = chance.randint(0, len(content))
    return content[:at] + piece * times + content[at:]


def _as_it_is(_: Random, content: bytes) -> bytes:
    return content


_CHANGES: Final[tuple[Callable[[Random, bytes], bytes], ...]] = (
    _header,
    _value,
    _value,
    _charset,
    _encoding,
    _wrapped,
    _boundary,
    _line_ends,
    _huge,
    _as_it_is,
)
