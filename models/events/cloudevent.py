"""A CloudEvent out of a Kafka record: both bindings, structured and binary, to the same attributes and data.

Knows the shape of CloudEvents 1.0 and nothing of the contract.
Bad bytes become a `Refused`, never an exception.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pydantic_core import from_json

from models.json_names import has_double_name_in
from models.reasons import Rejection
from models.rfc3339 import read_moment

MAX_BYTES: Final = 256 * 1024
MAX_DEPTH: Final = 16
SIGNED: Final = ("specversion", "id", "source", "sender", "type", "time", "datacontenttype")
"""The attributes that the signature covers; other extensions (a tracer's, say) pass by."""
SEQUENCE: Final = "sequence"
"""CloudEvents' sequence extension, signed with the others where a sender counts its events: 1, 2, 3, …"""
_REQUIRED: Final = ("specversion", "id", "source", "sender", "type", "time")
_READ: Final = (*SIGNED, SEQUENCE, "signature")
_CONTENT_TYPE: Final = "content-type"
_PREFIX: Final = "ce_"
_CLOUDEVENTS: Final = "application/cloudevents"
_STRUCTURED: Final = "application/cloudevents+json"
_JSON: Final = "application/json"
_MAX_ATTRIBUTE: Final = 256
NUMBER: Final = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)
"""One digit fewer than a CPR has: no number of a person can stand in its place."""


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
    """The CloudEvent in a record's value and headers; raises `RefusedError`.

    Of the headers only CloudEvents' own are looked at: what a tracer or a connector adds may hold any bytes.
    """
    if value is None:
        raise RefusedError(Rejection.TOMBSTONE)
    size = len(value) + sum(len(name) + len(content or b"") for name, content in headers)
    if size > MAX_BYTES:
        raise RefusedError(Rejection.TOO_LARGE, f"{size} bytes")
    own = _own(headers)
    if _is_structured(own):
        return _structured(value)
    return _envelope({name: _text(own, name) for name in own if name in _READ}, _json(value))


def _own(headers: Sequence[tuple[str, bytes | None]]) -> dict[str, bytes]:
    """CloudEvents' headers by the attribute that they carry; one without a value is one that is left out.

    Of several of one name the last counts, as with Kafka's own clients. Nothing is decoded yet.
    """
    own: dict[str, bytes] = {}
    declared = None
    for written, content in headers:
        name = written.lower()
        if content is None:
            continue
        if name == _CONTENT_TYPE:
            declared = content
        elif name.startswith(_PREFIX):
            own[name.removeprefix(_PREFIX)] = content
    if declared is not None:
        own["datacontenttype"] = declared
    return own


def _is_structured(own: dict[str, bytes]) -> bool:
    """Whether the media type says that the whole event is the value; without one, whether no attribute is a header.

    A structured record may carry attributes as headers too (Kafka binding 1.0, section 3.3.3): they do not count.
    """
    is_binary = "specversion" in own
    if "datacontenttype" not in own:
        return not is_binary
    media_type = _media_type(_text(own, "datacontenttype"))
    if media_type == _STRUCTURED:
        return True
    if media_type.startswith(f"{_CLOUDEVENTS}-batch"):
        raise RefusedError(Rejection.NOT_A_CLOUDEVENT, "a batch; each event is a record of its own")
    if media_type.startswith(_CLOUDEVENTS):
        raise RefusedError(Rejection.NOT_A_CLOUDEVENT, f"of CloudEvents' formats only {_STRUCTURED} is read")
    if not is_binary:
        raise RefusedError(
            Rejection.NOT_A_CLOUDEVENT, f"neither content-type {_STRUCTURED} nor a header ce_specversion"
        )
    return False


def _media_type(text: str) -> str:
    """``Application/JSON ; charset=utf-8`` → ``application/json`` (RFC 9110, section 8.3.1)."""
    return text.partition(";")[0].strip().lower()


def _structured(value: bytes) -> Envelope:
    event = _json(value)
    if not isinstance(event, dict):
        raise RefusedError(Rejection.NOT_A_CLOUDEVENT, "the event is not a JSON object")
    data = event.pop("data", None)
    if event.get("data_base64") is not None:
        raise RefusedError(Rejection.NOT_A_CLOUDEVENT, "data_base64 is not used here; send data as JSON")
    attributes = {}
    for name in _READ:
        content = event.get(name)
        if content is not None and not isinstance(content, str):
            raise RefusedError(Rejection.NOT_A_CLOUDEVENT, f"{name} is not a string")
        if content is not None:
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
    if _media_type(attributes.setdefault("datacontenttype", _JSON)) != _JSON:
        raise RefusedError(Rejection.NOT_A_CLOUDEVENT, "datacontenttype is not application/json")
    if not isinstance(data, dict):
        raise RefusedError(Rejection.MISSING_FIELD, "data is missing or not a JSON object")
    try:
        time = read_moment(attributes["time"])
    except ValueError:
        raise RefusedError(Rejection.NOT_A_CLOUDEVENT, "time is not an RFC 3339 moment with offset") from None
    signed = {name: attributes[name] for name in SIGNED}
    if SEQUENCE in attributes:
        if not NUMBER.fullmatch(attributes[SEQUENCE]):
            raise RefusedError(Rejection.NOT_A_CLOUDEVENT, "sequence is not a whole number of 1 to 9 digits")
        signed[SEQUENCE] = attributes[SEQUENCE]
    return Envelope(signed, attributes.get("signature"), time, data)


def _text(own: dict[str, bytes], name: str) -> str:
    try:
        return own[name].decode()
    except UnicodeDecodeError:
        raise RefusedError(Rejection.NOT_UTF8, f"the header of {name}") from None


def _json(value: bytes) -> Any:
    try:
        text = value.decode()
    except UnicodeDecodeError:
        raise RefusedError(Rejection.NOT_UTF8) from None
    try:
        parsed = from_json(value, allow_inf_nan=False)
    except ValueError as error:
        if "recursion limit" in str(error):
            raise RefusedError(Rejection.TOO_DEEP) from None
        raise RefusedError(Rejection.NOT_JSON) from None
    # What opens fewer objects and lists is not deeper.
    if value.count(b"{") + value.count(b"[") > MAX_DEPTH and _depth(parsed) > MAX_DEPTH:
        raise RefusedError(Rejection.TOO_DEEP)
    if has_double_name_in(text, parsed):
        raise RefusedError(Rejection.NOT_JSON, "a name stands twice in one object")
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
