"""Reads a file of plain events line by line: JSON Lines here, CSV in `publisher.csv_lines`.

A line is a CloudEvent with a plain ``data.cpr`` and the extension attribute ``sender``. ``id`` and ``time``
are the author's: an id made up here would turn every repetition into a new message. What may be left out is
``source`` (completed from the sender's register entry), ``specversion``, ``datacontenttype`` and the prefix
and version of ``type`` (``dropout-risk.raised``): which version is sent, the publisher is told otherwise.
Memory does not grow with the file.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, Final

import orjson

from models.cpr import normalise
from models.events.cloudevent import SEQUENCE
from models.events.event_types import CPR_FIELDS, VERSION_1, full_type
from models.events.traceparent import TRACEPARENT, read_traceparent
from models.json_names import has_double_name
from publisher.check import FindsSenders, faults_of, is_about_a_person
from publisher.csv_lines import read_csv
from publisher.events import FileFault, FileLine, LineFault, PlainEvent, line_fault
from publisher.prepare import DATA_CONTENT_TYPE
from publisher.text_lines import MAX_LINE, NOT_UTF8, TextLine, is_utf8, text_lines

_KNOWN: Final = frozenset(
    {
        "specversion",
        "id",
        "source",
        "sender",
        "type",
        "time",
        "datacontenttype",
        "data",
        SEQUENCE,
        TRACEPARENT,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """`register` completes and checks the sender; `check` False lets faults through, to test intake."""

    register: FindsSenders | None = None
    check: bool = True


def read_file(file: Path, reading: Reading) -> Iterator[FileLine | LineFault]:
    """The lines of `file`: CSV where its name ends so, else JSON Lines. Raises `FileFault`.

    A pipe has no name of its own: there the first sign tells.
    """
    try:
        opened = file.open("rb")
    except OSError as error:
        raise FileFault(f"{file.name} cannot be read: {error.strerror}.") from None
    with opened:
        is_table = file.suffix.lower() == ".csv" or (None if not file.is_file() else False)
        yield from read_stream(opened, reading, csv=is_table)


def read_stream(
    stream: BinaryIO, reading: Reading, *, csv: bool | None = False
) -> Iterator[FileLine | LineFault]:
    """The lines of an open file; `csv` None: as its first line looks. Raises `FileFault` where it cannot be used."""
    lines = text_lines(stream)
    if csv is None:
        first = next(lines, TextLine(1, ""))
        csv, lines = not first.text.lstrip().startswith(("{", "[")), chain([first], lines)
    for row in read_csv(lines) if csv else _json_rows(lines):
        if isinstance(row, LineFault):
            yield row
        else:
            yield from _event(row[0], row[1], reading)


def _json_rows(lines: Iterable[TextLine]) -> Iterator[tuple[int, dict[str, Any]] | LineFault]:
    for number, line in lines:
        if not line.strip():
            continue
        if len(line) > MAX_LINE:
            yield line_fault(number, "it is longer than 1 MiB.")
            continue
        try:
            parsed = orjson.loads(line)
        except orjson.JSONDecodeError:
            yield line_fault(number, "it is not JSON." if is_utf8(line) else NOT_UTF8)
            continue
        if not isinstance(parsed, dict):
            yield line_fault(number, "it is not a JSON object.")
        elif has_double_name(line):
            yield line_fault(number, "a name stands twice in one object.")
        else:
            yield number, parsed


def _event(number: int, fields: Mapping[str, Any], reading: Reading) -> Iterator[FileLine | LineFault]:
    """The event of a line, or its faults."""
    event, sentences = _plain(fields, reading.register)
    if reading.check:
        sentences = [*sentences, *(faults_of(event, reading.register) if not sentences else ())]
    elif event.type in VERSION_1:
        sentences = []
    else:
        sentences = ["type is not one of the contract's, so there is no topic for it."]
    if sentences:
        yield from (line_fault(number, sentence) for sentence in sentences)
        return
    if reading.check and is_about_a_person(VERSION_1[event.type]):
        numbers = {field: normalise(event.data[field]) for field in CPR_FIELDS if field in event.data}
        event = replace(event, data={**event.data, **numbers})
    yield FileLine(number, event)


def _plain(fields: Mapping[str, Any], register: FindsSenders | None) -> tuple[PlainEvent, list[str]]:
    """The event as far as its attributes go, and a sentence for each that is wrong."""
    sentences = list(_odd(fields))
    texts: dict[str, str] = {}
    for name in ("type", "id", "sender", "time"):
        content = fields.get(name)
        if content is None or content == "":
            sentences.append(f"{name} is missing.")
        elif not isinstance(content, str):
            sentences.append(f"{name} is not a text.")
        texts[name] = content if isinstance(content, str) else ""
    source = fields.get("source")
    if source is None:
        entry = register.find(texts["sender"]) if register is not None and texts["sender"] else None
        source = "" if entry is None else entry.source
        if entry is None and texts["sender"]:
            sentences.append("source is missing, and the sender is not in the senders' register.")
    elif not isinstance(source, str):
        sentences.append("source is not a text.")
        source = ""
    sequence = fields.get(SEQUENCE)
    if sequence is not None and not isinstance(sequence, str):
        sentences.append("sequence is not a text.")
        sequence = None
    traceparent = fields.get(TRACEPARENT)
    if not (isinstance(traceparent, str) and read_traceparent(traceparent)):
        # Nobody uses it, and it would go out in the clear, whatever it says. A trace is worth no message.
        traceparent = None
    data = fields.get("data")
    if not isinstance(data, dict):
        sentences.append("data is missing or not an object.")
        data = {}
    return PlainEvent(
        type=full_type(texts["type"]),
        id=texts["id"],
        sender=texts["sender"],
        source=source,
        time=texts["time"],
        data=data,
        sequence=sequence,
        traceparent=traceparent,
    ), sentences


def _odd(fields: Mapping[str, Any]) -> Iterable[str]:
    """What the line says that would not be sent: better refused than left out in silence."""
    if fields.get("specversion", "1.0") != "1.0":
        yield "specversion is not 1.0."
    if fields.get("datacontenttype", DATA_CONTENT_TYPE) != DATA_CONTENT_TYPE:
        yield f"datacontenttype is not {DATA_CONTENT_TYPE}."
    if "signature" in fields:
        yield "it is signed already; the publisher signs."
    if not fields.keys() <= _KNOWN | {"signature"}:
        yield f"it has an attribute that is not sent; known are {', '.join(sorted(_KNOWN))}."
