"""A part of the settings: what belongs to one concern, each field with the name of its variable."""

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo

PREFIX: Final = "FRAFALDSVARSEL_"
"""Of every variable."""
Port = Annotated[int, Field(ge=1, le=65535)]


class Section(BaseModel):
    """Every field has its variable, without the prefix, as its `validation_alias`. No value shows in an error."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        validate_by_name=True,
        validate_by_alias=True,
        defer_build=True,  # a process builds the sections that it reads
    )

    @classmethod
    def variables(cls) -> dict[str, FieldInfo]:
        """The fields by their variables."""
        return {str(field.validation_alias): field for field in cls.model_fields.values()}
