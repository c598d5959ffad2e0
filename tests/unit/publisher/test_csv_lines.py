"""CSV says the same as JSON Lines, as spreadsheets write it."""

import io
from collections.abc import Mapping
from typing import Any

import pytest

from publisher.events import FileFault, FileLine, LineFault
from publisher.lines import Reading, read_stream
from publisher.text_lines import NOT_UTF8
from tests.unit.publisher.conftest import CPR, NUMBER, Register

HEADER = (
    "type,id,sender,time,cpr,institution_number,seen_at,signals,severity,absence_percentage,text,"
    "contact_name,contact_phone,contact_email"
)
ID = "6f2c1a38-9b1e-4f7d-8a55-0c3d2e1f4a5b"
ROW = (
    f"dropout-risk.raised,{ID},{NUMBER},2026-09-02T02:15:00+02:00,{CPR},{NUMBER},2026-09-01T11:00:00+02:00,"
    "absence;lost_contact,high,34,Møder ikke op – og svarer ikke,Åse Prøvesen,+45 00 11 22 33,"
)


def read(text: str | bytes, register: Register) -> list[FileLine | LineFault]:
    content = text if isinstance(text, bytes) else text.encode()
    return list(read_stream(io.BytesIO(content), Reading(register=register), csv=True))


def test_a_row_says_what_the_line_of_json_says(risk: Mapping[str, Any], register: Register) -> None:
    (line,) = read(f"{HEADER}\n{ROW}\n", register)
    assert isinstance(line, FileLine)
    assert line.number == 2
    assert line.event.type == risk["type"]
    assert line.event.source == risk["source"]
    assert line.event.data == risk["data"]


def test_semicolons_a_byte_order_mark_and_windows_line_ends_are_understood(
    risk: Mapping[str, Any], register: Register
) -> None:
    row = ROW.replace("absence;lost_contact", '"absence; lost_contact"').replace(",", ";")
    text = f"{HEADER}\n{row}\n".replace(f"{HEADER}\n", HEADER.replace(",", ";") + "\n").replace("\n", "\r\n")
    (line,) = read(b"\xef\xbb\xbf" + text.encode(), register)
    assert isinstance(line, FileLine)
    assert line.event.data == risk["data"]


def test_empty_cells_are_absent_and_columns_of_other_types_do_no_harm(register: Register) -> None:
    columns = "period_id,municipality_code,benefit_type,target_group,valid_from,valid_to,text"
    header = f"type,id,sender,time,cpr,{columns}"
    cells = f"benefit-period.registered,{ID},0101,2026-06-01T09:00:00Z,{CPR},{ID},0101,kontanthjaelp"
    (line,) = read(f"{header}\n{cells},uddannelsesparat,2025-01-01,,\n", register)
    assert isinstance(line, FileLine)
    assert "valid_to" not in line.event.data
    assert "contact" not in line.event.data
    (fault,) = read(f"{header}\n{cells},uddannelsesparat,2025-01-01,,hello\n", register)
    assert fault == LineFault(2, "Line 2: data has a field that this type does not have.")


def test_a_row_is_named_by_the_line_on_which_it_begins(register: Register) -> None:
    long_text = ROW.replace("Møder ikke op – og svarer ikke", '"Møder ikke\nop"')
    bad = ROW.replace("high", "urgent")
    first, second = read(f"{HEADER}\n{long_text}\n{bad}\n", register)
    assert isinstance(first, FileLine)
    assert (first.number, second.number) == (2, 4)
    assert isinstance(second, LineFault)
    assert second.sentence == "Line 4: data.severity: should be 'low', 'medium' or 'high'."


def test_only_the_row_with_bad_bytes_or_too_many_cells_suffers(register: Register) -> None:
    bad = ROW.encode().replace("Å".encode(), b"\xc5")
    text = b"\n".join([HEADER.encode(), bad, ROW.encode() + b",x", b",,,", ROW.encode(), b""])
    first, second, third = read(text, register)
    assert first == LineFault(2, f"Line 2: {NOT_UTF8}")
    assert second == LineFault(3, "Line 3: it has more cells than the header has columns.")
    assert isinstance(third, FileLine)
    assert third.number == 5


@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        ("", "The header lacks type, id, sender, time, cpr; known columns are "),
        ("type,id,sender,time", "The header lacks cpr; known columns are "),
        ("type,id,sender,time,cpr,cpr", "The header names a column twice: cpr."),
        (f"type,id,sender,time,cpr,{CPR}", "The header has unknown columns, number 6; known are "),
    ],
)
def test_a_header_that_cannot_be_used_is_one_sentence_without_its_content(
    register: Register, header: str, sentence: str
) -> None:
    """A file without a header begins with a person."""
    with pytest.raises(FileFault) as raised:
        read(f"{header}\n{ROW}\n", register)
    assert str(raised.value).startswith(sentence)
    assert CPR not in str(raised.value)


def test_a_control_total_has_its_counts_in_one_cell_and_needs_no_cpr(register: Register) -> None:
    """With or without prefix and version; what is no number is a fault of its own."""
    header = "type,id,sender,time,cpr,day,counts"
    row = f"control-total.declared,{ID},{NUMBER},2026-09-02T03:00:00+02:00,,2026-09-01,"
    (line,) = read(f"{header}\n{row}dropout-risk.raised=12; enrolment.ended.v1 = 0\n", register)
    assert isinstance(line, FileLine)
    assert line.event.data == {
        "day": "2026-09-01",
        "counts": [
            {"type": "dk.frafaldsvarsel.dropout-risk.raised.v1", "events": 12},
            {"type": "dk.frafaldsvarsel.enrolment.ended.v1", "events": 0},
        ],
    }
    fault, *_ = read(f"{header}\n{row}dropout-risk.raised=twelve\n", register)
    assert fault == LineFault(2, "Line 2: data.counts.0.events: should be a valid integer.")


@pytest.mark.parametrize("digits", ["9" * 5_000, f"{'9' * 5_000}.0", "0" * 16])
def test_a_number_of_any_length_is_a_fault_of_its_line_alone(digits: str, register: Register) -> None:
    long, good = read(f"{HEADER}\n{ROW.replace(',34,', f',{digits},')}\n{ROW}\n", register)
    assert isinstance(long, LineFault)
    assert isinstance(good, FileLine)
