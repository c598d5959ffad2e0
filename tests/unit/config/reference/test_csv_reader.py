"""A table gives its sound rows with their lines, and a sentence for each of the others."""

from pathlib import Path

import pytest

from config.reference.csv_reader import Certainty, Row, read_table


class Colour(Row):
    name: str
    shade: str | None = None


HEADER = "name,shade,certainty,source\n"


def table(tmp_path: Path, text: str, encoding: str = "utf-8") -> list[tuple[int, Colour]]:
    (tmp_path / "colours.csv").write_text(text, encoding)
    found = read_table(tmp_path, "colours.csv", Colour)
    assert found.sound
    return [(line.number, line.row) for line in found.lines]


def test_a_row_has_its_line_and_an_empty_cell_is_absent(tmp_path: Path) -> None:
    assert table(tmp_path, HEADER + "rød,,good,[M] seen\n") == [
        (2, Colour(name="rød", certainty=Certainty.GOOD, source="[M] seen"))
    ]


def test_the_order_of_columns_is_free(tmp_path: Path) -> None:
    [(_, row)] = table(tmp_path, "source,shade,certainty,name\n[S] book,dark,certain,blå\n")
    assert (row.name, row.shade) == ("blå", "dark")


def test_a_line_number_counts_lines_of_the_file_not_rows(tmp_path: Path) -> None:
    text = HEADER + '"to\nlinjer",,good,[M] seen\ngrøn,,good,[M] seen\n'
    assert [number for number, _ in table(tmp_path, text)] == [3, 4]


def test_a_spreadsheets_byte_order_mark_and_line_ends_do_no_harm(tmp_path: Path) -> None:
    text = HEADER + "rød,,good,[M] seen\n"
    assert len(table(tmp_path, text.replace("\n", "\r\n"), "utf-8-sig")) == 1


def test_a_sound_row_is_given_beside_a_broken_one(tmp_path: Path) -> None:
    (tmp_path / "colours.csv").write_text(HEADER + ",,good,[M] seen\nrød,,good,[M] seen\n", "utf-8")
    found = read_table(tmp_path, "colours.csv", Colour)
    assert [row.name for row in found.rows] == ["rød"]
    assert [str(fault) for fault in found.faults] == ["colours.csv, line 2: name is missing."]
    assert not found.sound


def test_every_fault_of_a_row_is_told(tmp_path: Path) -> None:
    (tmp_path / "colours.csv").write_text(HEADER + ",,sure,seen\n", "utf-8")
    assert len(read_table(tmp_path, "colours.csv", Colour).faults) == 3


@pytest.mark.parametrize(
    "text", ["", "\n", "a\0b", "﻿", HEADER + '"open', "name,name,shade,certainty,source\n"]
)
def test_nonsense_is_a_fault_and_no_exception(text: str, tmp_path: Path) -> None:
    (tmp_path / "colours.csv").write_text(text, "utf-8")
    assert not read_table(tmp_path, "colours.csv", Colour).sound
