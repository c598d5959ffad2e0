"""Holds a plain event to the contract before anything is sent; same models as intake's, one sentence a fault.

No sentence holds a value from the event, nor a name that its author made up.
"""

from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Final, Protocol

import orjson
from pydantic import ValidationError

from models.base import Frozen
from models.calendar import copenhagen_date
from models.cpr import NotAPerson, is_unborn, is_written_in, normalise
from models.events.cloudevent import RefusedError, read
from models.events.contract import ContactPerson, RiskData, free_texts, is_uuid
from models.events.control_total import ControlTotalData, TypeCount
from models.events.event_types import CPR_FIELDS, VERSION_1, EventType, countable
from models.events.number_change import NumberChangeData
from models.events.sender import Sender, kind_of
from publisher.events import PlainEvent
from publisher.prepare import attributes_of

_NUMBERS: Final = frozenset((field,) for field in CPR_FIELDS)
_HINTS: Final = {"institution_number": "six digits", "municipality_code": "four digits"}


class FindsSenders(Protocol):
    """The senders' register, as far as a publisher asks it."""

    def find(self, number: str) -> Sender | None:
        """The sender of that number."""


def faults_of(event: PlainEvent, register: FindsSenders | None = None) -> Iterator[str]:
    """A sentence for all in `event` that intake would refuse, as far as it can be seen before sealing."""
    event_type = VERSION_1.get(event.type)
    if event_type is None:
        yield "type is not one of the contract's."
        return
    time = None
    try:
        time = read(orjson.dumps({**attributes_of(event), "data": {}}), ()).time
    except RefusedError as error:
        yield f"{error.refused.detail}."
    if not is_uuid(event.id):
        yield "id is not a UUID in lower case."
    yield from _of_sender(event, event_type, register)
    yield from _of_data(event, event_type, time)


def _of_sender(event: PlainEvent, event_type: EventType, register: FindsSenders | None) -> Iterator[str]:
    if register is not None:
        sender = register.find(event.sender)
        if sender is None:
            yield "sender is not in the senders' register."
        elif sender.kind not in event_type.senders:
            yield f"sender may not send this type: it is for {' and '.join(sorted(event_type.senders))} senders."
        elif sender.source != event.source:
            yield "source is not the sender's."
    owner = event_type.owner
    if owner is not None and isinstance(event.data.get(owner), str) and event.data[owner] != event.sender:
        yield f"data.{owner} is not the sender's number."


def _of_data(event: PlainEvent, event_type: EventType, time: datetime | None) -> Iterator[str]:
    data = None
    try:
        data = event_type.data.model_validate_json(orjson.dumps(event.data), strict=True)
    except ValidationError as error:
        for fault in error.errors(include_url=False, include_context=False, include_input=False):
            if fault["loc"] not in _NUMBERS or not is_about_a_person(event_type):
                yield _sentence(fault["loc"], fault["type"], fault["msg"], event_type)
    except TypeError:
        yield "data holds something that JSON cannot carry."
    if is_about_a_person(event_type):
        for field in CPR_FIELDS:
            if field in event_type.data.model_fields:
                yield from _of_cpr(event, field, time)
        if isinstance(data, NumberChangeData) and _same(data.cpr, data.new_cpr):
            yield "data.new_cpr is the old number."
    elif isinstance(data, ControlTotalData):
        yield from _of_total(event, data, time)
    if isinstance(data, RiskData):
        yield from _of_text(data)


def is_about_a_person(event_type: EventType) -> bool:
    """Whether its data carries a CPR."""
    return event_type.content is not None


def _of_text(data: RiskData) -> Iterator[str]:
    for path, text in free_texts(data.text, data.contact):
        if is_written_in(text):
            yield f"data.{path} holds a CPR: write it without, for the event names its person."


def _of_total(event: PlainEvent, data: ControlTotalData, time: datetime | None) -> Iterator[str]:
    if not {count.type for count in data.counts} <= countable(kind_of(event.sender)):
        yield "data.counts names a type that its sender does not send."
    if time is not None and data.day >= copenhagen_date(time):
        yield "data.day was not over at its time."


def _of_cpr(event: PlainEvent, field: str, time: datetime | None) -> Iterator[str]:
    cpr = event.data.get(field)
    if cpr is None:
        yield f"data.{field} is missing."
    elif not isinstance(cpr, str):
        yield f"data.{field} is not a text of ten digits."
    else:
        try:
            digits = normalise(cpr)
        except NotAPerson as error:
            yield f"data.{field}: {error}."
            return
        if time is not None and is_unborn(digits, copenhagen_date(time)):
            yield f"data.{field}: its date of birth is after the event's own time."


def _same(one: str, other: str) -> bool:
    try:
        return normalise(one) == normalise(other)
    except NotAPerson:
        return False


def _sentence(loc: tuple[int | str, ...], kind: str, message: str, event_type: EventType) -> str:
    names = field_names(event_type)
    path = ".".join(("data", *(str(part) for part in loc if isinstance(part, int) or part in names)))
    if kind == "missing":
        return f"{path} is missing."
    if kind == "extra_forbidden":
        where = "" if path == "data" else f" in {path}"
        return f"data has a field that this type does not have{where}."
    hint = _HINTS.get(str(loc[-1]) if loc else "")
    said = message.removeprefix("Value error, ").removeprefix("Input ")
    return f"{path}: {hint}." if hint else f"{path}: {said}."


@cache
def field_names(event_type: EventType) -> frozenset[str]:
    """The contract's own names for the type's data: those that a sentence may repeat."""
    nested: dict[str, type[Frozen]] = {"contact": ContactPerson, "counts": TypeCount}
    names = set(event_type.data.model_fields)
    for field in names & nested.keys():
        names |= set(nested[field].model_fields)
    return frozenset(names)
