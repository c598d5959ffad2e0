"""Who an event is about, and what else it has sealed: the JWE of either version opened, to the same plain data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from joserfc.jwk import OKPKey
from pydantic import ValidationError
from pydantic_core import from_json

from crypto import sealed_cpr as cpr_seal
from models.cpr import NotAPerson, is_unborn, is_written_in, normalise
from models.events.cloudevent import Envelope, RefusedError
from models.events.contract import free_texts
from models.events.event_types import CPR_FIELDS, EventType
from models.events.sealed_contract import MessageInside, PersonInside
from models.json_names import has_double_name_in
from models.reasons import Rejection
from streams.wrong_fields import wrong_field


@dataclass(frozen=True, slots=True)
class OpenedPerson:
    """What was sealed stands with the rest, as in version 1."""

    numbers: Mapping[str, str]
    """Ten digits by field: `cpr`, and of a change of number `new_cpr`."""
    fields: dict[str, Any]
    """The data as JSON, with text and contact; its numbers are not to be looked at."""


def open_person(
    envelope: Envelope, event_type: EventType, data: Any, keys: Mapping[str, OKPKey], day: date
) -> OpenedPerson:
    """What `data` has sealed, opened by the service's `keys`; `day`: when the broker got it. Raises `RefusedError`."""
    if event_type.inside is None:
        numbers = _numbers(data, lambda field, sealed: _text(sealed, keys, None, _unless_cpr(field)), day)
        return OpenedPerson(numbers, data.model_dump(mode="json"))
    belongs = cpr_seal.Belongs(envelope.attributes["sender"], envelope.attributes["id"])
    inside = _inside(_text(data.sealed, keys, belongs), event_type.inside)
    numbers = _numbers(inside, lambda _, text: text, day)
    fields = data.model_dump(mode="json") | inside.model_dump(mode="json")
    del fields["sealed"]
    if isinstance(inside, MessageInside):
        for name, text in free_texts(inside.text, inside.contact):
            if is_written_in(text):
                raise RefusedError(Rejection.CPR_IN_TEXT, f"sealed.{name}")
    return OpenedPerson(numbers, fields)


def _text(
    sealed: str, keys: Mapping[str, OKPKey], belongs: cpr_seal.Belongs | None, field: str | None = None
) -> str:
    try:
        return cpr_seal.open_sealed(sealed, keys, belongs)
    except cpr_seal.NotSealedError:
        raise RefusedError(Rejection.CPR_NOT_SEALED, field) from None
    except cpr_seal.SealedForAnotherError:
        raise RefusedError(Rejection.SEALED_FOR_ANOTHER) from None
    except cpr_seal.SealNotOpenedError:
        raise RefusedError(Rejection.CPR_NOT_OPENED, field) from None


def _inside(text: str, model: type[PersonInside]) -> PersonInside:
    try:
        inside = model.model_validate_json(text, strict=True)
    except ValidationError as error:
        raise wrong_field(error, model, within="sealed") from None
    if has_double_name_in(text, from_json(text)):
        raise RefusedError(Rejection.WRONG_FIELD, "sealed: a name stands twice in one object")
    return inside


def _numbers(data: Any, opened: Callable[[str, str], str], day: date) -> dict[str, str]:
    """Those that `data` holds, by field; `opened` gives the text of one."""
    # Asking a model by name for what it does not have costs it an exception.
    held = vars(data)
    found: dict[str, str] = {}
    for field in CPR_FIELDS:
        if (text := held.get(field)) is not None:
            number = _number(opened(field, text), day, _unless_cpr(field))
            if number in found.values():
                raise RefusedError(Rejection.WRONG_FIELD, field)
            found[field] = number
    return found


def _unless_cpr(field: str) -> str | None:
    """What a refusal names; of an event's own number its code says it already."""
    return None if field == "cpr" else field


def _number(text: str, day: date, field: str | None = None) -> str:
    try:
        number = normalise(text)
    except NotAPerson:
        raise RefusedError(Rejection.NOT_A_PERSON, field) from None
    if is_unborn(number, day):
        raise RefusedError(Rejection.NOT_A_PERSON, "born after the broker received it")
    return number
