"""The environment, read once and typed: ``FRAFALDSVARSEL_…``, every secret also as ``FRAFALDSVARSEL_…_FILE``.

Nothing reads the environment but `load`, and it reports every fault at once, a sentence each.
"""

from collections.abc import Mapping
from enum import StrEnum
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

from joserfc.errors import JoseError
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError

from config.errors import ConfigError, Fault
from config.kafka import KafkaSettings, Security
from crypto.keyring import Keyring

PREFIX: Final = "FRAFALDSVARSEL_"
_SCHEMES: Final = frozenset({"postgresql", "postgres"})


def _networks(text: str) -> str:
    for part in filter(None, map(str.strip, text.split(","))):
        ip_network(part)  # its ValueError says what is wrong
    return text


def _database_url(url: SecretStr) -> SecretStr:
    # What libpq itself would say repeats the address, and a password may stand in it.
    scheme, _, rest = url.get_secret_value().partition("://")
    if not (scheme in _SCHEMES if rest else "=" in scheme):
        raise ValueError("it is no address of a PostgreSQL database")
    return url


def _web_address(url: str) -> str:
    # `urlsplit` has a ValueError of its own for what it cannot take apart.
    address = urlsplit(url)
    if address.scheme not in ("http", "https") or not address.hostname:
        raise ValueError("it is no address that begins with http:// or https://")
    return url


WebAddress = Annotated[str, AfterValidator(_web_address)]
DatabaseUrl = Annotated[SecretStr, AfterValidator(_database_url)]
Networks = Annotated[str, AfterValidator(_networks)]


class SmtpTls(StrEnum):
    """How the connection to the mail relay is protected."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


class Settings(BaseModel):
    """Everything that a process needs to know of its surroundings."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    kafka_bootstrap_servers: str = Field(description="Brokers as host:port, separated by commas")
    kafka_security: Security = Field(default=Security.PLAINTEXT, description="PLAINTEXT, SSL or SASL_SSL")
    kafka_ca_file: str | None = Field(
        default=None, description="Authority of the brokers' certificates (PEM)"
    )
    kafka_certificate_file: str | None = Field(default=None, description="Client certificate for mTLS (PEM)")
    kafka_key_file: str | None = Field(default=None, description="Client key for mTLS (PEM)")
    kafka_username: str | None = Field(default=None, description="SASL user")
    kafka_password: SecretStr | None = Field(default=None, description="SASL password")
    replication_factor: int = Field(default=3, ge=1, description="Copies of every topic")
    min_insync_replicas: int = Field(
        default=2, ge=1, description="Copies that must have a record before it counts"
    )
    database_url: DatabaseUrl = Field(description="PostgreSQL: postgresql://user:password@host/database")
    database_timeout_seconds: float = Field(
        default=60, ge=1, description="Patience with the database for a statement; twice as long for a batch"
    )
    keyring: SecretStr = Field(description="The service's keys as JSON; normally by …_FILE")
    senders_dir: Path = Field(description="The senders' register: one JSON file for each sender")
    reference_dir: Path | None = Field(default=None, description="Reference data in place of the built-in")
    instance: str | None = Field(
        default=None,
        description="Name of this process among its like, its own and steady over restarts; "
        "with it a restart disturbs nobody, without it any number may run",
    )
    worker_data_dir: Path = Field(
        default=Path("worker-data"), description="Scratch folder of the stream worker"
    )
    ready_file: Path | None = Field(
        default=None, description="Written when the process is ready for its work"
    )
    clock_tolerance_seconds: int = Field(
        default=300, ge=0, description="How far a sender's clock may be ahead of the brokers'"
    )
    session_timeout_seconds: int = Field(
        default=10, ge=6, description="After this silence another worker takes the partitions over"
    )
    grace_seconds: int = Field(
        default=60,
        ge=1,
        description="How long a record may be under way before the audit calls it unaccounted",
    )
    audit_file: Path | None = Field(
        default=None,
        description="Where the audit keeps what it has read of the log; without it each start reads the log anew",
    )
    metrics_port: int | None = Field(
        default=None, ge=1, le=65535, description="Where the audit that watches serves its metrics (HTTP)"
    )
    heartbeat_file: Path | None = Field(
        default=None, description="Touched by the audit that watches, while everything is accounted for"
    )
    heartbeat_url: SecretStr | None = Field(
        default=None, description="Asked by it (HTTP GET) likewise; no redirect is followed"
    )
    canary_seconds: int | None = Field(
        default=None,
        ge=1,
        description="A canary is sent every so many seconds; without it the audit that watches expects none",
    )
    canary_patience_seconds: int = Field(
        default=120, ge=1, description="How long a canary may be on its way before it is lost"
    )
    canary_keys_dir: Path | None = Field(
        default=None,
        description="Where the canary finds its senders' private keys and the service's public key",
    )
    canary_metrics_port: int | None = Field(
        default=None, ge=1, le=65535, description="Where the canary serves its metrics (HTTP)"
    )
    failpoints_dir: Path | None = Field(
        default=None, description="For tests of the service alone: strikes lie here; see infra/failpoints.py"
    )
    smtp_host: str = Field(default="localhost", description="Mail relay")
    smtp_port: int = Field(default=25, description="Its port")
    smtp_tls: SmtpTls = Field(
        default=SmtpTls.STARTTLS, description="starttls, tls, or none for local use only"
    )
    smtp_ca_file: str | None = Field(default=None, description="Authority of the relay's certificate (PEM)")
    smtp_username: str | None = Field(default=None, description="User at the relay")
    smtp_password: SecretStr | None = Field(default=None, description="Password at the relay")
    smtp_timeout_seconds: float = Field(
        default=30, gt=0, le=300, description="Patience with the relay at each step before the mail itself"
    )
    smtp_answer_timeout_seconds: float = Field(
        default=120,
        gt=0,
        le=900,
        description="Patience for its answer to a whole mail; to give up is not to know",
    )
    mail_lease_seconds: float = Field(
        default=60, gt=0, description="How long a killed notifier's mails wait for another"
    )
    mail_retry_seconds: float = Field(
        default=30,
        gt=0,
        description="First wait before a mail is tried again; doubled each time, up to half an hour",
    )
    mail_from: str = Field(
        default="frafaldsvarsel@example.invalid", description="Sender address of every mail"
    )
    inbox_url: WebAddress = Field(
        default="https://frafaldsvarsel.example.invalid",
        description="What links begin with: where people reach the inbox",
    )
    inbox_host: str = Field(default="127.0.0.1", description="Address on which the inbox listens (HTTP)")
    inbox_port: int = Field(default=8080, ge=1, le=65535, description="Its port")
    inbox_idle_minutes: int = Field(
        default=30, ge=5, le=480, description="Without a click for so long, a person must log in anew"
    )
    inbox_session_hours: int = Field(
        default=9, ge=1, le=24, description="After so long a person must log in anew, however busy"
    )
    oidc_issuer: str | None = Field(
        default=None, description="OpenID provider of the inbox's users; its discovery document lies under it"
    )
    oidc_client_id: str = Field(default="frafaldsvarsel", description="The inbox's name at the provider")
    oidc_client_secret: SecretStr | None = Field(default=None, description="Its secret there")
    oidc_rights_claim: str = Field(
        default="rights", description="Claim of the id token that holds a person's roles and units"
    )
    acknowledge_link_days: int = Field(
        default=14, ge=0, le=90, description="How long the acknowledge link of a mail is good for; 0 for none"
    )
    bounce_address: str | None = Field(
        default=None,
        description="What undeliverable mails come back to, as name@domain: every name+… there must reach "
        "bounce_maildir. Without it nobody hears of them",
    )
    bounce_maildir: Path | None = Field(
        default=None,
        description="Maildir into which the relay puts what comes to bounce_address: the notifiers read it, "
        "and the audit says what lies there unread",
    )
    webhook_secrets_dir: Path | None = Field(
        default=None,
        description="Folder with a file for each unit that has a webhook, named as the unit, "
        "with a whsec_… a line, the newest first; read at every attempt",
    )
    webhook_networks: Networks = Field(
        default="",
        description="Networks besides public addresses to which webhooks may be sent, separated by commas",
    )
    webhook_plain_http: bool = Field(
        default=False, description="Webhooks without TLS too; for local use only"
    )
    webhook_rest_seconds: float = Field(
        default=15,
        gt=0,
        le=300,
        description="How long an endpoint that failed is left alone; doubled while it lasts, up to five minutes",
    )
    webhook_ca_file: str | None = Field(
        default=None, description="Authority of the endpoints' certificates (PEM), instead of the system's"
    )

    api_clients_file: Path | None = Field(
        default=None,
        description="The case systems that may use the interface (JSON; see docs/api.md); without it there is none",
    )

    @property
    def kafka(self) -> KafkaSettings:
        """The part that Kafka's clients need."""
        return KafkaSettings(
            bootstrap_servers=self.kafka_bootstrap_servers,
            security=self.kafka_security,
            ca_file=self.kafka_ca_file,
            certificate_file=self.kafka_certificate_file,
            key_file=self.kafka_key_file,
            username=self.kafka_username,
            password=self.kafka_password,
        )

    def open_keyring(self) -> Keyring:
        """The service's keys; raises `ConfigError` without showing any of them."""
        try:
            keyring = Keyring.model_validate_json(self.keyring.get_secret_value())
            keyring.make_vault()
            keyring.opening_keys()
            return keyring
        except (ValueError, KeyError, JoseError):
            raise ConfigError(
                [Fault(sentence=f"{PREFIX}KEYRING is not a key ring; see docs/operations.md.")]
            ) from None


SECRETS: Final = (
    "kafka_password",
    "database_url",
    "keyring",
    "smtp_password",
    "heartbeat_url",
    "oidc_client_secret",
)


def load(environ: Mapping[str, str]) -> Settings:
    """The settings in `environ`; raises `ConfigError` with a sentence for each fault."""
    faults: list[Fault] = []
    values: dict[str, str] = {}
    known = {PREFIX + name.upper(): name for name in Settings.model_fields}
    files = {PREFIX + name.upper() + "_FILE": name for name in SECRETS}
    for variable, text in environ.items():
        if not variable.startswith(PREFIX):
            continue
        if variable in known:
            values[known[variable]] = text
        elif variable in files:
            try:
                values.setdefault(files[variable], Path(text).read_text(encoding="utf-8").strip())
            except OSError as error:
                faults.append(
                    Fault(sentence=f"{variable} names a file that cannot be read: {error.strerror}.")
                )
        else:
            faults.append(
                Fault(sentence=f"{variable} is not a setting; see docs/settings.md for their names.")
            )
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        for fault in error.errors():
            variable = PREFIX + str(fault["loc"][0]).upper()
            why = fault["msg"].removeprefix("Value error, ")
            said = "is missing" if fault["type"] == "missing" else f"is not valid: {why}"
            faults.append(Fault(sentence=f"{variable} {said}."))
        raise ConfigError(faults) from None
    if settings.min_insync_replicas > settings.replication_factor:
        faults.append(
            Fault(sentence=f"{PREFIX}MIN_INSYNC_REPLICAS is larger than {PREFIX}REPLICATION_FACTOR.")
        )
    if (settings.bounce_address is None) != (settings.bounce_maildir is None):
        faults.append(Fault(sentence=f"{PREFIX}BOUNCE_ADDRESS and {PREFIX}BOUNCE_MAILDIR need each other."))
    if faults:
        raise ConfigError(faults)
    return settings
