"""The inbox and the interface for case systems."""

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr

from config.sections.base import Port, Section


def _web_address(url: str) -> str:
    # `urlsplit` has a ValueError of its own for what it cannot take apart.
    address = urlsplit(url)
    if address.scheme not in ("http", "https") or not address.hostname:
        raise ValueError("it is no address that begins with http:// or https://")
    return url


WebAddress = Annotated[str, AfterValidator(_web_address)]


class LinkSection(Section):
    """Where people reach the inbox."""

    url: WebAddress = Field(
        default="https://frafaldsvarsel.example.invalid",
        validation_alias="INBOX_URL",
        description="What links begin with: where people reach the inbox",
    )


class InboxSection(Section):
    """The units' pages."""

    host: str = Field(
        default="127.0.0.1",
        validation_alias="INBOX_HOST",
        description="Address on which the inbox listens (HTTP)",
    )
    port: Port = Field(default=8080, validation_alias="INBOX_PORT", description="Its port")
    idle_minutes: int = Field(
        default=30,
        ge=5,
        le=480,
        validation_alias="INBOX_IDLE_MINUTES",
        description="Without a click for so long, a person must log in anew",
    )
    session_hours: int = Field(
        default=9,
        ge=1,
        le=24,
        validation_alias="INBOX_SESSION_HOURS",
        description="After so long a person must log in anew, however busy",
    )
    attempts_apart_minutes: int = Field(
        default=60,
        ge=1,
        le=7 * 24 * 60,
        validation_alias="INBOX_ATTEMPTS_APART_MINUTES",
        description="Attempts at contact that lie closer together count as one, when a task is closed as not reached",
    )


class OidcSection(Section):
    """Where the inbox's users log in."""

    issuer: str | None = Field(
        default=None,
        validation_alias="OIDC_ISSUER",
        description="OpenID provider of the inbox's users; its discovery document lies under it",
    )
    client_id: str = Field(
        default="frafaldsvarsel",
        validation_alias="OIDC_CLIENT_ID",
        description="The inbox's name at the provider",
    )
    client_secret: SecretStr | None = Field(
        default=None, validation_alias="OIDC_CLIENT_SECRET", description="Its secret there"
    )
    rights_claim: str = Field(
        default="rights",
        validation_alias="OIDC_RIGHTS_CLAIM",
        description="Claim of the id token that holds a person's roles and units",
    )


class ApiSection(Section):
    """The interface for case systems."""

    clients_file: Path | None = Field(
        default=None,
        validation_alias="API_CLIENTS_FILE",
        description="The case systems that may use the interface (JSON; see docs/api.md); without it there is none",
    )
