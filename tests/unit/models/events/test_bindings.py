"""The media type decides the binding; what others put on a record beside CloudEvents' own headers decides nothing."""

import json
from pathlib import Path
from typing import Any, Final

import pytest

from models.events.cloudevent import Envelope, RefusedError, read
from models.reasons import Rejection
from tests.unit.models.events.test_cloudevent import JSON, Headers, binary, structured

_FOREIGN: Final[list[dict[str, Any]]] = json.loads(
    Path("tests/data/records/foreign_headers.json").read_text("utf-8")
)["headers"]
_EXPECTED: Final = read(structured(), [("content-type", JSON)])


def _header(row: dict[str, Any]) -> tuple[str, bytes | None]:
    return row["name"], None if row["hex"] is None else bytes.fromhex(row["hex"])


def _refusal(value: bytes, headers: Headers) -> tuple[Rejection, str | None]:
    with pytest.raises(RefusedError) as caught:
        read(value, headers)
    return caught.value.refused.reason, caught.value.refused.detail


def _with_type(content_type: bytes) -> tuple[bytes, Headers]:
    return binary(**{"content-type": content_type})


@pytest.mark.parametrize("row", _FOREIGN, ids=lambda row: f"{row['from']}/{row['name']}")
def test_a_header_that_is_not_cloudevents_spoils_nothing(row: dict[str, Any]) -> None:
    """Before, after and twice, in both bindings, with the media type and without."""
    foreign = _header(row)
    value, headers = binary()
    for around in ([foreign, *headers], [*headers, foreign], [foreign, *headers, foreign]):
        assert read(value, around) == _EXPECTED
    for own in ([("content-type", JSON)], []):
        assert read(structured(), [foreign, *own, foreign]) == _EXPECTED


def test_all_of_them_at_once_spoil_nothing() -> None:
    value, headers = binary()
    foreign = [_header(row) for row in _FOREIGN]
    assert read(value, [*foreign, *headers, *foreign]) == _EXPECTED
    assert read(structured(), [*foreign, ("content-type", JSON), *foreign]) == _EXPECTED


@pytest.mark.parametrize(
    "content_type",
    [
        b"application/cloudevents+json",
        b"application/cloudevents+json; charset=utf-8",
        b"application/cloudevents+json;charset=UTF-8",
        b"Application/CloudEvents+JSON",
        b"APPLICATION/CLOUDEVENTS+JSON ; charset=utf-8",
        b" application/cloudevents+json\t",
        b'application/cloudevents+json; charset="utf-8"; x=y',
    ],
)
def test_the_structured_media_type_is_one_however_it_is_written(content_type: bytes) -> None:
    """Types compare without case (RFC 9110, 8.3.1); parameters and white space say nothing about the binding."""
    for name in ("content-type", "Content-Type", "CONTENT-TYPE"):
        assert read(structured(), [(name, content_type)]) == _EXPECTED


def test_a_structured_record_may_carry_attributes_as_headers_too() -> None:
    """Kafka binding, 3.3.3: the value counts, and a copy may be anything."""
    _, headers = binary(ce_id=b"another", ce_time=b"\xff", ce_sender=None)
    copies = [header for header in headers if header[0] != "content-type"]
    assert read(structured(), [*copies, ("content-type", JSON)]) == _EXPECTED


@pytest.mark.parametrize(
    "content_type",
    [b"application/json", b"application/json; charset=utf-8", b"Application/JSON", b" application/json ;x=y"],
)
def test_any_way_to_write_json_is_json_and_the_signature_covers_how_it_was_written(
    content_type: bytes,
) -> None:
    event = read(*_with_type(content_type))
    assert event.attributes == _EXPECTED.attributes | {"datacontenttype": content_type.decode()}
    assert read(structured(datacontenttype=content_type.decode()), []).attributes == event.attributes


@pytest.mark.parametrize(
    "content_type",
    [
        b"application/json-patch+json", b"application/jsonp", b"application/vnd.x+json", b"text/json", b"",
        b"application/json,application/json", b'"application/json"', b"application/avro",
    ],
)  # fmt: skip
def test_another_type_of_data_is_refused_by_name(content_type: bytes) -> None:
    """Before, whatever began with ``application/json`` was taken for it."""
    assert _refusal(*_with_type(content_type)) == (
        Rejection.NOT_A_CLOUDEVENT,
        "datacontenttype is not application/json",
    )


@pytest.mark.parametrize(
    ("content_type", "detail"),
    [
        (b"application/cloudevents-batch+json", "a batch; each event is a record of its own"),
        (b"Application/CloudEvents-Batch+JSON; charset=utf-8", "a batch; each event is a record of its own"),
        (b"application/cloudevents-batch", "a batch; each event is a record of its own"),
        *(
            (other, "of CloudEvents' formats only application/cloudevents+json is read")
            for other in (
                b"application/cloudevents",
                b"application/cloudevents+avro",
                b"application/cloudevents+protobuf",
                b"application/cloudevents+xml",
                b"application/cloudevents+jsonp",
            )
        ),
    ],
)
def test_what_is_no_single_event_in_json_is_refused_by_name(content_type: bytes, detail: str) -> None:
    """A list of events too, whatever the attributes among its headers say."""
    for headers in ([], binary()[1]):
        kept = [header for header in headers if header[0] != "content-type"]
        assert _refusal(b"[" + structured() + b"]", [*kept, ("content-type", content_type)]) == (
            Rejection.NOT_A_CLOUDEVENT,
            detail,
        )


@pytest.mark.parametrize(
    "content_type", [b"application/json", b"text/plain", b"", b"application/octet-stream"]
)
def test_a_type_of_neither_binding_is_refused_by_name(content_type: bytes) -> None:
    """A whole event under the type of its data: the sender must say that it is one."""
    assert _refusal(structured(), [("content-type", content_type)]) == (
        Rejection.NOT_A_CLOUDEVENT,
        "neither content-type application/cloudevents+json nor a header ce_specversion",
    )


def test_a_media_type_without_a_value_is_none() -> None:
    """Kafka's null: as if the header were not there."""
    value, headers = binary(**{"content-type": None})
    assert read(value, headers) == _EXPECTED
    assert read(structured(), [("content-type", None)]) == _EXPECTED


def test_of_several_media_types_the_last_counts() -> None:
    """An interceptor adds one without taking the first away; a null adds nothing."""
    value, headers = binary()
    assert read(value, [("content-type", JSON), *headers]) == _EXPECTED
    assert read(structured(), [("content-type", b"application/json"), ("Content-Type", JSON)]) == _EXPECTED
    assert read(structured(), [("content-type", JSON), ("content-type", None)]) == _EXPECTED


def test_a_type_of_the_data_under_its_own_name_counts_where_there_is_no_other() -> None:
    """Spring writes ``ce_datacontenttype``; ``content-type`` is the binding's word and goes before it."""
    value, headers = binary(**{"content-type": None}, ce_datacontenttype=b"application/json")
    assert read(value, headers) == _EXPECTED
    value, headers = binary(ce_datacontenttype=b"application/xml")
    assert read(value, headers) == _EXPECTED


def test_a_null_is_no_attribute_in_either_binding() -> None:
    value, headers = binary(ce_sequence=None, ce_signature=None)
    assert read(value, headers) == Envelope(_EXPECTED.attributes, None, _EXPECTED.time, _EXPECTED.data)
    assert read(structured(data_base64=None), []) == _EXPECTED


@pytest.mark.parametrize("name", ["id", "source", "sender", "type", "time"])
def test_a_refusal_names_the_header_that_cannot_be_read(name: str) -> None:
    value, headers = binary(**{f"ce_{name}": "særlig".encode("latin-1")})
    assert _refusal(value, headers) == (Rejection.NOT_UTF8, f"the header of {name}")
