"""Files as spreadsheets, old machines and torn downloads leave them: read, or refused with a sentence."""

import io
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import orjson
import pytest

from publisher.csv_rows import CsvRow, rows_of
from publisher.events import FileFault, FileLine, LineFault
from publisher.lines import Reading, read_file, read_stream
from publisher.text_lines import MAX_LINE, NOT_UTF8, text_lines
from tests.unit.publisher.conftest import CPR, NUMBER, Register

_SECOND: Final = "0202061234"
_ID: Final = "6f2c1a38-9b1e-4f7d-8a55-0c3d2e1f4a5"
_HEADER: Final = "type;id;sender;time;cpr;institution_number;seen_at;signals;severity;text"


def _row(number: int, text: str, cpr: str = CPR) -> str:
    return (
        f"dropout-risk.raised;{_ID}{number};{NUMBER};2026-09-02T02:15:00+02:00;{cpr};{NUMBER};"
        f"2026-09-01T11:00:00+02:00;absence;medium;{text}"
    )


def _read(content: str | bytes, register: Register, *, end: str = "\n") -> list[FileLine | LineFault]:
    written = content if isinstance(content, bytes) else content.replace("\n", end).encode()
    return list(read_stream(io.BytesIO(written), Reading(register=register), csv=True))


def _texts(found: list[FileLine | LineFault]) -> list[str | None]:
    """The texts of the messages, and None for a fault."""
    return [line.event.data.get("text", "") if isinstance(line, FileLine) else None for line in found]


def _faults(found: list[FileLine | LineFault]) -> list[str]:
    faults = [line.sentence for line in found if isinstance(line, LineFault)]
    assert not [cpr for cpr in (CPR, _SECOND) if cpr in str(faults)]
    return faults


class TestQuotationMarks:
    def test_one_that_is_never_closed_swallows_nothing_in_silence(self, register: Register) -> None:
        """The second message, CPR and all, was the end of the first one's text; exit code 0."""
        rows = f"{_HEADER}\n{_row(1, 'God')}\n{_row(2, chr(34) + 'Er vaek')}\n{_row(3, 'Syg', _SECOND)}\n"
        found = _read(rows, register)
        assert _texts(found) == ["God", None]
        assert _faults(found) == [
            "Line 3: the quotation mark that opens a cell here is not closed: nothing from line 3 on is sent."
        ]

    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    def test_one_that_meets_the_next_rows_mark_swallows_nothing(self, register: Register, end: str) -> None:
        """However the lines end."""
        rows = f"{_HEADER}\n{_row(1, chr(34) + 'Er vaek')}\n{_row(2, chr(34) + 'Syg' + chr(34), _SECOND)}\n"
        found = _read(rows + f"{_row(3, 'God')}\n", register, end=end)
        assert _texts(found) == [None, "God"]
        (sentence,) = _faults(found)
        assert sentence.startswith("Line 2: more follows a closing quotation mark in its cell")
        assert "nothing of lines 2 to 3 is sent" in sentence

    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    def test_a_cell_with_line_breaks_that_looks_like_a_row_is_refused(
        self, register: Register, end: str
    ) -> None:
        """Here the marks fit and the number of cells is right: only what stands between shows it."""
        rows = f"{_HEADER}\n{_row(1, 'God')}\n{_row(2, chr(34) + 'Er vaek')}\n{_row(3, 'Syg' + chr(34), _SECOND)}\n"
        found = _read(rows, register, end=end)
        assert _texts(found) == ["God", None]
        assert _faults(found) == [
            "Line 3: the quotation mark that opens a cell here is closed on another line, and what looks like a row "
            "of its own stands between: nothing of lines 3 to 4 is sent."
        ]

    @pytest.mark.parametrize("place", range(10))
    def test_in_whatever_column_it_stands(self, register: Register, place: int) -> None:
        """The rest of one row and the beginning of the next are in one cell: type and id of one of them too."""
        first, second = (_row(number, "x", cpr).split(";") for number, cpr in ((1, CPR), (2, _SECOND)))
        first[place], second[place] = f'"{first[place]}', f'{second[place]}"'
        found = _read(f"{_HEADER}\n{';'.join(first)}\n{';'.join(second)}\n{_row(3, 'God')}\n", register)
        assert _texts(found) == [None, "God"]
        assert "nothing of lines 2 to 3 is sent" in _faults(found)[0]

    def test_the_line_is_named_on_which_the_mark_stands(self, register: Register) -> None:
        """Not the one on which the row begins: an earlier cell may rightly hold line breaks."""
        header = f"contact_name;{_HEADER}"
        row = f'"Åse\nØstergård";{_row(1, chr(34) + "Er vaek")}\n'
        found = _read(f"{header}\n{row}", register)
        assert _faults(found) == [
            "Line 3: the quotation mark that opens a cell here is not closed: nothing from line 2 on is sent."
        ]

    @pytest.mark.parametrize(
        ("written", "meant"),
        [
            ('"Kom ikke\ni går\n\nheller ikke i dag"', "Kom ikke\ni går\n\nheller ikke i dag"),
            ('"Sagde ""nej"";\nog gik"', 'Sagde "nej";\nog gik'),
            ('"a;b"', "a;b"),
            ('Sagde "nej" og gik', 'Sagde "nej" og gik'),
            ('5" skærm', '5" skærm'),
            ("“Nej”", "“Nej”"),
            ('""', ""),
            ("", ""),
        ],
    )
    def test_what_is_rightly_written_is_read(self, register: Register, written: str, meant: str) -> None:
        """Quoted line breaks, doubled marks, separators in marks, and marks inside a cell that has none around it."""
        found = _read(f"{_HEADER}\n{_row(1, written)}\n{_row(2, 'God')}\n", register)
        assert _texts(found) == [meant, "God"]

    @pytest.mark.parametrize("wrong", ['"Nej" sagde han', '"Nej""', '"a"b"', '"a" ', '"a""b"c'])
    def test_what_is_wrongly_written_costs_its_own_row(self, register: Register, wrong: str) -> None:
        found = _read(f"{_HEADER}\n{_row(1, wrong)}\n", register)
        assert _texts(found) == [None]


class TestWholeRows:
    def test_a_row_that_was_cut_opens_no_period(self, register: Register) -> None:
        """A row without its last cell had no end, so the period was open, and the duty a false one."""
        header = "type;id;sender;time;cpr;period_id;municipality_code;benefit_type;target_group;valid_from;valid_to"
        row = (
            f"benefit-period.registered;{_ID}1;0101;2024-03-01T09:00:00+01:00;{CPR};{_ID}2;0101;uddannelseshjaelp;"
            "uddannelsesparat;2024-03-01;2025-07-31"
        )
        (whole,) = _read(f"{header}\n{row}", register)
        assert isinstance(whole, FileLine)
        assert whole.event.data["valid_to"] == "2025-07-31"
        for length in range(len(row)):
            found = _read(f"{header}\n{row[:length]}", register)
            assert [line for line in found if isinstance(line, FileLine)] == [], row[:length]
            _faults(found)
        (cut,) = _faults(_read(f"{header}\n{row.rsplit(';', 1)[0]}\n", register))
        assert cut.startswith("Line 2: it has 10 cells, and the header 11: it may have been cut.")
        (behind,) = _faults(_read(f"{header}\n{row.rsplit(';', 1)[0]};", register))
        assert behind == (
            "Line 2: the file ends behind a separator, without a line end: it may have been cut."
        )

    def test_columns_without_a_name_at_the_end_are_a_spreadsheets_and_stay_empty(
        self, register: Register
    ) -> None:
        rows = f"{_HEADER};;\n{_row(1, 'God')};;\n{_row(2, 'God')}; ;x\n{_row(3, 'God')}\n;;;;;;;;;;;\n"
        found = _read(rows, register)
        assert _texts(found) == ["God", None, None]
        assert _faults(found)[0] == "Line 3: it has more cells than the header has columns."

    def test_excels_word_for_the_separator_is_no_header(self, register: Register) -> None:
        found = _read(f"sep=;\n{_HEADER}\n{_row(1, 'God')}\n", register)
        assert _texts(found) == ["God"]
        assert isinstance(found[0], FileLine)
        assert found[0].number == 3


class TestEncodings:
    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    @pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
    def test_line_ends_of_every_machine_are_read(self, register: Register, end: str, mark: bytes) -> None:
        """CR alone is that of old Macs, and of Excel's "CSV (Macintosh)"."""
        rows = f"{_HEADER}\n{_row(1, 'Åse er væk')}\n{_row(2, 'God')}\n".replace("\n", end)
        found = _read(mark + rows.encode(), register)
        assert _texts(found) == ["Åse er væk", "God"]
        assert [line.number for line in found] == [2, 3]

    @pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
    def test_json_lines_too(self, risk: dict[str, object], end: bytes) -> None:
        line = orjson.dumps(risk)
        found = list(read_stream(io.BytesIO(end.join([line, b"", line])), Reading()))
        assert [one.number for one in found if isinstance(one, FileLine)] == [1, 3]

    @pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le"])
    @pytest.mark.parametrize("csv", [True, False])
    def test_utf_16_is_a_sentence(self, encoding: str, csv: bool, risk: dict[str, object]) -> None:
        """What Excel calls "Unicode text"."""
        text = f"{_HEADER}\n{_row(1, 'God')}\n" if csv else orjson.dumps(risk).decode()
        with pytest.raises(FileFault, match=r"^It looks like UTF-16: save the file as UTF-8"):
            list(read_stream(io.BytesIO(text.encode(encoding)), Reading(), csv=csv))

    @pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "mac-roman", "cp850"])
    def test_one_byte_a_letter_is_a_sentence_for_each_row_that_needs_more(
        self, register: Register, encoding: str
    ) -> None:
        rows = f"{_HEADER}\n{_row(1, 'Åse er væk')}\n{_row(2, 'God')}\n".encode(encoding)
        found = _read(rows, register)
        assert _texts(found) == [None, "God"]
        assert _faults(found) == [f"Line 2: {NOT_UTF8}"]

    @pytest.mark.parametrize(
        ("header", "sentence"),
        [
            (_HEADER.replace(";", "\t"), "The cells look separated by tabs: write commas or semicolons."),
            (_HEADER.replace(";", "|"), "The cells look separated by vertical bars: write commas or semicolons."),
            ("type;" + "x" * 140_000, "The header cannot be read. Line 1: a cell is longer than 131,072 characters."),
            ("x" * MAX_LINE, "The header cannot be read. Line 1: it is longer than 1 MiB"),
            (f'"{_HEADER}', "The header cannot be read. Line 1: the quotation mark that opens a cell here is not"),
            (f'"type" ;{_HEADER}', "The header cannot be read. Line 1: more follows a closing quotation mark"),
            (_row(1, "God"), "The header has unknown columns, number 1, 2, 3"),
            ("", "The header lacks type, id, sender, time, cpr"),
        ],
    )  # fmt: skip
    def test_a_header_that_cannot_be_read_says_what_it_looks_like(
        self, register: Register, header: str, sentence: str
    ) -> None:
        with pytest.raises(FileFault) as raised:
            _read(f"{header}\n{_row(1, 'God')}\n", register)
        assert str(raised.value).startswith(sentence)
        assert CPR not in str(raised.value)

    def test_a_header_in_latin_1_is_a_sentence(self, register: Register) -> None:
        with pytest.raises(FileFault, match=r"^The header: it is not UTF-8; it looks like Windows-1252"):
            _read(f"{_HEADER};særlig\n".encode("latin-1"), register)

    def test_a_line_without_end_is_read_no_further_than_it_matters(self, register: Register) -> None:
        """In a cell, too."""
        for text in ("x" * MAX_LINE, '"' + "x\n" * MAX_LINE):
            found = _read(f"{_HEADER}\n{_row(1, text)}\n{_row(2, 'God')}\n", register)
            assert _faults(found) == ["Line 2: it is longer than 1 MiB: nothing from here on is sent."]
        found = _read(f"{_HEADER}\n{_row(1, 'x' * 140_000)}\n{_row(2, 'God')}\n", register)
        assert _texts(found) == [None, "God"]
        assert _faults(found) == ["Line 2: a cell is longer than 131,072 characters."]


class TestContent:
    def test_an_id_is_judged_as_intake_judges_it(self, risk: dict[str, object]) -> None:
        """36 characters in lower case passed before, and intake refused them."""
        for odd in ("x" * 36, "-" * 36, f"{_ID}g", f"{_ID}1".replace("-", "0"), f"{_ID}1\n"):
            (fault,) = read_stream(io.BytesIO(orjson.dumps({**risk, "id": odd})), Reading())
            assert fault == LineFault(1, "Line 1: id is not a UUID in lower case.")

    @pytest.mark.parametrize(("written", "meant"), [("28.0", 28), ("28", 28), ("28.00", 28), ("2.8e1", 28)])
    def test_an_integer_is_one_as_the_published_schema_has_it(
        self, risk: dict[str, object], written: str, meant: int
    ) -> None:
        line = orjson.dumps(risk).replace(b":34", b":" + written.encode(), 1)
        assert written.encode() in line
        (found,) = read_stream(io.BytesIO(line), Reading())
        assert isinstance(found, FileLine)
        assert found.event.data["absence_percentage"] == meant

    def test_a_cell_with_28_0_is_one_too_and_28_5_is_none(self, register: Register) -> None:
        for cell, fits in (("28", True), ("28.0", True), ("28.5", False), ("28,0", False), ("28%", False)):
            header = f"absence_percentage;{_HEADER}"
            (found,) = _read(f'{header}\n"{cell}";{_row(1, "God")}\n', register)
            assert isinstance(found, FileLine) is fits

    @pytest.mark.parametrize(
        "doubled",
        [
            (b'"severity"', b'"severity":"low","severity"'),
            (b'{"type"', b'{"id":"x","type"'),
            (b'"name"', b'"name":"Bo","name"'),
        ],
    )
    def test_a_name_that_stands_twice_is_refused(
        self, risk: dict[str, object], doubled: tuple[bytes, bytes]
    ) -> None:
        """The last one counted, and nobody had meant to say two things."""
        line = orjson.dumps(risk).replace(*doubled, 1)
        (found,) = read_stream(io.BytesIO(line), Reading())
        assert found == LineFault(1, "Line 1: a name stands twice in one object.")

    def test_a_cpr_in_the_text_is_found_before_it_is_sent(self, register: Register) -> None:
        found = _read(f"{_HEADER}\n{_row(1, f'Se ogsaa {_SECOND}')}\n", register)
        assert _faults(found) == [
            "Line 2: data.text holds a CPR: write it without, for the event names its person."
        ]

    def test_a_line_nested_without_bound_is_a_sentence(self, risk: dict[str, object]) -> None:
        """One parser takes a thousand levels, and another ends there with an error of its own."""
        for depth in (500, 990, 1010, 100_000):
            deep = b'{"a":' * depth + b"1" + b"}" * depth
            (found,) = read_stream(io.BytesIO(orjson.dumps(risk).replace(b'"high"', deep)), Reading())
            assert isinstance(found, LineFault)


class TestPipes:
    @pytest.mark.parametrize("form", ["json", "csv"])
    def test_a_pipe_is_read_once_and_its_first_sign_tells_its_form(
        self, form: str, tmp_path: Path, risk: dict[str, object], register: Register
    ) -> None:
        """A process substitution is one. It was read twice: the second time there was nothing, or it hung."""
        pipe = tmp_path / "events"
        os.mkfifo(pipe)
        content = f"{_HEADER}\n{_row(1, 'God')}\n".encode() if form == "csv" else orjson.dumps(risk)
        writer = threading.Thread(target=pipe.write_bytes, args=(content,))
        writer.start()
        found = list(read_file(pipe, Reading(register=register)))
        writer.join()
        assert [type(line) for line in found] == [FileLine]


def _csv_rows(text: str) -> Iterator[CsvRow | LineFault]:
    return rows_of(text_lines(io.BytesIO(text.encode())), ",")


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("a,b\n1,2\n", [["a", "b"], ["1", "2"]]),
        ("a,b\n1,2", [["a", "b"], ["1", "2"]]),
        ('1,"ha ""ha"" ha"\n', [["1", 'ha "ha" ha']]),
        ('"{""type"": ""Point""}",2\n', [['{"type": "Point"}', "2"]]),
        ('1,"",""\n2,3,4\n', [["1", "", ""], ["2", "3", "4"]]),
        ('"a\r\nb",c\r\nd,e\r\n', [["a\r\nb", "c"], ["d", "e"]]),
        ('"a,b",c\n', [["a,b", "c"]]),
        (' a , "b" \n', [[" a ", ' "b" ']]),
        ('a,b "c". ,d\n', [["a", 'b "c". ', "d"]]),
        ("value1\r,value2\n", [["value1"], ["", "value2"]]),
        ("\n\n,\n1,2\n\n", [["1", "2"]]),
        ('"",x\n', [["", "x"]]),
        ('"""",x\n', [['"', "x"]]),
        ('x,"""\n"""\n', [["x", '"\n"']]),
        ("x,a\x0bb\x0cc\x85d\u2028e\n", [["x", "a\x0bb\x0cc\x85d\u2028e"]]),
    ],
)
def test_the_forms_of_public_suites_are_read(text: str, cells: list[list[str]]) -> None:
    """After RFC 4180, csv-spectrum and csv-test-data; blank rows are nothing."""
    assert [row.cells for row in _csv_rows(text) if isinstance(row, CsvRow)] == cells


@pytest.mark.parametrize(
    "text",
    ['a,"b\n', 'a,"b""\n', '"a"b,c\n', '"a" ,b\n', '"a\nb"c,d\n', 'a,"\n"x\n', '"Evil Guy","";drop table"\n'],
)
def test_what_the_suites_call_bad_is_refused(text: str) -> None:
    (fault,) = _csv_rows(text)
    assert isinstance(fault, LineFault)
