"""The stream's keys as settings: by what the service's processes know each other's records."""

from typing import Annotated, Self

from pydantic import AwareDatetime, Field, PlainValidator, model_validator
from pydantic_core import PydanticCustomError

from config.sections.base import Section
from crypto.stream_keys import StreamKeyring


def _stream_ring(text: object) -> StreamKeyring:
    try:
        return StreamKeyring.model_validate_json(str(text))
    except ValueError:
        raise PydanticCustomError(
            "sentence", "is not a key ring of the stream; see docs/operations.md"
        ) from None


class StreamKeySection(Section):
    """By what the service's processes know each other's records; a ring of its own."""

    ring: Annotated[StreamKeyring, PlainValidator(_stream_ring)] | None = Field(
        default=None,
        validation_alias="STREAM_KEYS",
        description="The stream's keys as JSON; normally by …_FILE. With them records on internal topics get a MAC",
        repr=False,
    )
    required_from: AwareDatetime | None = Field(
        default=None,
        validation_alias="STREAM_MAC_REQUIRED_FROM",
        description="What a broker has appended to an internal topic since then must have a MAC, else it goes to "
        "quarantine. To be set when every process has the keys; it stays for ever",
    )

    @property
    def mac_required(self) -> bool:
        """Whether a record without a MAC is foreign from some moment on."""
        return self.required_from is not None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.mac_required and self.ring is None:
            raise PydanticCustomError("sentence", "STREAM_MAC_REQUIRED_FROM needs STREAM_KEYS")
        return self
