"""How webhooks are sent, as one frozen record; it must not open or read anything."""

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

from pydantic import Field

from models.base import Frozen


class WebhookSettings(Frozen):
    """Waits are seconds. No endpoint can hold an attempt longer than `total_seconds`."""

    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    """Besides public addresses: the operator's own."""
    plain_http: bool = False
    """Without TLS too; for local use."""
    ca_file: Path | None = None
    """Certificates to trust instead of the system's."""
    connect_seconds: float = Field(default=5, gt=0, le=60)
    answer_seconds: float = Field(default=10, gt=0, le=60)
    total_seconds: float = Field(default=15, gt=0, le=120)
    rest_seconds: float = Field(default=15, gt=0)
    """An endpoint that failed is left alone for so long, whatever else is due to it; doubled while it lasts."""
    longest_rest_seconds: float = Field(default=300, gt=0)
    longest_retry_after_seconds: float = Field(default=3600, gt=0)
    """What an endpoint may ask for at most: else it could put a notice off past its use."""
