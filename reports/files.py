"""A release as files for machines: CSV, a workbook and Parquet, one row a cell; the same bytes each time. Pure."""

import csv
from collections.abc import Iterable, Sequence
from datetime import datetime
from io import BytesIO, StringIO
from typing import Final

import xlsxwriter

from reports.parquet import Column, parquet
from reports.release import Cell
from reports.words import ReportLanguage, Words

HEAD: Final = (
    "family",
    "family_da",
    "family_en",
    "breakdown",
    "breakdown_da",
    "breakdown_en",
    "value_code",
    "value_da",
    "value_en",
    "category_code",
    "category_da",
    "category_en",
    "measure",
    "measure_da",
    "measure_en",
    "number",
    "status",
    "members",
)
Line = tuple[str | int | None, ...]
"""By `HEAD`."""


def lines(cells: Iterable[Cell], words: Words) -> list[Line]:
    """The rows of every file."""
    return [_line(cell, words) for cell in cells]


def _line(cell: Cell, words: Words) -> Line:
    def both(kind: str, code: str) -> tuple[str, str, str]:
        danish, english = (words.say(kind, code, language) if code else "" for language in ReportLanguage)
        return (code, danish, english)

    value = (
        words.value(cell.breakdown, cell.value, language) if cell.value else "" for language in ReportLanguage
    )
    return (
        *both("family", cell.family),
        *both("breakdown", cell.breakdown),
        cell.value,
        *value,
        *both("category", cell.category),
        *both("measure", cell.measure),
        cell.number,
        cell.status,
        " ".join(cell.members),
    )


def as_csv(rows: Iterable[Line]) -> bytes:
    """RFC 4180, UTF-8; what has no number is empty."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(HEAD)
    writer.writerows(rows)
    return text.getvalue().encode()


def as_workbook(rows: Sequence[Line], about: Sequence[tuple[str, str]], made: datetime) -> bytes:
    """A sheet of cells and one about them. `made`: what it says of its own time; the as-of date, not the clock's."""
    content = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(content, options) as book:
        book.set_properties({"title": "Frafaldsvarsel", "created": made})
        bold = book.add_format({"bold": True})
        sheet = book.add_worksheet("Tal")
        sheet.write_row(0, 0, HEAD, bold)
        for number, row in enumerate(rows, start=1):
            sheet.write_row(number, 0, row)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, max(len(rows), 1), len(HEAD) - 1)
        sheet.set_column(0, len(HEAD) - 1, 22)
        note = book.add_worksheet("Om")
        for number, pair in enumerate(about):
            note.write_row(number, 0, pair)
        note.set_column(0, 0, 28)
        note.set_column(1, 1, 100)
    return content.getvalue()


def as_parquet(rows: Sequence[Line]) -> bytes:
    """One row group; text, and `number` as a 64-bit integer that may be absent."""
    return parquet(
        [
            Column(name, [row[place] for row in rows], is_number=name == "number")
            for place, name in enumerate(HEAD)
        ]
    )
