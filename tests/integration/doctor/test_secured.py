"""Rights and certificates, asked of a broker that has them, of the mail catcher, and of a server with a bad one."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest
import trustme
from cryptography.x509 import load_pem_x509_certificate

from config.kafka import KafkaSettings
from config.topics import Topic
from doctor.judgements import cluster
from doctor.readers import certificates
from doctor.readers.cluster import read_cluster, read_rights
from doctor.side_by_side import NotSeen
from local.servers.mail_catcher import Catcher
from models.service_status import Level
from notifiers.email.settings import SmtpSettings
from tests.faults.admin import Admin
from tests.faults.brokers import SecuredBroker, secured_broker
from tests.faults.rights import LEDGER, RIGHTS, WORKER, give, let_in, password


@dataclass(frozen=True)
class Secured:
    """A broker with users, and how a process speaks with it."""

    broker: SecuredBroker

    @property
    def admin(self) -> Admin:
        return self.broker.admin

    def of(self, user: str, secret: str | None = None) -> KafkaSettings:
        """As a process of that user is told."""
        return self.broker.of(user, password(user) if secret is None else secret)


@pytest.fixture(scope="module")
def secured(jars: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    with secured_broker(tmp_path_factory.mktemp("doctor-secured"), jars) as broker:
        for user in (WORKER, LEDGER):
            let_in(broker.admin, user)
            give(broker.admin, user)
        yield Secured(broker)


@pytest.mark.parametrize("user", [WORKER, LEDGER])
def test_a_process_with_its_rights_has_what_it_needs(secured: Secured, user: str) -> None:
    [one] = cluster.rights(read_rights(secured.of(user)))
    assert (one.level, user in one.sentence) == (Level.FINE, True), one.sentence


def test_a_right_that_was_taken_away_is_named(secured: Secured) -> None:
    taken = [right for right in RIGHTS[WORKER] if right == ("TOPIC", Topic.RECEIPTS, "WRITE")]
    secured.admin.revoke(WORKER, taken)
    try:
        [one] = cluster.rights(read_rights(secured.of(WORKER)))
    finally:
        secured.admin.grant(WORKER, taken)
    assert one.sentence == "This user is the worker's, and may not write receipts."


def test_a_wrong_password_is_told_as_one(secured: Secured) -> None:
    with pytest.raises(NotSeen, match="lets nobody in") as told:
        read_cluster(secured.of(WORKER, "geheim"))
    assert "geheim" not in str(told.value)


def test_the_end_of_a_brokers_certificate(secured: Secured) -> None:
    kafka = secured.of(WORKER)
    context = kafka.ssl_context()
    assert context is not None
    [seen] = certificates.of_servers(kafka.bootstrap_servers, context)
    assert (seen.refused, seen.whose) == ("", secured.broker.address)
    assert seen.ends_at is not None
    assert seen.ends_at > datetime.now(UTC)
    [stranger] = certificates.of_servers(kafka.bootstrap_servers, ssl.create_default_context())
    assert "its certificate is not taken" in stranger.refused


ENDED: Final = datetime.now(UTC) - timedelta(days=2)


@contextmanager
def serving(handshake: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server that does one thing with each connection; its port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            try:
                while True:
                    wire, _ = listening.accept()
                    with wire:
                        handshake(wire)
            except OSError:
                return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(10)


def test_a_certificate_that_has_ended_is_told_as_one() -> None:
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1", not_after=ENDED)
    inside = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issued.configure_cert(inside)

    def handshake(wire: socket.socket) -> None:
        try:
            inside.wrap_socket(wire, server_side=True).close()
        except (ssl.SSLError, ConnectionError):
            wire.close()

    context = ssl.create_default_context()
    authority.configure_trust(context)
    with serving(handshake) as port:
        seen = certificates.of_server("127.0.0.1", port, context)
    assert (seen.ends_at, "expired" in seen.refused) == (None, True)


def test_a_server_that_speaks_no_tls_is_told_and_one_that_is_not_there_too() -> None:
    with serving(lambda wire: wire.sendall(b"220 mail\r\n")) as port:
        seen = certificates.of_server("127.0.0.1", port, ssl.create_default_context())
    assert seen.refused.startswith("TLS fails")
    with pytest.raises(NotSeen, match="does not answer"):
        certificates.of_server("127.0.0.1", port, ssl.create_default_context())


def test_a_file_ends_with_the_first_of_its_certificates(tmp_path: Path) -> None:
    authority = trustme.CA()
    soon = datetime.now(UTC) + timedelta(days=10)
    issued = authority.issue_cert("client", not_after=soon)
    file = tmp_path / "client.pem"
    file.write_bytes(authority.cert_pem.bytes() + issued.cert_chain_pems[0].bytes())
    ends = load_pem_x509_certificate(issued.cert_chain_pems[0].bytes()).not_valid_after_utc
    assert certificates.of_file(file).ends_at == ends
    file.write_text("nothing", "utf-8")
    assert certificates.of_file(file).refused == "it holds no certificate"
    assert "cannot be read" in certificates.of_file(tmp_path / "none.pem").refused


def relay(catcher: Catcher, **changes: object) -> SmtpSettings:
    told = {
        "host": "localhost",
        "port": catcher.smtp_port,
        "ca_file": catcher.ca_file,
        "sender": "a@b.example",
    }
    return SmtpSettings.model_validate(told | changes)


def test_the_relay_is_asked_as_a_notifier_would_and_nothing_is_sent(catcher: Catcher) -> None:
    before = list((catcher.data / "mail").rglob("*"))
    seen = certificates.of_relay(relay(catcher))
    assert seen.refused == ""
    assert seen.ends_at is not None
    assert certificates.of_relay(relay(catcher, ca_file=None)).refused.startswith("tls")
    assert certificates.of_relay(relay(catcher, port=9)).refused.startswith("connect")
    assert list((catcher.data / "mail").rglob("*")) == before
