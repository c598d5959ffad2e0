"""How units are told: mails, webhooks, and what comes back."""

from enum import StrEnum
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic_core import PydanticCustomError

from config.sections.base import PREFIX, Section


def _networks(text: str) -> str:
    for part in filter(None, map(str.strip, text.split(","))):
        ip_network(part)  # its ValueError says what is wrong
    return text


Networks = Annotated[str, AfterValidator(_networks)]


class SmtpTls(StrEnum):
    """How the connection to the mail relay is protected."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


class SmtpSection(Section):
    """The mail relay."""

    host: str = Field(default="localhost", validation_alias="SMTP_HOST", description="Mail relay")
    port: int = Field(default=25, validation_alias="SMTP_PORT", description="Its port")
    tls: SmtpTls = Field(
        default=SmtpTls.STARTTLS,
        validation_alias="SMTP_TLS",
        description="starttls, tls, or none for local use only",
    )
    ca_file: Path | None = Field(
        default=None,
        validation_alias="SMTP_CA_FILE",
        description="Authority of the relay's certificate (PEM)",
    )
    username: str | None = Field(
        default=None, validation_alias="SMTP_USERNAME", description="User at the relay"
    )
    password: SecretStr | None = Field(
        default=None, validation_alias="SMTP_PASSWORD", description="Password at the relay"
    )
    timeout_seconds: float = Field(
        default=30,
        gt=0,
        le=300,
        validation_alias="SMTP_TIMEOUT_SECONDS",
        description="Patience with the relay at each step before the mail itself",
    )
    answer_timeout_seconds: float = Field(
        default=120,
        gt=0,
        le=900,
        validation_alias="SMTP_ANSWER_TIMEOUT_SECONDS",
        description="Patience for its answer to a whole mail; to give up is not to know",
    )
    sender: str = Field(
        default="frafaldsvarsel@example.invalid",
        validation_alias="MAIL_FROM",
        description="Sender address of every mail",
    )


class DeliverySection(Section):
    """How long a notice waits."""

    lease_seconds: float = Field(
        default=60,
        gt=0,
        validation_alias="MAIL_LEASE_SECONDS",
        description="How long a killed notifier's mails wait for another",
    )
    retry_seconds: float = Field(
        default=30,
        gt=0,
        validation_alias="MAIL_RETRY_SECONDS",
        description="First wait before a mail is tried again; doubled each time, up to half an hour",
    )
    gather: bool = Field(
        default=True,
        validation_alias="MAIL_GATHER",
        description="Gather further messages of an open task into one mail (`gathering.csv`); "
        "false only for a trial that must come to rest",
    )


class AcknowledgeSection(Section):
    """The link by which a mail's reader acknowledges a task."""

    days: int = Field(
        default=14,
        ge=0,
        le=90,
        validation_alias="ACKNOWLEDGE_LINK_DAYS",
        description="How long the acknowledge link of a mail is good for; 0 for none",
    )


class BounceMaildirSection(Section):
    """Where undeliverable mails come back to."""

    maildir: Path | None = Field(
        default=None,
        validation_alias="BOUNCE_MAILDIR",
        description="Maildir into which the relay puts what comes to bounce_address: the notifiers read it, "
        "and the audit says what lies there unread",
    )


class BounceSection(BounceMaildirSection):
    """The same for whoever sends the mails."""

    address: str | None = Field(
        default=None,
        validation_alias="BOUNCE_ADDRESS",
        description="What undeliverable mails come back to, as name@domain: every name+… there must reach "
        "bounce_maildir. Without it nobody hears of them",
    )

    @model_validator(mode="after")
    def _are_both_there(self) -> Self:
        if (self.address is None) != (self.maildir is None):
            raise PydanticCustomError(
                "sentence", f"{PREFIX}BOUNCE_ADDRESS and {PREFIX}BOUNCE_MAILDIR need each other"
            )
        return self


class WebhookSection(Section):
    """The units' own systems."""

    secrets_dir: Path | None = Field(
        default=None,
        validation_alias="WEBHOOK_SECRETS_DIR",
        description="Folder with a file for each unit that has a webhook, named as the unit, "
        "with a whsec_… a line, the newest first; read at every attempt",
    )
    networks: Networks = Field(
        default="",
        validation_alias="WEBHOOK_NETWORKS",
        description="Networks besides public addresses to which webhooks may be sent, separated by commas",
    )
    plain_http: bool = Field(
        default=False,
        validation_alias="WEBHOOK_PLAIN_HTTP",
        description="Webhooks without TLS too; for local use only",
    )
    rest_seconds: float = Field(
        default=15,
        gt=0,
        le=300,
        validation_alias="WEBHOOK_REST_SECONDS",
        description="How long an endpoint that failed is left alone; doubled while it lasts, up to five minutes",
    )
    ca_file: Path | None = Field(
        default=None,
        validation_alias="WEBHOOK_CA_FILE",
        description="Authority of the endpoints' certificates (PEM), instead of the system's",
    )
