"""How to reach Kafka, once for every client: aiokafka, Faust and librdkafka get the same facts."""

import ssl
from enum import StrEnum
from typing import Any, ClassVar

from pydantic import Field, SecretStr

from config.sections.base import Section

METADATA_MS = 10_000
"""aiokafka asks a broker that leads a partition no longer for its offsets again and again, until its metadata is old
(docs/faust.md, 18): by default that is five minutes, and the consumer stands still meanwhile."""
LINGER_MS = 10
MAX_BATCH = 256 * 1024
MAX_REQUEST = 8 * 1024 * 1024
FETCH_BYTES = 64 * 1024
FETCH_WAIT_MS = 100
"""A broker answers a fetch of a worker or a ledger when it has so much, or after so long: a batch of one costs nearly
what a batch of many does."""


class Security(StrEnum):
    """Kafka's security.protocol."""

    PLAINTEXT = "PLAINTEXT"
    SSL = "SSL"
    SASL_SSL = "SASL_SSL"


class KafkaSettings(Section):
    """The address and the credentials; passwords never show in a repr."""

    bootstrap_servers: str = Field(
        validation_alias="KAFKA_BOOTSTRAP_SERVERS", description="Brokers as host:port, separated by commas"
    )
    security: Security = Field(
        default=Security.PLAINTEXT,
        validation_alias="KAFKA_SECURITY",
        description="PLAINTEXT, SSL or SASL_SSL",
    )
    ca_file: str | None = Field(
        default=None,
        validation_alias="KAFKA_CA_FILE",
        description="Authority of the brokers' certificates (PEM)",
    )
    certificate_file: str | None = Field(
        default=None,
        validation_alias="KAFKA_CERTIFICATE_FILE",
        description="Client certificate for mTLS (PEM)",
    )
    key_file: str | None = Field(
        default=None, validation_alias="KAFKA_KEY_FILE", description="Client key for mTLS (PEM)"
    )
    username: str | None = Field(default=None, validation_alias="KAFKA_USERNAME", description="SASL user")
    password: SecretStr | None = Field(
        default=None, validation_alias="KAFKA_PASSWORD", description="SASL password"
    )
    mechanism: ClassVar[str] = "SCRAM-SHA-512"

    def ssl_context(self) -> ssl.SSLContext | None:
        """The TLS context, or None without TLS. Reads the certificate files."""
        if self.security is Security.PLAINTEXT:
            return None
        context = ssl.create_default_context(cafile=self.ca_file)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self.certificate_file is not None:
            context.load_cert_chain(self.certificate_file, self.key_file)
        return context

    def aiokafka(self) -> dict[str, Any]:
        """Keyword arguments of aiokafka's producer, consumer and admin client."""
        arguments: dict[str, Any] = {
            "bootstrap_servers": self.bootstrap_servers,
            "security_protocol": self.security.value,
            "ssl_context": self.ssl_context(),
            "metadata_max_age_ms": METADATA_MS,
        }
        if self.security is Security.SASL_SSL:
            arguments |= {
                "sasl_mechanism": self.mechanism,
                "sasl_plain_username": self.username,
                "sasl_plain_password": self.password.get_secret_value() if self.password else None,
            }
        return arguments

    def librdkafka(self) -> dict[str, Any]:
        """The configuration of confluent-kafka's clients."""
        entries: dict[str, Any] = {
            "bootstrap.servers": self.bootstrap_servers,
            "security.protocol": self.security.value,
        }
        files = {
            "ssl.ca.location": self.ca_file,
            "ssl.certificate.location": self.certificate_file,
            "ssl.key.location": self.key_file,
        }
        entries |= {name: value for name, value in files.items() if value is not None}
        if self.security is Security.SASL_SSL:
            entries |= {
                "sasl.mechanism": self.mechanism,
                "sasl.username": self.username,
                "sasl.password": self.password.get_secret_value() if self.password else None,
            }
        return entries

    def producer(self) -> dict[str, Any]:
        """Keyword arguments of every producer of ours: all replicas, no duplicates by retries, one partitioner."""
        return self.aiokafka() | {
            "acks": "all",
            "enable_idempotence": True,
            "linger_ms": LINGER_MS,
            "max_batch_size": MAX_BATCH,
            "max_request_size": MAX_REQUEST,
        }
