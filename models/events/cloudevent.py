"""A CloudEvent out of a Kafka record: both bindings, structured and binary, to the same attributes and data.

Knows the shape of CloudEvents 1.0 and nothing of the contract.
Bad bytes become a `Refused`, never an exception.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pydantic import AwareDatetime, TypeAdapter, ValidationError
from pydantic_core import from_json

from models.reasons import Rejection

MAX_BYTES: Final = 256 * 1024
MAX_DEPTH: Final = 16
SIGNED: Final = ("specversion", "id", "source", "sender", "type", "time", "datacontenttype")
"""The attributes that the signature covers; other extensions (a tracer's, say) pass by."""
SEQUENCE: Final = "sequence"
"""CloudEvents' sequence extension, signed with the others where a sender counts its events: 1, 2, 3, …"""
_REQUIRED: Final = ("specversion", "id", "source", "sender", "type", "time")
_STRUCTURED: Final = "application/cloudevents+json"
_MAX_ATTRIBUTE: Final = 256
_RFC3339: Final = re.compile(
    r"(199\d|20\d\d)-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII
)
NUMBER: Final = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)
"""One digit fewer than a CPR has: no number of a person can stand in its place."""
_moment = TypeAdapter(AwareDatetime)


@dataclass(frozen=True, slots=True)
class Refused:
    """A coded answer; `detail` never holds a value from the record."""

    reason: Rejection
    detail: str | None = None


class RefusedError(Exception):
    """Carries a `Refused` out of a nested step of intake to its one handler."""

    def __init__(self, reason: Rejection, detail: str | None = None) -> None:
        super().__init__(str(reason))
        self.refused = Refused(reason, detail)


@dataclass(frozen=True, slots=True)
class Envelope:
    """A CloudEvent's attributes, by name, and its data."""

    attributes: dict[str, str]
    signature: str | None
    time: datetime
    data: dict[str, Any]

    @property
    def sequence(self) -> int | None:
        """The event's number among its sender's, where the sender counts them."""
        number = self.attributes.get(SEQUENCE)
        return None if number is None else int(number)


def read(value: bytes | None, headers: Sequence[tuple[str, bytes | None]]) -> Envelope:
    """The CloudEvent in a record's value and headers; raises `RefusedError`."""
    if value is None:
        raise RefusedError(Rejection.TOMBSTONE)
    size = len(value) + sum(len(name) + len(content or b"") for name, content in headers)
    if size > MAX_BYTES:
        raise RefusedError(Rejection.TOO_LARGE, f"{size} bytes")
    named = {name.lower(): _text(content) for name, content in headers}
    if "ce_specversion" in named:
        attributes = {name[3:]: text for name, text in named.items() if name.startswith("ce_")}
        if "content-type" in named:
            attributes["datacontenttype"] = named["content-type"]
        return _envelope(attributes, _json(value))
    if not named.get("content-type", _STRUCTURED).startswith(_STRUCTURED):
        raise RefusedError(Rejection.NOT_A_CLOUDEVENT, "content-type is neither of the two Kafka bindings")
    event = _json(value)
    if not isinstance(event, dict):
        raise RefusedError(Rejection.NOT_A_CLOUDEVENT, "the event is not a JSON object")
    data = event.pop("data", None)
    if "data_base64" in event:
        raise RefusedError(Rejection.NOT_A_CLOUDEVENT, "data_base64 is not used here; send data as JSON")
    attributes = {}
    for name, content in event.items():
        if content is not None and name in (*SIGNED, SEQUENCE, "signature") and not isinstance(content, str):
            raise RefusedError(Rejection.NOT_A_CLOUDEVENT, f"{name} is not a string")
        if isinstance(content, str):
            attributes[name] = content
    return _envelope(attributes, data)


def _envelope(attributes: dict[str, str], data: Any) -> Envelope:
    for name in _REQUIRED:
        if not attributes.get(name):
            raise RefusedError(Rejection.NOT_A_CLOUDEVENT, f"{name} is missing")
        if len(attributes[name]) > _MAX_ATTRIBUTE:
            raise RefusedError(
                Rejection.NOT_A_CLOUDEVENT, f"{name} is longer than {_MAX_ATTRIBUTE} characters"
            )
    if attributes["specversion"] != "1.0":
        raise RefusedError(Rejection.NOT_A_CLOUDEVENT, "specversion is not 1.0")
    if not attributes.setdefault("datacontenttype", "application/json").startswith("application/json"):
        raise RefusedError(Rejection.NOT_A_CLOUDEVENT, "datacontenttype is not application/json")
    if not isinstance(data, dict):
        raise RefusedError(Rejection.MISSING_FIELD, "data is missing or not a JSON object")
    if not _RFC3339.fullmatch(attributes["time"]):
        raise RefusedError(Rejection.NOT_A_CLOUDEVENT, "time is not an RFC 3339 moment with offset")
    try:
        time = _moment.validate_json(f'"{attributes["time"]}"')
    except ValidationError:
        raise RefusedError(Rejection.NOT_A_CLOUDEVENT, "time is not an RFC 3339 moment with offset") from None
    signed = {name: attributes[name] for name in SIGNED}
    if SEQUENCE in attributes:
        if not NUMBER.fullmatch(attributes[SEQUENCE]):
            raise RefusedError(Rejection.NOT_A_CLOUDEVENT, "sequence is not a whole number of 1 to 9 digits")
        signed[SEQUENCE] = attributes[SEQUENCE]
    return Envelope(signed, attributes.get("signature"), time, data)


def _text(content: bytes | None) -> str:
    try:
        return (content or b"").decode()
    except UnicodeDecodeError:
        raise RefusedError(Rejection.NOT_UTF8, "a header") from None


def _json(value: bytes) -> Any:
    try:
        value.decode()
    except UnicodeDecodeError:
        raise RefusedError(Rejection.NOT_UTF8) from None
    try:
        parsed = from_json(value, allow_inf_nan=False)
    except ValueError as error:
        if "recursion limit" in str(error):
            raise RefusedError(Rejection.TOO_DEEP) from None
        raise RefusedError(Rejection.NOT_JSON) from None
    if _depth(parsed) > MAX_DEPTH:
        raise RefusedError(Rejection.TOO_DEEP)
    return parsed


def _depth(parsed: Any) -> int:
    """Nesting of lists and objects, counted without recursion and never further than it matters."""
    depth, level = 0, [parsed]
    while depth <= MAX_DEPTH:
        nested = [inner for inner in level if isinstance(inner, dict | list)]
        if not nested:
            break
        depth += 1
        level = [
            inner for outer in nested for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return depth
