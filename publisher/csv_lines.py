"""Reads a CSV file of plain events into the fields that a line of JSON has; it judges header and shape only.

Columns: ``type,id,sender,time,cpr``, perhaps ``source`` and ``sequence``, and any of the data's fields, flattened;
``signals`` separated by ``;``; ``counts`` of a control total likewise, as ``enrolment.registered=12;…``;
``contact_name``, ``contact_phone``, ``contact_email``. An empty cell is no field.
Cells are separated by comma or semicolon; a first line ``sep=;`` says by which. A row has all its columns.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from models.events.event_types import VERSION_1, full_type
from publisher.csv_rows import CsvRow, rows_of
from publisher.events import FileFault, LineFault, line_fault
from publisher.text_lines import NOT_UTF8, TextLine, is_utf8

_SAID: Final = re.compile("sep=([;,])")
"""What Excel writes and reads before the header."""
_OTHER_SEPARATORS: Final = {"\t": "tabs", "|": "vertical bars"}
_WHOLE: Final = re.compile(r"([0-9]{1,15})(\.0+)?", re.ASCII)
"""No count of ours is longer, and Python reads no number of any length."""
_NEEDED: Final = ("type", "id", "sender", "time", "cpr")
_ATTRIBUTES: Final = frozenset({"type", "id", "sender", "time", "source", "sequence"})
_CONTACT: Final = {"contact_name": "name", "contact_phone": "phone", "contact_email": "email"}
_DATA: Final = frozenset(
    name for event_type in VERSION_1.values() for name in event_type.data.model_fields
) - {"contact"}
COLUMNS: Final = frozenset({*_ATTRIBUTES, *_DATA, *_CONTACT})


def read_csv(lines: Iterator[TextLine]) -> Iterator[tuple[int, dict[str, Any]] | LineFault]:
    """Each row as ``(line number, attributes and data)``. Raises `FileFault` for a header without use."""
    first = next(lines, TextLine(1, ""))
    delimiter = ";" if first.text.count(";") > first.text.count(",") else ","
    if said := _SAID.fullmatch(first.text.strip()):
        first, delimiter = next(lines, TextLine(2, "")), said[1]
    header, width = _header(first, delimiter)
    for row in rows_of(lines, delimiter):
        if isinstance(row, LineFault):
            yield row
        elif len(row.cells) > width or any(cell.strip() for cell in row.cells[len(header) :]):
            yield line_fault(row.number, "it has more cells than the header has columns.")
        elif len(row.cells) < width:
            yield line_fault(
                row.number,
                f"it has {len(row.cells)} cells, and the header {width}: it may have been cut. Empty cells at the end "
                "of a row are written too.",
            )
        else:
            yield row.number, _fields(dict(zip(header, row.cells, strict=False)))


def _header(line: TextLine, delimiter: str) -> tuple[list[str], int]:
    """The column names, and how many cells a row has: columns without a name may follow, and are empty.

    No sentence names an unknown column: a file without header begins with a person.
    """
    if not is_utf8(line.text):
        raise FileFault(f"The header: {NOT_UTF8}")
    rows = list(rows_of(iter([line]), delimiter))
    if rows and isinstance(rows[0], LineFault):
        raise FileFault(f"The header cannot be read. {rows[0].sentence}")
    cells = [cell for row in rows if isinstance(row, CsvRow) for cell in row.cells]
    header = [cell.strip().lower() for cell in cells]
    while header and not header[-1]:
        header.pop()
    known = ", ".join(sorted(COLUMNS))
    for sign, name in _OTHER_SEPARATORS.items():
        if len(header) == 1 and sign in line.text.strip():
            raise FileFault(f"The cells look separated by {name}: write commas or semicolons.")
    if unknown := [place for place, name in enumerate(header, 1) if name not in COLUMNS]:
        places = ", ".join(str(place) for place in unknown)
        raise FileFault(f"The header has unknown columns, number {places}; known are {known}.")
    if doubled := sorted({name for name in header if header.count(name) > 1}):
        raise FileFault(f"The header names a column twice: {', '.join(doubled)}.")
    if missing := [name for name in _NEEDED if name not in header]:
        raise FileFault(f"The header lacks {', '.join(missing)}; known columns are {known}.")
    return header, len(cells)


def _fields(row: dict[str, str]) -> dict[str, Any]:
    filled = {name: cell.strip() for name, cell in row.items() if cell.strip()}
    data: dict[str, Any] = {name: cell for name, cell in filled.items() if name in _DATA}
    if "signals" in data:
        data["signals"] = [part.strip() for part in data["signals"].split(";") if part.strip()]
    if "counts" in data:
        data["counts"] = [_count(part.strip()) for part in data["counts"].split(";") if part.strip()]
    if "absence_percentage" in data:
        data["absence_percentage"] = _number(data["absence_percentage"])
    contact = {inner: filled[name] for name, inner in _CONTACT.items() if name in filled}
    if contact:
        data["contact"] = contact
    return {**{name: cell for name, cell in filled.items() if name in _ATTRIBUTES}, "data": data}


def _count(text: str) -> dict[str, Any]:
    """``enrolment.registered=12``, with or without prefix and version of the type."""
    kind, _, number = (part.strip() for part in text.partition("="))
    return {"type": full_type(kind), "events": _number(number)}


def _number(text: str) -> int | str:
    """What stands for a whole number, also as ``28.0``; all else stays as it is, and is refused."""
    found = _WHOLE.fullmatch(text)
    return text if found is None else int(found[1])
