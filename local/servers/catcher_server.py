"""Takes mail over real SMTP with STARTTLS and keeps it, so that the demo and the tests send for real.

It must listen on 127.0.0.1 only and must never pass a mail on.
"""

import argparse
import asyncio
import json
import signal
import ssl
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import trustme
import uvloop
from aiohttp import web
from aiosmtpd.smtp import SMTP, Envelope, Session

from infra import gc_tuning
from local.servers.catcher_pages import MailIndex, pages
from local.servers.mail_catcher import CA, READY
from local.servers.mailbox import Mailbox
from local.servers.ports import write_whole

SERVER: Final = "server.pem"
SIZE_LIMIT: Final = 1_000_000


class _Keep:
    """aiosmtpd's handler: what it answers 250 to is on the disk."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    # The names and the arguments are aiosmtpd's protocol.
    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        # aiosmtpd reads line by line: what has come already waits its turn.
        return [*responses[:-1], "250-PIPELINING", responses[-1]]

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content
        if not isinstance(content, bytes):
            return "554 5.6.0 No content"
        # Not in a thread: the files keep the order of acceptance, and one mail takes a millisecond.
        sequence = self._mailbox.store(
            content, sender=envelope.mail_from or "", recipients=list(envelope.rcpt_tos)
        )
        return f"250 2.0.0 Kept as {sequence}"


async def serve(data: Path, ports: Mapping[str, int]) -> None:
    """Accept mail and show it until SIGTERM or SIGINT."""
    ready = data / READY
    ready.unlink(missing_ok=True)
    mailbox = Mailbox(data)
    tls = _tls(data)
    handler = _Keep(mailbox)

    def connection() -> SMTP:
        return SMTP(
            handler,
            hostname="localhost",
            ident="Frafaldsvarsel mail catcher",
            tls_context=tls,
            require_starttls=True,
            enable_SMTPUTF8=True,
            data_size_limit=SIZE_LIMIT,
            loop=loop,
        )

    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, ended.set)
    smtp = await loop.create_server(connection, "127.0.0.1", ports["smtp"])
    runner = web.AppRunner(pages(data, MailIndex(mailbox)), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", ports["pages"]).start()
    write_whole(ready, json.dumps(dict(ports)))
    try:
        await ended.wait()
    finally:
        ready.unlink(missing_ok=True)
        smtp.close()
        await runner.cleanup()


def _tls(data: Path) -> ssl.SSLContext:
    """A server certificate from a certificate authority of our own, made once; its key is thrown away."""
    server = data / SERVER
    if not (server.exists() and (data / CA).exists()):
        authority = trustme.CA(organization_name="Frafaldsvarsel mail catcher")
        certificate = authority.issue_cert("localhost", "127.0.0.1")
        server.touch(mode=0o600)
        server.write_bytes(
            certificate.private_key_pem.bytes()
            + b"".join(each.bytes() for each in certificate.cert_chain_pems)
        )
        authority.cert_pem.write_to_path(str(data / CA))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(server)
    return context


def main(arguments: list[str]) -> int:
    """`python -m local.servers.catcher_server …`: silent; ready when `DIR/ready.json` exists."""
    parser = argparse.ArgumentParser(prog="catcher", description="Keep mail instead of delivering it.")
    parser.add_argument(
        "--data", type=Path, required=True, help="the folder for mails, ports and certificates"
    )
    parser.add_argument("--smtp", type=int, required=True, help="the port that takes mails")
    parser.add_argument("--pages", type=int, required=True, help="the port that shows them")
    options = parser.parse_args(arguments)
    data: Path = options.data
    data.mkdir(parents=True, exist_ok=True)
    gc_tuning.search_seldom()
    uvloop.run(serve(data, {"smtp": options.smtp, "pages": options.pages}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
