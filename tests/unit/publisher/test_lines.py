"""Reading a file: what may be left out, and a sentence for everything that may not."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest

from models.events.event_types import full_type
from publisher.events import FileFault, FileLine, LineFault
from publisher.lines import Reading, read_file, read_stream
from publisher.text_lines import MAX_LINE, NOT_UTF8
from tests.unit.publisher.conftest import CPR, Register

Risk = Mapping[str, Any]
Total = Mapping[str, Any]


@pytest.fixture
def total() -> Total:
    """A line of the file: what a school has published of a day."""
    return {
        "type": "control-total.declared",
        "id": "0d6f6c3e-6a0b-4a37-9d0f-3b1f6f0a7c03",
        "sender": "900101",
        "source": "urn:oio:cvr-nr:00110019",
        "time": "2025-10-01T03:00:00+02:00",
        "data": {
            "day": "2025-09-30",
            "counts": [{"type": "dk.frafaldsvarsel.dropout-risk.raised.v1", "events": 2}],
        },
    }


def read(*lines: bytes | Mapping[str, Any], reading: Reading | None = None) -> list[FileLine | LineFault]:
    written = [line if isinstance(line, bytes) else orjson.dumps(line) for line in lines]
    return list(read_stream(io.BytesIO(b"\n".join(written)), reading or Reading()))


def sentences(*lines: bytes | Mapping[str, Any], reading: Reading | None = None) -> list[str]:
    found = read(*lines, reading=reading)
    assert all(isinstance(line, LineFault) for line in found)
    return [line.sentence for line in found if isinstance(line, LineFault)]


def but(risk: Risk, **data: Any) -> dict[str, Any]:
    """The line with other data; a field that is None is left out."""
    fields = {**risk["data"], **data}
    return {**risk, "data": {name: content for name, content in fields.items() if content is not None}}


def test_a_good_line_is_an_event_and_blank_lines_are_nothing(risk: Risk) -> None:
    (line,) = read(b"", risk, b"  ")
    assert isinstance(line, FileLine)
    assert line.number == 2
    assert line.event.data == risk["data"]


def test_a_trace_is_handed_on_and_what_is_none_is_left_out(risk: Risk) -> None:
    """It would lie in the clear beside what is sealed; and the message goes, whatever a tracer has made up."""
    said = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    (line,) = read({**risk, "traceparent": said})
    assert isinstance(line, FileLine)
    assert line.event.traceparent == said
    for bad in (7, CPR, said.upper(), f"00-{CPR.zfill(32)}-00f067aa0ba902b7-01"):
        (line,) = read({**risk, "traceparent": bad})
        assert isinstance(line, FileLine)
        assert line.event.traceparent is None


def test_a_number_is_handed_on_and_one_that_is_none_is_a_fault(risk: Risk) -> None:
    (line,) = read({**risk, "sequence": "7"})
    assert isinstance(line, FileLine)
    assert line.event.sequence == "7"
    assert sentences({**risk, "sequence": 7}) == ["Line 1: sequence is not a text."]
    assert sentences({**risk, "sequence": CPR}) == [
        "Line 1: sequence is not a whole number of 1 to 9 digits."
    ]


def test_a_byte_order_mark_is_no_part_of_the_first_line(risk: Risk) -> None:
    (line,) = read(b"\xef\xbb\xbf" + orjson.dumps(risk))
    assert isinstance(line, FileLine)


def test_a_hyphen_in_the_cpr_is_taken_out(risk: Risk) -> None:
    (line,) = read(but(risk, cpr=f"{CPR[:6]}-{CPR[6:]}"))
    assert isinstance(line, FileLine)
    assert line.event.data["cpr"] == CPR


@pytest.mark.parametrize(
    "short", ["dropout-risk.raised", "dropout-risk.raised.v1", "dk.frafaldsvarsel.dropout-risk.raised.v1"]
)
def test_a_type_may_be_short(risk: Risk, short: str) -> None:
    (line,) = read({**risk, "type": short})
    assert isinstance(line, FileLine)
    assert line.event.type == "dk.frafaldsvarsel.dropout-risk.raised.v1"
    assert full_type("exam.failed") == "exam.failed"


def test_a_control_total_is_about_no_person(total: Total) -> None:
    """It needs no CPR, and keeps its counts."""
    (line,) = read(total)
    assert isinstance(line, FileLine)
    assert line.event.data == total["data"]
    assert sentences({**total, "data": {**total["data"], "cpr": CPR}}) == [
        "Line 1: data has a field that this type does not have."
    ]


def test_a_control_total_that_intake_would_refuse_is_a_fault(total: Total) -> None:
    foreign = [{"type": "dk.frafaldsvarsel.residence.registered.v1", "events": 1}]
    assert sentences({**total, "data": {"day": "2025-09-30", "counts": foreign}}) == [
        "Line 1: data.counts names a type that its sender does not send."
    ]
    assert sentences({**total, "time": "2025-09-30T23:59:59+02:00"}) == [
        "Line 1: data.day was not over at its time."
    ]
    assert sentences({**total, "data": {"day": "2025-09-30", "counts": []}}) == [
        "Line 1: data.counts: Tuple should have at least 1 item after validation, not 0."
    ]
    twice = total["data"]["counts"] * 2
    assert sentences({**total, "data": {"day": "2025-09-30", "counts": twice}}) == [
        "Line 1: data: counts names a type twice."
    ]


def test_a_source_that_is_left_out_comes_from_the_register(risk: Risk, register: Register) -> None:
    without = {name: content for name, content in risk.items() if name != "source"}
    (line,) = read(without, reading=Reading(register=register))
    assert isinstance(line, FileLine)
    assert line.event.source == "urn:oio:cvr-nr:00110019"
    assert sentences(without) == [
        "Line 1: source is missing, and the sender is not in the senders' register."
    ]


@pytest.mark.parametrize("name", ["type", "id", "sender", "time"])
def test_what_only_the_author_knows_is_required(risk: Risk, name: str) -> None:
    """An id made up here would turn every repetition into a new message."""
    without = {key: content for key, content in risk.items() if key != name}
    assert f"Line 1: {name} is missing." in sentences(without)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (b"{", "it is not JSON."),
        (b'{"id": "s\xf8ren"}', NOT_UTF8),
        (b"[1]", "it is not a JSON object."),
        (b'{"text":"' + b"a" * MAX_LINE + b'"}', "it is longer than 1 MiB."),
    ],
)
def test_a_line_that_is_no_event_is_one_fault_and_the_next_one_is_read(
    risk: Risk, line: bytes, sentence: str
) -> None:
    first, second = read(line, risk)
    assert first == LineFault(1, f"Line 1: {sentence}")
    assert isinstance(second, FileLine)
    assert second.number == 2


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"cpr": None}, "data.cpr is missing."),
        ({"cpr": int(CPR)}, "data.cpr is not a text of ten digits."),
        ({"cpr": "311208123"}, "data.cpr: a CPR has ten digits, with or without a hyphen after the sixth."),
        (
            {"cpr": "3102081234"},
            "data.cpr: the first six digits of a CPR are a date, and these are not.",
        ),
        ({"cpr": "3112364123"}, "data.cpr: its date of birth is after the event's own time."),
        ({"severity": None}, "data.severity is missing."),
        ({"severity": CPR}, "data.severity: should be 'low', 'medium' or 'high'."),
        ({"signals": []}, "data.signals: Tuple should have at least 1 item after validation, not 0."),
        ({"absence_percentage": 101}, "data.absence_percentage: should be less than or equal to 100."),
        ({"institution_number": "900112"}, "data.institution_number is not the sender's number."),
        ({"institution_number": "12"}, "data.institution_number: six digits."),
        ({CPR: "x"}, "data has a field that this type does not have."),
        (
            {"contact": {"name": "Åse", CPR: 1}},
            "data has a field that this type does not have in data.contact.",
        ),
        ({"contact": {"phone": "12345678"}}, "data.contact.name is missing."),
    ],
)
def test_a_fault_in_the_data_names_the_field_and_never_a_value(
    risk: Risk, data: dict[str, Any], sentence: str
) -> None:
    found = sentences(but(risk, **data))
    assert f"Line 1: {sentence}" in found
    assert all(CPR not in text for text in found)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"id": "A" * 36}, "id is not a UUID in lower case."),
        ({"time": "2026-09-02T02:15:00"}, "time is not an RFC 3339 moment with offset."),
        ({"time": 3}, "time is not a text."),
        ({"type": "exam.failed"}, "type is not one of the contract's."),
        ({"sender": "900999"}, "sender is not in the senders' register."),
        ({"sender": "0101"}, "sender may not send this type: it is for institution senders."),
        ({"source": "urn:oio:cvr-nr:99999999"}, "source is not the sender's."),
        ({"data": 1}, "data is missing or not an object."),
        ({"specversion": "0.3"}, "specversion is not 1.0."),
        ({"datacontenttype": "text/xml"}, "datacontenttype is not application/json."),
        ({"signature": "a..b"}, "it is signed already; the publisher signs."),
    ],
)
def test_a_fault_in_the_attributes_is_a_sentence(
    risk: Risk, register: Register, fields: dict[str, Any], sentence: str
) -> None:
    assert f"Line 1: {sentence}" in sentences({**risk, **fields}, reading=Reading(register=register))


def test_an_attribute_that_would_not_be_sent_is_refused_and_not_named(risk: Risk) -> None:
    (sentence,) = sentences({**risk, CPR: "x"})
    assert sentence.startswith("Line 1: it has an attribute that is not sent; known are data, ")
    assert CPR not in sentence


def test_without_checks_faults_pass_on_to_intake(risk: Risk) -> None:
    spoilt = but({**risk, "time": "yesterday"}, severity="?", cpr="0000000000")
    (line,) = read(spoilt, reading=Reading(check=False))
    assert isinstance(line, FileLine)
    assert line.event.data["cpr"] == "0000000000"
    assert sentences({**risk, "type": "exam.failed"}, reading=Reading(check=False)) == [
        "Line 1: type is not one of the contract's, so there is no topic for it."
    ]


def test_a_file_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(FileFault, match=r"^none\.jsonl cannot be read: No such file or directory\.$"):
        list(read_file(tmp_path / "none.jsonl", Reading()))


def test_the_name_of_the_file_tells_its_form(tmp_path: Path, risk: Risk) -> None:
    file = tmp_path / "events.jsonl"
    file.write_bytes(orjson.dumps(risk))
    assert isinstance(next(read_file(file, Reading())), FileLine)
    table = tmp_path / "events.CSV"
    table.write_text("type,id,sender,time,cpr\n")
    assert list(read_file(table, Reading())) == []
