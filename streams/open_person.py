"""Who an event is about, and what else it has sealed: the JWE of either version opened, to the same plain data."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from joserfc.jwk import OKPKey
from pydantic import ValidationError

from crypto import sealed_cpr as cpr_seal
from models.cpr import NotAPerson, is_unborn, is_written_in, normalise
from models.events.cloudevent import Envelope, RefusedError
from models.events.contract import RiskData
from models.events.event_types import VERSION_1, EventType
from models.events.number_change import NumberChangeData
from models.events.sealed_contract import NumbersInside, PersonInside
from models.json_names import has_double_name
from models.reasons import Rejection
from streams.wrong_fields import wrong_field


@dataclass(frozen=True, slots=True)
class OpenedPerson:
    """`number`: ten digits. `data`: as in version 1, with text and contact; its numbers are not to be looked at."""

    number: str
    new_number: str | None
    """The other one, of a change of number."""
    data: Any


def open_person(
    envelope: Envelope, event_type: EventType, data: Any, keys: Mapping[str, OKPKey], day: date
) -> OpenedPerson:
    """What `data` has sealed, opened by the service's `keys`; `day`: when the broker got it. Raises `RefusedError`."""
    if event_type.inside is None:
        number = _number(_text(data.cpr, keys, None), day)
        changed = isinstance(data, NumberChangeData)
        new = _other(_text(data.new_cpr, keys, None, "new_cpr"), day, number) if changed else None
        return OpenedPerson(number, new, data)
    belongs = cpr_seal.Belongs(envelope.attributes["sender"], envelope.attributes["id"])
    inside = _inside(_text(data.sealed, keys, belongs), event_type.inside)
    number = _number(inside.cpr, day)
    fields = {name: value for name, value in (*data, *inside) if name != "sealed"}
    # Both halves have been checked by now.
    plain = VERSION_1[event_type.first_name].data.model_construct(**fields)
    if isinstance(plain, RiskData):
        for name, text in plain.free_texts():
            if is_written_in(text):
                raise RefusedError(Rejection.CPR_IN_TEXT, f"sealed.{name}")
    new = _other(inside.new_cpr, day, number) if isinstance(inside, NumbersInside) else None
    return OpenedPerson(number, new, plain)


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
    if has_double_name(text):
        raise RefusedError(Rejection.WRONG_FIELD, "sealed: a name stands twice in one object")
    return inside


def _other(text: str, day: date, number: str) -> str:
    """The new number of a change of number."""
    new = _number(text, day, "new_cpr")
    if new == number:
        raise RefusedError(Rejection.WRONG_FIELD, "new_cpr")
    return new


def _number(text: str, day: date, field: str | None = None) -> str:
    try:
        number = normalise(text)
    except NotAPerson:
        raise RefusedError(Rejection.NOT_A_PERSON, field) from None
    if is_unborn(number, day):
        raise RefusedError(Rejection.NOT_A_PERSON, "born after the broker received it")
    return number
