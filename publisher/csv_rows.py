"""The rows of a CSV file, strictly (RFC 4180): a quotation mark that is not closed must not swallow the next row.

A cell that holds line breaks may be right, and may be two rows whose quotation marks meet: what looks like a row of
ours in it is refused. Nothing of an uncertain row is sent; the sentence names the line on which the mark stands.
"""

import csv
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from models.events.event_types import VERSION_1
from publisher.events import LineFault, line_fault
from publisher.text_lines import MAX_LINE, NOT_UTF8, TextLine, is_utf8

_MARK: Final = '"'
_OURS: Final = re.compile(
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|"
    + "|".join(re.escape(row.kind) for row in VERSION_1.values()),
    re.ASCII | re.IGNORECASE,
)
"""What every row of ours has, and no text for a unit needs: an id, or the name of a type."""
_LINE_END: Final = re.compile(r"\r\n|\r|\n")


class CsvRow(NamedTuple):
    """One row, by the number of the line on which it begins."""

    number: int
    cells: list[str]


def rows_of(lines: Iterator[TextLine], delimiter: str) -> Iterator[CsvRow | LineFault]:
    """The rows in `lines` that are not blank, or what is wrong with them."""
    for first in lines:
        parts, opened = [first], _opened(first, delimiter, None)
        room = MAX_LINE - len(first.text)
        while opened is not None and room >= 0 and (following := next(lines, None)) is not None:
            parts.append(following)
            room -= len(following.text)
            opened = _opened(following, delimiter, opened)
        if room < 0:
            yield line_fault(first.number, "it is longer than 1 MiB: nothing from here on is sent.")
            return
        if opened is not None:
            yield line_fault(
                opened,
                "the quotation mark that opens a cell here is not closed: "
                f"nothing from line {first.number} on is sent.",
            )
            return
        yield from _row(first.number, parts[-1].number, "".join(part.text for part in parts), delimiter)


def _opened(line: TextLine, delimiter: str, opened: int | None) -> int | None:
    """The line of the quotation mark that is open at the end of `line`; `opened`: of the one open at its beginning."""
    text, place = line.text, 0
    if opened is None and text.startswith(_MARK):
        opened, place = line.number, 1
    while True:
        if opened is not None:
            place = text.find(_MARK, place) + 1
            if place == 0:
                return opened
            if text.startswith(_MARK, place):
                place += 1
                continue
            opened = None
        place = text.find(delimiter, place) + 1
        if place == 0:
            return None
        if text.startswith(_MARK, place):
            opened, place = line.number, place + 1


def _row(number: int, last: int, text: str, delimiter: str) -> Iterator[CsvRow | LineFault]:
    where = "of it" if last == number else f"of lines {number} to {last}"
    if not is_utf8(text):
        yield line_fault(number, NOT_UTF8)
        return
    try:
        cells = next(csv.reader([text], delimiter=delimiter, strict=True))
    except csv.Error as error:
        if len(text) > csv.field_size_limit() and "limit" in str(error):
            yield line_fault(number, "a cell is longer than 131,072 characters.")
        else:
            yield line_fault(
                number,
                "more follows a closing quotation mark in its cell, so a mark is missing or too many: "
                f"nothing {where} is sent. A mark inside a cell is written twice.",
            )
        return
    if not any(cell.strip() for cell in cells):
        return
    if text.endswith(delimiter):
        yield line_fault(
            number, "the file ends behind a separator, without a line end: it may have been cut."
        )
        return
    begins = number
    for cell in cells:
        breaks = len(_LINE_END.findall(cell))
        if breaks and _OURS.search(cell):
            yield line_fault(
                begins,
                "the quotation mark that opens a cell here is closed on another line, and what looks like a row of "
                f"its own stands between: nothing of lines {number} to {last} is sent.",
            )
            return
        begins += breaks
    yield CsvRow(number, cells)
