"""The rig's one broker: a way of its own for the judge, and one for the service, which leads through the proxy."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import trustme
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from pydantic import SecretStr

from config.kafka import KafkaSettings, Security
from infra import topic_admin
from infra.topic_admin import Replication
from local.servers.kafka import Broker
from local.servers.ports import remembered_ports
from tests.faults.admin import Admin

_HOST: Final = "127.0.0.1"
_SCRAM: Final = "listener.name.broker.scram-sha-512.sasl.jaas.config"


def one_broker(
    data: Path, jars: Path, ports: dict[str, int], *, ca: Path | None = None, clients: Path | None = None
) -> Broker:
    """`ports`: broker, controller, direct, proxy. With `ca` (a file to be written) the service's way is SASL_SSL
    and everybody on it has the rights that were granted; the direct way stays open to all. `clients`: by whom a
    certificate must be without which nobody comes in there."""
    way = "PLAINTEXT" if ca is None else "SASL_SSL"
    settings = {
        "listeners": f"BROKER://{_HOST}:{ports['broker']},DIRECT://{_HOST}:{ports['direct']},"
        f"CONTROLLER://{_HOST}:{ports['controller']}",
        "advertised.listeners": f"BROKER://{_HOST}:{ports['proxy']},DIRECT://{_HOST}:{ports['direct']}",
        "listener.security.protocol.map": f"BROKER:{way},DIRECT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "DIRECT",
    }
    if ca is not None:
        settings |= _users(data, ca)
    if clients is not None:
        settings |= trusting(clients) | {
            "listener.name.broker.ssl.client.auth": "required",
            "listener.name.broker.ssl.truststore.type": "PEM",
        }
    # Whether it is ready is asked on the direct way.
    own = {"broker": ports["direct"], "controller": ports["controller"]}
    return Broker(data, jars, ports=own, settings=settings)


@dataclass(frozen=True)
class SecuredBroker:
    """A broker with TLS, users and rights, and all topics."""

    direct: KafkaSettings
    """A way that is open to all."""
    address: str
    ca: Path
    admin: Admin

    def of(self, user: str, secret: str) -> KafkaSettings:
        """As a process of that user is told."""
        return KafkaSettings(
            bootstrap_servers=self.address,
            security=Security.SASL_SSL,
            ca_file=str(self.ca),
            username=user,
            password=SecretStr(secret),
        )


@contextmanager
def secured_broker(folder: Path, jars: Path) -> Iterator[SecuredBroker]:
    """Nobody is let in yet, and nobody has a right."""
    ports = dict(remembered_ports(folder / "ports.json", ["broker", "controller", "direct"]))
    ca = folder / "ca.pem"
    broker = one_broker(folder / "kafka", jars, {**ports, "proxy": ports["broker"]}, ca=ca)
    direct = f"{_HOST}:{ports['direct']}"
    broker.start()
    admin = Admin(direct)
    try:
        broker.wait_ready()
        kafka = KafkaSettings(bootstrap_servers=direct)
        topic_admin.apply(kafka, Replication(factor=1, min_insync=1))
        yield SecuredBroker(kafka, f"{_HOST}:{ports['broker']}", ca, admin)
    finally:
        admin.close()
        broker.stop()


def trusting(clients: Path) -> dict[str, str]:
    """By whom the certificates of clients must be; a running broker takes it too."""
    return {"listener.name.broker.ssl.truststore.location": str(clients)}


def _users(data: Path, ca: Path) -> dict[str, str]:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(ca))
    certificate = authority.issue_cert(_HOST, "localhost")
    key = load_pem_private_key(certificate.private_key_pem.bytes(), password=None)
    data.mkdir(parents=True, exist_ok=True)
    store = data / "broker.pem"
    # Java reads no other form of a key than this.
    store.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + b"".join(blob.bytes() for blob in certificate.cert_chain_pems)
    )
    return {
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(store),
        "sasl.enabled.mechanisms": "SCRAM-SHA-512",
        _SCRAM: "org.apache.kafka.common.security.scram.ScramLoginModule required;",
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        # Who comes on the direct way: the broker itself, and the judge.
        "super.users": "User:ANONYMOUS",
    }
