"""The servers that a process speaks with, and what it reads there. Kafka's clients: `config.kafka`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Self

from joserfc.jwk import OKPKey
from pydantic import AfterValidator, Field, SecretStr, field_validator, model_validator
from pydantic_core import PydanticCustomError

from config.reference.approved import PEOPLE
from config.sections.base import PREFIX, Section
from config.sections.public_keys import PublicKeys

_SCHEMES: Final = frozenset({"postgresql", "postgres"})


def _database_url(url: SecretStr) -> SecretStr:
    # What libpq itself would say repeats the address, and a password may stand in it.
    scheme, _, rest = url.get_secret_value().partition("://")
    if not (scheme in _SCHEMES if rest else "=" in scheme):
        raise ValueError("it is no address of a PostgreSQL database")
    return url


DatabaseUrl = Annotated[SecretStr, AfterValidator(_database_url)]


class ReplicationSection(Section):
    """How many copies of every record."""

    factor: int = Field(
        default=3, ge=1, validation_alias="REPLICATION_FACTOR", description="Copies of every topic"
    )
    min_insync: int = Field(
        default=2,
        ge=1,
        validation_alias="MIN_INSYNC_REPLICAS",
        description="Copies that must have a record before it counts",
    )

    @model_validator(mode="after")
    def _can_be_kept(self) -> Self:
        if self.min_insync > self.factor:
            raise PydanticCustomError(
                "sentence", f"{PREFIX}MIN_INSYNC_REPLICAS is larger than {PREFIX}REPLICATION_FACTOR"
            )
        return self


class DatabaseAddress(Section):
    """Where the ledger is."""

    url: DatabaseUrl = Field(
        validation_alias="DATABASE_URL",
        description="PostgreSQL: postgresql://user:password@host/database",
    )


class DatabaseSection(DatabaseAddress):
    """The same for a process that serves."""

    timeout_seconds: float = Field(
        default=60,
        ge=1,
        validation_alias="DATABASE_TIMEOUT_SECONDS",
        description="Patience with the database for a statement; twice as long for a batch",
    )


class MigrateSection(Section):
    """Who changes the schema; no process is told."""

    url: DatabaseUrl | None = Field(
        default=None,
        validation_alias="MIGRATE_DATABASE_URL",
        description="The same database as its own user, who may become the owner; a superuser also makes the roles",
    )


class SendersSection(Section):
    """Who may send."""

    directory: Path = Field(
        validation_alias="SENDERS_DIR", description="The senders' register: one JSON file for each sender"
    )


class KafkaUserSection(Section):
    """What the service's own users are called at Kafka; `topics acl` gives them their rights."""

    pattern: str = Field(
        default="{user}",
        pattern=r"\{user\}",
        validation_alias="SERVICE_KAFKA_USER",
        description="What a user of the service is called at Kafka; `{user}` is worker, ledger and so on. With client "
        "certificates such as CN={user},O=Kommunen",
    )

    def name_of(self, user: str) -> str:
        """The name at Kafka."""
        return self.pattern.replace("{user}", user)


class QuotaSection(Section):
    """How much a user may write to Kafka; `topics apply` tells it to the brokers."""

    sender_bytes: int | None = Field(
        default=None,
        ge=1024,
        validation_alias="SENDER_BYTES_PER_SECOND",
        description="What each sender of the register may write to Kafka in a second, at each broker; "
        "without it `topics apply` sets no quota of a sender",
    )
    sender_user: str = Field(
        default="{number}",
        pattern=r"\{number\}",
        validation_alias="SENDER_KAFKA_USER",
        description="What a sender is called at Kafka; `{number}` is its number",
    )
    other_bytes: int | None = Field(
        default=None,
        ge=1024,
        validation_alias="OTHER_USERS_BYTES_PER_SECOND",
        description="The same for every user without a quota of its own: the service's own users too, so give them "
        "theirs before",
    )

    def user_of(self, number: str) -> str:
        """What a sender is called at Kafka."""
        return self.sender_user.replace("{number}", number)


class ReferenceSection(Section):
    """The dated tables."""

    directory: Path | None = Field(
        default=None,
        validation_alias="REFERENCE_DIR",
        description="Reference data in place of the built-in",
    )
    approvers: PublicKeys | None = Field(
        default=None,
        validation_alias="REFERENCE_APPROVERS",
        description="The public keys of those who may sign for routes and addresses (JWK set, each `kid` a person); "
        "normally by …_FILE, where nobody who changes the tables can write. With it no process takes tables that two "
        "of them have not signed",
    )

    @field_validator("approvers")
    @classmethod
    def _enough(cls, keys: Mapping[str, OKPKey] | None) -> Mapping[str, OKPKey] | None:
        if keys is not None and len(keys) < PEOPLE:
            raise ValueError(f"holds {len(keys)} key, and {PEOPLE} people must sign")
        if keys is not None and len({key.thumbprint() for key in keys.values()}) < len(keys):
            raise ValueError("holds one key under two names, and whoever has it would be two people")
        return keys


class NamingSection(Section):
    """What takes back something that nobody has registered."""

    names_nothing_after_hours: int = Field(
        default=72,
        ge=1,
        validation_alias="NAMES_NOTHING_AFTER_HOURS",
        description="Hours after which its sender is told that an end, an annulment or a withdrawal names nothing",
    )


class ConsumerSection(Section):
    """Whoever shares partitions with others."""

    session_timeout_seconds: int = Field(
        default=10,
        ge=6,
        validation_alias="SESSION_TIMEOUT_SECONDS",
        description="After this silence another worker takes the partitions over",
    )
