"""When certificates end: of a server that is connected to, and of a file."""

import asyncio
import socket
import ssl
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from cryptography.x509 import load_pem_x509_certificates

from doctor.side_by_side import NotSeen
from notifiers.email.channel import tls_context
from notifiers.email.classify import classify
from notifiers.email.connection import Ended, SmtpConnection
from notifiers.email.settings import SmtpSettings

_SECONDS: Final = 6.0


@dataclass(frozen=True, slots=True)
class CertificateSeen:
    """One certificate, or why it is not taken."""

    whose: str
    ends_at: datetime | None
    refused: str = ""
    """Why the connection came to nothing."""


def of_server(host: str, port: int, context: ssl.SSLContext) -> CertificateSeen:
    """What a server that speaks TLS from the beginning shows, judged as `context` judges it."""
    whose = f"{host}:{port}"
    try:
        with (
            socket.create_connection((host, port), timeout=_SECONDS) as wire,
            context.wrap_socket(wire, server_hostname=host) as inside,
        ):
            seen = inside.getpeercert()
    except ssl.SSLCertVerificationError as error:
        return CertificateSeen(whose, None, f"its certificate is not taken: {error.verify_message}")
    except ssl.SSLError as error:
        return CertificateSeen(whose, None, f"TLS fails: {error.reason or type(error).__name__}")
    except OSError:
        raise NotSeen(f"{whose} does not answer.") from None
    not_after = (seen or {}).get("notAfter")
    if not isinstance(not_after, str):
        raise NotSeen(f"{whose} shows no certificate.")
    return CertificateSeen(whose, datetime.fromtimestamp(ssl.cert_time_to_seconds(not_after), UTC))


def of_servers(addresses: str, context: ssl.SSLContext) -> Iterable[CertificateSeen]:
    """Of each ``host:port`` of a list; one that does not answer is passed over, raises `NotSeen` where none does."""
    found = False
    for address in addresses.split(","):
        host, _, port = address.strip().rpartition(":")
        try:
            yield of_server(host.strip("[]"), int(port), context)
        except (NotSeen, ValueError):
            continue
        found = True
    if not found:
        raise NotSeen("No server shows a certificate.")


def of_page(url: str) -> Sequence[CertificateSeen]:
    """Of who answers for a web address; nothing where it is without TLS, or nobody answers there."""
    address = urlsplit(url)
    if address.scheme != "https" or address.hostname is None:
        return ()
    try:
        return (of_server(address.hostname, address.port or 443, ssl.create_default_context()),)
    except NotSeen:
        return ()


def of_file(file: Path) -> CertificateSeen:
    """The first that ends, of all that stand in a PEM file."""
    try:
        ends = [one.not_valid_after_utc for one in load_pem_x509_certificates(file.read_bytes())]
    except OSError as error:
        return CertificateSeen(file.name, None, f"it cannot be read: {error.strerror}")
    except ValueError:
        return CertificateSeen(file.name, None, "it holds no certificate")
    return CertificateSeen(file.name, min(ends))


def of_relay(settings: SmtpSettings) -> CertificateSeen:
    """Connect to the mail relay as a notifier does, log in, and leave: nothing is sent. Without TLS no end."""
    hasty = settings.model_copy(update={"timeout_seconds": min(_SECONDS, settings.timeout_seconds)})
    whose = f"{settings.host}:{settings.port}"

    async def ask() -> datetime | None:
        context = None if hasty.tls == "none" else tls_context(hasty)
        connection = await SmtpConnection.open(hasty, context)
        try:
            return connection.certificate_ends_at
        finally:
            await connection.quit()

    try:
        return CertificateSeen(whose, asyncio.run(ask()))
    except Ended as end:
        return CertificateSeen(whose, None, classify(end.stage, end.what).detail)
    except (OSError, ValueError):
        return CertificateSeen(whose, None, "the file of its authority cannot be used")
