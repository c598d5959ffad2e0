"""The inbox and the interface for case systems."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final
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
        default=8,
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


_PROCESS: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
_MOST_PROCESSES: Final = 50


def _process_addresses(text: str) -> str:
    """Raises `ValueError`, whose message holds nothing of the value."""
    names = []
    for pair in filter(None, map(str.strip, text.split(","))):
        name, _, address = pair.partition("=")
        if not _PROCESS.fullmatch(name):
            raise ValueError("each is name=address, the name of small letters, digits, dots and hyphens")
        if urlsplit(_web_address(address)).username is not None:
            raise ValueError("an address holds no user and no password")
        names.append(name)
    if len(set(names)) < len(names):
        raise ValueError("a name stands twice")
    if len(names) > _MOST_PROCESSES:
        raise ValueError(f"more than {_MOST_PROCESSES} processes")
    return text


class OperatorSection(Section):
    """The operators' page."""

    addresses: Annotated[str, AfterValidator(_process_addresses)] = Field(
        default="",
        validation_alias="OPERATOR_METRICS_ADDRESSES",
        description="Where the processes serve their metrics, for the operators' page of the inbox: "
        "`name=address`, with commas between, such as `lag=http://lag:9100/metrics`; unset: the page has no numbers",
    )

    @property
    def processes(self) -> Mapping[str, str]:
        """Addresses by name, in the order of the setting."""
        pairs = (pair.strip().partition("=") for pair in self.addresses.split(",") if pair.strip())
        return {name: address for name, _, address in pairs}


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
    levels: str = Field(
        default="",
        validation_alias="OIDC_LEVELS",
        description="Levels of assurance that are taken (values of `acr`, separated by spaces, the preferred one "
        "first), such as those of NSIS; the provider is asked for them, and whoever comes with another is refused. "
        "Without it any will do",
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
