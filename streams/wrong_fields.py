"""What a refusal may say of data that the contract does not take: the contract's own names, and no value."""

from pydantic import ValidationError

from models.base import Frozen
from models.events.cloudevent import RefusedError
from models.events.contract import ContactPerson
from models.reasons import Rejection

_MISSING = "missing"


def wrong_field(error: ValidationError, model: type[Frozen], within: str | None = None) -> RefusedError:
    """The refusal of the first fault that `model` has found, in what is sealed in the field `within`."""
    fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
    # Never a name that a sender made up: it may be anybody's number.
    known = {*model.model_fields, *ContactPerson.model_fields}
    path = [within, *(part for part in fault["loc"] if part in known)]
    reason = Rejection.MISSING_FIELD if fault["type"] == _MISSING else Rejection.WRONG_FIELD
    return RefusedError(reason, ".".join(str(part) for part in path if part is not None) or None)
