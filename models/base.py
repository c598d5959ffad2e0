"""The bases of every record: immutable, and with a rule for what it does not know."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """An immutable record that refuses fields it does not declare."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, hide_input_in_errors=True)


class Travelling(Frozen):
    """A record on the service's own topics, which a later version of the service may have written.

    A field that this version does not know is kept and passed on, and judged by nobody (docs/decisions/0015).
    """

    model_config = ConfigDict(extra="allow")
