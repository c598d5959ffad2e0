"""A CloudEvent out of a Kafka record: both bindings give the same, and bad bytes are refused by name."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.events.cloudevent import MAX_BYTES, MAX_DEPTH, SEQUENCE, SIGNED, Envelope, RefusedError, read
from models.reasons import Rejection
from tests.factories import MADE_UP_CPR, uuid

Headers = list[tuple[str, bytes | None]]

ATTRIBUTES = {
    "specversion": "1.0",
    "id": uuid("event"),
    "source": "urn:oio:cvr-nr:12345674",
    "sender": "280051",
    "type": "dk.frafaldsvarsel.dropout-risk.raised.v1",
    "time": "2026-09-01T10:00:00+02:00",
    "datacontenttype": "application/json",
}
DATA: dict[str, Any] = {"institution_number": "280051", "text": "æøå", "nested": {"list": [1, 2.5, None]}}
JSON = b"application/cloudevents+json"


def structured(**changes: Any) -> bytes:
    """The event in structured binding; a change to `...` takes the member out."""
    members = {**ATTRIBUTES, "signature": "h..s", "data": DATA, **changes}
    kept = {name: value for name, value in members.items() if value is not ...}
    return json.dumps(kept, ensure_ascii=False).encode()


def binary(**changes: bytes | None) -> tuple[bytes, Headers]:
    """The event in binary binding."""
    headers: dict[str, bytes | None] = {
        f"ce_{name}": text.encode() for name, text in ATTRIBUTES.items() if name != "datacontenttype"
    }
    headers |= {"content-type": b"application/json", "ce_signature": b"h..s", **changes}
    return json.dumps(DATA).encode(), list(headers.items())


def refused(value: bytes | None, headers: Headers | None = None) -> Rejection:
    with pytest.raises(RefusedError) as caught:
        read(value, headers or [])
    detail = caught.value.refused.detail
    assert detail is None or "280051" not in detail
    assert (
        str(caught.value) == caught.value.refused.reason
    )  # what a log would show: the code, and nothing of the record
    return caught.value.refused.reason


class TestGoodRecords:
    def test_both_bindings_give_the_same_event(self) -> None:
        """Attributes, time, signature and data do not depend on the binding."""
        value, headers = binary()
        expected = Envelope(
            ATTRIBUTES, "h..s", datetime(2026, 9, 1, 8, tzinfo=UTC), json.loads(json.dumps(DATA))
        )
        assert read(structured(), [("content-type", JSON)]) == expected
        assert read(structured(), []) == expected
        assert read(value, headers) == expected

    def test_headers_are_read_without_regard_to_case(self) -> None:
        """Libraries write them differently."""
        value, headers = binary()
        assert read(value, [(name.upper(), content) for name, content in headers]) == read(value, headers)

    def test_a_charset_is_no_other_type(self) -> None:
        """``application/json; charset=utf-8`` is JSON, in both bindings."""
        assert read(structured(), [("content-type", JSON + b"; charset=UTF-8")])
        value, headers = binary(**{"content-type": b"application/json; charset=UTF-8"})
        event = read(value, headers)
        assert event.attributes["datacontenttype"] == "application/json; charset=UTF-8"

    def test_what_is_not_signed_passes_by(self) -> None:
        """A tracer's extension is neither an error nor part of the event."""
        event = read(structured(traceparent="00-1", sampled=True, rank=3), [("other", b"x")])
        assert set(event.attributes) == set(SIGNED)

    @pytest.mark.parametrize("number", ["1", "17", "999999999"])
    def test_a_sender_may_count_its_events(self, number: str) -> None:
        """Of the extensions this one is part of the event: it is signed with the others."""
        value, headers = binary(ce_sequence=number.encode())
        for event in (read(structured(sequence=number), []), read(value, headers)):
            assert tuple(event.attributes) == (*SIGNED, SEQUENCE)
            assert event.sequence == int(number)
        assert read(structured(), []).sequence is None

    @pytest.mark.parametrize("number", ["0", "-1", "01", "1.0", "", " 1", "x", "١", MADE_UP_CPR, 1, True, {}])
    def test_a_number_that_is_none_is_refused(self, number: object) -> None:
        """Nor can a CPR stand there by mistake: it has one digit more."""
        assert refused(structured(sequence=number)) is Rejection.NOT_A_CLOUDEVENT

    def test_the_type_of_the_data_may_be_left_out(self) -> None:
        """CloudEvents 1.0: JSON is meant then, and the signature covers the meant one."""
        assert read(structured(datacontenttype=...), []).attributes == ATTRIBUTES
        value, headers = binary()
        without = [header for header in headers if header[0] != "content-type"]
        assert read(value, without).attributes == ATTRIBUTES

    def test_a_record_without_a_signature_is_still_a_cloudevent(self) -> None:
        """That it lacks is for intake to say, with its own reason."""
        assert read(structured(signature=...), []).signature is None

    def test_of_a_repeated_header_the_last_counts(self) -> None:
        """Deterministic; the signature covers what was read."""
        value, headers = binary()
        assert read(value, [("ce_id", b"first"), *headers]).attributes["id"] == ATTRIBUTES["id"]

    @pytest.mark.parametrize(
        ("text", "utc"),
        [
            ("2026-09-01T10:00:00Z", datetime(2026, 9, 1, 10, tzinfo=UTC)),
            ("2026-09-01T10:00:00.5Z", datetime(2026, 9, 1, 10, 0, 0, 500_000, tzinfo=UTC)),
            ("2026-09-01T10:00:00.123456789Z", datetime(2026, 9, 1, 10, 0, 0, 123_456, tzinfo=UTC)),
            ("2026-10-25T02:30:00+02:00", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
            ("2026-10-25T02:30:00+01:00", datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),
            ("2028-02-29T00:00:00-03:30", datetime(2028, 2, 29, 3, 30, tzinfo=UTC)),
        ],
    )
    def test_time_is_the_moment_that_it_names(self, text: str, utc: datetime) -> None:
        """Both half past twos of the night when summer time ends are told apart."""
        assert read(structured(time=text), []).time == utc

    def test_a_header_without_a_value_counts_by_its_name_alone(self) -> None:
        """What is allowed is counted as Kafka carries it."""
        text = structured()
        room = MAX_BYTES - len(text) - len("x")
        assert read(text + b" " * room, [("x", None)])
        assert refused(text + b" " * (room + 1), [("x", None)]) is Rejection.TOO_LARGE

    def test_a_header_of_somebody_else_is_no_attribute(self) -> None:
        """Only those of CloudEvents are looked at: a tracer's may end in any name."""
        value, headers = binary()
        assert read(value, [*headers, ("my_sequence", b"7"), ("my_time", b"x")]) == read(value, headers)

    @pytest.mark.parametrize("name", [SEQUENCE, "signature", "datacontenttype", "traceparent"])
    def test_a_member_that_is_null_is_one_that_is_left_out(self, name: str) -> None:
        """CloudEvents' JSON format, 2.2."""
        assert read(structured(**{name: None}), []) == read(structured(**{name: ...}), [])

    @pytest.mark.parametrize("name", ["id", "source", "sender", "type"])
    def test_an_attribute_of_256_characters_is_read(self, name: str) -> None:
        assert read(structured(**{name: "x" * 256}), []).attributes[name] == "x" * 256

    def test_a_quarter_of_a_mebibyte_is_the_limit_that_senders_are_told(self) -> None:
        assert MAX_BYTES == 262_144
        assert MAX_DEPTH == 16

    def test_as_large_and_as_deep_as_allowed_is_read(self) -> None:
        """256 KiB with the headers, 16 levels with the event's own."""
        empty = len(structured(data={"t": ""}))
        full = structured(data={"t": "x" * (MAX_BYTES - empty)})
        assert len(full) == MAX_BYTES
        assert read(full, [])
        assert refused(full, [("h", b"")]) is Rejection.TOO_LARGE
        assert read(structured(data=_nested(MAX_DEPTH - 1)), [])
        assert refused(structured(data=_nested(MAX_DEPTH))) is Rejection.TOO_DEEP


def _nested(depth: int) -> dict[str, Any]:
    inner: Any = 0
    for _ in range(depth - 1):
        inner = [inner]
    return {"n": inner}


class TestBadRecords:
    def test_a_tombstone(self) -> None:
        """No value, in either binding."""
        assert refused(None) is Rejection.TOMBSTONE
        assert refused(None, binary()[1]) is Rejection.TOMBSTONE

    def test_too_large(self) -> None:
        """Counted before it is parsed, the headers included."""
        assert refused(b"x" * (MAX_BYTES + 1)) is Rejection.TOO_LARGE
        value, headers = binary(extra=b"x" * MAX_BYTES)
        assert refused(value, headers) is Rejection.TOO_LARGE

    @pytest.mark.parametrize(
        "value", [b"\xff", b'{"a": "\xc3"}', b"\xed\xa0\x80", structured().replace(b"\xc3", b"\xc3\xc3")]
    )
    def test_a_value_that_is_not_utf8(self, value: bytes) -> None:
        """Latin-1 is the usual case."""
        assert refused(value) is Rejection.NOT_UTF8

    @pytest.mark.parametrize("name", ["ce_sender", "ce_source", "ce_time", "ce_signature", "content-type"])
    def test_a_header_that_is_read_and_not_utf8(self, name: str) -> None:
        """The refusal says which; a foreign header may hold any bytes (`test_bindings`)."""
        value, headers = binary(**{name: b"\xe6"})
        assert refused(value, headers) is Rejection.NOT_UTF8

    @pytest.mark.parametrize(
        "value",
        [
            b"", b" ", b"{", b"not json", b"{'a': 1}", b'{"a": 1,}', b'{"a": 1} {"b": 2}',
            b'{"a": NaN}', b'{"a": Infinity}', b'{"a": "\\ud800"}', b'"\\x"', b"\xef\xbb\xbf{}",
            b"1" * 5000, b"\x00", b'{"a": "line\nbreak"}',
        ],
    )  # fmt: skip
    def test_a_value_that_is_not_json(self, value: bytes) -> None:
        """Also what many parsers let through: NaN, lone surrogates, a byte order mark."""
        assert refused(value) is Rejection.NOT_JSON
        _, headers = binary()
        assert refused(value, headers) is Rejection.NOT_JSON

    @pytest.mark.parametrize(
        "value",
        [
            b"[" * 100_000,
            b'{"a":' * 300 + b"1" + b"}" * 300,
            b"[" * 17 + b"]" * 17,
            b'{"data":' + b"[" * 17 + b"]" * 17 + b"}",
        ],
    )
    def test_too_deep(self, value: bytes) -> None:
        """At once, however deep: no parser is run into the ground."""
        assert refused(value) is Rejection.TOO_DEEP

    @pytest.mark.parametrize("value", [b"[]", b"1", b'"text"', b"null", b"true", b"{}"])
    def test_json_that_is_no_cloudevent(self, value: bytes) -> None:
        """Another kind of JSON, or an object without attributes."""
        assert refused(value) is Rejection.NOT_A_CLOUDEVENT

    @pytest.mark.parametrize("name", ["specversion", "id", "source", "sender", "type", "time"])
    @pytest.mark.parametrize("content", [..., None, "", 5, True, ["x"], {"x": 1}, "x" * 257])
    def test_each_required_attribute_is_a_text_of_sensible_length(self, name: str, content: Any) -> None:
        """Missing, null, empty, of another type, or longer than 256 characters."""
        assert refused(structured(**{name: content})) is Rejection.NOT_A_CLOUDEVENT

    @pytest.mark.parametrize("name", ["id", "source", "sender", "type", "time"])
    def test_each_required_header_too(self, name: str) -> None:
        """Missing, without a value, or empty."""
        value, headers = binary()
        without = [header for header in headers if header[0] != f"ce_{name}"]
        assert refused(value, without) is Rejection.NOT_A_CLOUDEVENT
        for content in (None, b""):
            value, headers = binary(**{f"ce_{name}": content})
            assert refused(value, headers) is Rejection.NOT_A_CLOUDEVENT

    @pytest.mark.parametrize(
        "change",
        [
            {"specversion": "0.3"},
            {"specversion": "1.0.1"},
            {"datacontenttype": "application/xml"},
            {"datacontenttype": 5},
            {"signature": 5},
            {"signature": ["h..s"]},
            {"data": ..., "data_base64": "e30="},
            {"data_base64": "e30="},
        ],
    )
    def test_other_versions_and_other_kinds_of_data(self, change: dict[str, Any]) -> None:
        """1.0 with JSON is all there is."""
        assert refused(structured(**change)) is Rejection.NOT_A_CLOUDEVENT

    @pytest.mark.parametrize(
        "content_type", [b"application/json", b"text/plain", b"", b"application/cloudevents"]
    )
    def test_a_content_type_of_neither_binding(self, content_type: bytes) -> None:
        """Without the binary binding's headers only the structured one's type is known."""
        assert refused(structured(), [("content-type", content_type)]) is Rejection.NOT_A_CLOUDEVENT

    @pytest.mark.parametrize("data", [..., None, "text", 5, [], [{}]])
    def test_data_is_a_json_object(self, data: Any) -> None:
        """Of a whole CloudEvent, the data is what is missing."""
        assert refused(structured(data=data)) is Rejection.MISSING_FIELD

    def test_data_of_the_binary_binding_is_a_json_object(self) -> None:
        """As above."""
        assert refused(b"[]", binary()[1]) is Rejection.MISSING_FIELD

    @pytest.mark.parametrize(
        "text",
        [
            "2026-09-01", "2026-09-01T10:00:00", "2026-09-01 10:00:00Z", "2026-09-01T10:00Z", "1756713600",
            "2026-02-30T10:00:00Z", "2026-13-01T10:00:00Z", "2026-09-01T24:00:00Z", "2026-09-01T10:00:60Z",
            "2026-09-01T10:60:00Z", "2026-09-01T10:00:00+25:00", "2026-09-01T10:00:00+0200",
            "2026-09-01t10:00:00z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00",
            "2026-09-01T10:00:00.Z", "2026-09-01T10:00:00.1234567890Z", "٢٠٢٦-09-01T10:00:00Z",
            "2026-09-01T10:00:00Z\n",
        ],
    )  # fmt: skip
    def test_time_is_a_real_moment_with_an_offset(self, text: str) -> None:
        """RFC 3339, between 1990 and 2099: no date can run over later on."""
        assert refused(structured(time=text)) is Rejection.NOT_A_CLOUDEVENT


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
nearly = st.dictionaries(
    st.sampled_from([*SIGNED, "data", "signature", "data_base64", "x"]),
    json_values | st.sampled_from([*ATTRIBUTES.values(), {}]),
).map(lambda members: json.dumps({**ATTRIBUTES, **members}).encode(errors="surrogatepass"))
header_names = st.sampled_from(["content-type", "ce_specversion", "ce_id", "CE_TIME", "ce_", "ce_data", "x"])
some_headers = st.lists(
    st.tuples(
        header_names | st.text(max_size=5),
        st.none() | st.binary(max_size=8) | st.sampled_from([b"1.0", JSON]),
    ),
    max_size=8,
)


@settings(max_examples=2000, deadline=None, derandomize=True, database=None)
@given(st.none() | st.binary(max_size=200) | nearly, some_headers)
def test_any_record_is_read_or_refused(value: bytes | None, headers: Headers) -> None:
    """No bytes raise anything but `RefusedError`, and what is read is whole."""
    try:
        event = read(value, headers)
    except RefusedError:
        return
    assert tuple(event.attributes) == SIGNED
    assert all(isinstance(text, str) and text for text in event.attributes.values())
    assert event.time.tzinfo is not None


@settings(max_examples=1000, deadline=None, derandomize=True, database=None)
@given(st.integers(0, len(structured()) - 1), st.integers(0, 255), st.integers(0, 5))
def test_any_damage_to_a_good_record_is_read_or_refused(place: int, byte: int, length: int) -> None:
    """One stretch of bytes replaced by another."""
    good = structured()
    damaged = good[:place] + bytes([byte]) * length + good[place + length :]
    try:
        event = read(damaged, [])
    except RefusedError:
        return
    assert tuple(event.attributes) == SIGNED
