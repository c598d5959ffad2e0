"""The audit, and the made-up message that is sent through the whole chain."""

from pathlib import Path

from pydantic import Field, SecretStr

from config.sections.base import Port, Section


class AuditSection(Section):
    """The audit."""

    grace_seconds: int = Field(
        default=60,
        ge=1,
        validation_alias="GRACE_SECONDS",
        description="How long an answer may stay away after its step has passed by, before the audit calls it missing",
    )
    file: Path | None = Field(
        default=None,
        validation_alias="AUDIT_FILE",
        description="Where the audit keeps what it has read of the log; without it each start reads the log anew",
    )
    heartbeat_file: Path | None = Field(
        default=None,
        validation_alias="HEARTBEAT_FILE",
        description="Touched by the audit that watches, while everything is accounted for",
    )
    heartbeat_url: SecretStr | None = Field(
        default=None,
        validation_alias="HEARTBEAT_URL",
        description="Asked by it (HTTP GET) likewise; no redirect is followed",
    )


class LagSection(Section):
    """How often the lag is looked at."""

    seconds: int = Field(
        default=10,
        ge=1,
        validation_alias="LAG_SECONDS",
        description="Kafka is asked for the lag every so many seconds; ten looks are the window of a consumer's status",
    )


class ProbeIntervalSection(Section):
    """How often the made-up message is sent, and how long it is waited for."""

    seconds: int | None = Field(
        default=None,
        ge=1,
        validation_alias="CANARY_SECONDS",
        description="A canary is sent every so many seconds; without it the audit that watches expects none",
    )
    patience_seconds: int = Field(
        default=120,
        ge=1,
        validation_alias="CANARY_PATIENCE_SECONDS",
        description="How long a canary may be on its way before it is lost",
    )


class ProbeSection(Section):
    """Who sends it."""

    keys_dir: Path | None = Field(
        default=None,
        validation_alias="CANARY_KEYS_DIR",
        description="Where the canary finds its senders' private keys and the service's public key",
    )
    metrics_port: Port | None = Field(
        default=None,
        validation_alias="CANARY_METRICS_PORT",
        description="Where the canary serves its metrics (HTTP)",
    )
