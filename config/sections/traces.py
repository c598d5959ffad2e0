"""Where a process brings its traces, under OpenTelemetry's own names behind the service's prefix.

Without the prefix they are not read here: a variable that is set for a whole machine must not switch traces on.
"""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_core import PydanticCustomError

from config.sections.base import Section
from config.sections.pages import WebAddress


class TracesSection(Section):
    """Off without an endpoint."""

    endpoint: WebAddress | None = Field(
        default=None,
        validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT",
        description="Base address of a collector (OTLP over HTTP), such as https://collector.example:4318; "
        "unset: no traces",
    )
    headers: SecretStr | None = Field(
        default=None,
        validation_alias="OTEL_EXPORTER_OTLP_HEADERS",
        description="What the collector asks for, as name=value with commas between, values percent-encoded",
    )
    ca_file: Path | None = Field(
        default=None,
        validation_alias="OTEL_EXPORTER_OTLP_CERTIFICATE",
        description="Whom to trust for the collector's certificate (PEM); unset: whom the machine trusts",
    )
    ratio: float = Field(
        default=1.0,
        ge=0,
        le=1,
        allow_inf_nan=False,
        validation_alias="TRACES_SAMPLE_RATIO",
        description="The part of the traces that is kept, from 0 to 1; give every process the same",
    )

    @field_validator("endpoint")
    @classmethod
    def _is_an_address_alone(cls, endpoint: str | None) -> str | None:
        parts = urlsplit(endpoint or "")
        if "@" in parts.netloc or parts.query or parts.fragment:
            raise PydanticCustomError(
                "sentence",
                "holds more than an address; what the collector asks for is for OTEL_EXPORTER_OTLP_HEADERS",
            )
        return endpoint

    @field_validator("headers")
    @classmethod
    def _are_pairs(cls, headers: SecretStr | None) -> SecretStr | None:
        if headers is not None and _pairs(headers.get_secret_value()) is None:
            raise PydanticCustomError("sentence", "is no list of name=value with commas between")
        return headers

    @property
    def pairs(self) -> dict[str, str]:
        """The headers by name."""
        return {} if self.headers is None else _pairs(self.headers.get_secret_value()) or {}


def _pairs(text: str) -> dict[str, str] | None:
    pairs = {}
    for part in filter(None, map(str.strip, text.split(","))):
        name, found, value = part.partition("=")
        name, value = name.strip(), unquote(value.strip())
        if not (found and name and name.isascii() and value.isprintable() and value.isascii()):
            return None
        pairs[name] = value
    return pairs
