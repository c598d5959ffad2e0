"""Reads a CSV file of plain events into the fields that a line of JSON has; it judges header and shape only.

Columns: ``type,id,sender,time,cpr``, perhaps ``source`` and ``sequence``, and any of the data's fields, flattened;
``signals`` separated by ``;``; ``counts`` of a control total likewise, as ``enrolment.registered=12;…``;
``contact_name``, ``contact_phone``, ``contact_email``. An empty cell is no field.
"""

import codecs
import csv
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from models.events.event_types import VERSION_1, full_type
from publisher.events import FileFault, LineFault, line_fault

_NEEDED: Final = ("type", "id", "sender", "time", "cpr")
_ATTRIBUTES: Final = frozenset({"type", "id", "sender", "time", "source", "sequence"})
_CONTACT: Final = {"contact_name": "name", "contact_phone": "phone", "contact_email": "email"}
_DATA: Final = frozenset(
    name for event_type in VERSION_1.values() for name in event_type.data.model_fields
) - {"contact"}
COLUMNS: Final = frozenset({*_ATTRIBUTES, *_DATA, *_CONTACT})


def read_csv(stream: BinaryIO) -> Iterator[tuple[int, dict[str, Any]] | LineFault]:
    """Each row as ``(line number, attributes and data)``. Raises `FileFault` for a header without use."""
    text = _decoded(stream)
    first = next(text, "")
    delimiter = ";" if first.count(";") > first.count(",") else ","
    header = _header(next(csv.reader([first], delimiter=delimiter), []))
    rows = csv.reader(text, delimiter=delimiter)
    before = 0
    while True:
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error:
            yield line_fault(rows.line_num + 1, "it is not CSV.")
            before = rows.line_num
            continue
        # A quoted cell may hold line breaks; a row is named by the line on which it begins, the header is 1.
        number, before = before + 2, rows.line_num
        if any("\udc80" <= sign <= "\udcff" for cell in cells for sign in cell):
            yield line_fault(number, "it is not UTF-8.")
        elif len(cells) > len(header):
            yield line_fault(number, "it has more cells than the header has columns.")
        elif any(cell.strip() for cell in cells):
            yield number, _fields(dict(zip(header, cells, strict=False)))


def _decoded(stream: BinaryIO) -> Iterator[str]:
    """The lines as text; bytes that are not UTF-8 become surrogates, so that only their own row suffers."""
    first = True
    for line in stream:
        yield (line.removeprefix(codecs.BOM_UTF8) if first else line).decode("utf-8", "surrogateescape")
        first = False


def _header(cells: list[str]) -> list[str]:
    """The column names; the sentence names no unknown one: a file without header begins with a person."""
    header = [cell.strip().lower() for cell in cells]
    known = ", ".join(sorted(COLUMNS))
    if unknown := [place for place, name in enumerate(header, 1) if name not in COLUMNS]:
        places = ", ".join(str(place) for place in unknown)
        raise FileFault(f"The header has unknown columns, number {places}; known are {known}.")
    if doubled := sorted({name for name in header if header.count(name) > 1}):
        raise FileFault(f"The header names a column twice: {', '.join(doubled)}.")
    if missing := [name for name in _NEEDED if name not in header]:
        raise FileFault(f"The header lacks {', '.join(missing)}; known columns are {known}.")
    return header


def _fields(row: dict[str, str]) -> dict[str, Any]:
    filled = {name: cell.strip() for name, cell in row.items() if cell.strip()}
    data: dict[str, Any] = {name: cell for name, cell in filled.items() if name in _DATA}
    if "signals" in data:
        data["signals"] = [part.strip() for part in data["signals"].split(";") if part.strip()]
    if "counts" in data:
        data["counts"] = [_count(part.strip()) for part in data["counts"].split(";") if part.strip()]
    percentage = data.get("absence_percentage", "")
    if percentage.isascii() and percentage.isdecimal():
        data["absence_percentage"] = int(percentage)
    contact = {inner: filled[name] for name, inner in _CONTACT.items() if name in filled}
    if contact:
        data["contact"] = contact
    return {**{name: cell for name, cell in filled.items() if name in _ATTRIBUTES}, "data": data}


def _count(text: str) -> dict[str, Any]:
    """``enrolment.registered=12``, with or without prefix and version of the type."""
    kind, _, number = (part.strip() for part in text.partition("="))
    events: Any = int(number) if number.isascii() and number.isdecimal() else number
    return {"type": full_type(kind), "events": events}
