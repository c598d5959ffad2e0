"""Reads reference tables (CSV, UTF-8, a header, one record a line) into typed rows with their line numbers.

It judges each row alone; what rows mean to each other is `config.reference.checks.all`.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, Generic, TypeVar

from pydantic import AfterValidator, ValidationError

from config.errors import Fault
from config.sentences import sentences
from models.base import Frozen

DATA: Final = Path(__file__).parents[1] / "data"
"""The reference data that the service ships with."""


class Certainty(StrEnum):
    """How far a row can be trusted; see ``config/data/README.md``."""

    CERTAIN = "certain"
    GOOD = "good"
    FAIR = "fair"
    INFERRED = "inferred"
    WEAK = "weak"
    MADE_UP = "made-up"


def _marked(text: str) -> str:
    if not re.match(r"\[[SMI]\] \S", text):
        raise ValueError("should begin with its mark: [S], [M] or [I]")
    return text


Source = Annotated[str, AfterValidator(_marked)]
"""A sentence after its mark: [S] read in a named source, [M] from memory, [I] inferred or made up."""


class Row(Frozen):
    """The base of every row: nothing stands in the data without where it is from."""

    certainty: Certainty
    source: Source


RowT = TypeVar("RowT", bound=Frozen)


@dataclass(frozen=True, slots=True)
class CsvLine(Generic[RowT]):
    """A row and where it stands."""

    number: int
    row: RowT


@dataclass(frozen=True, slots=True)
class CsvTable(Generic[RowT]):
    """All rows of a file that are sound in themselves, and the faults of the others."""

    file: str
    lines: tuple[CsvLine[RowT], ...]
    faults: tuple[Fault, ...] = ()

    @property
    def rows(self) -> Iterator[RowT]:
        """The rows in the order of the file."""
        return (line.row for line in self.lines)

    @property
    def sound(self) -> bool:
        """Whether every row could be read, so that what is absent here is really absent."""
        return not self.faults

    def fault(self, line: int | None, text: str) -> Fault:
        """A fault of this file; the full stop comes by itself."""
        return Fault(f"{text}.", self.file, line)


def read_text(directory: Path, file: str) -> str | Fault:
    """The file's text, or why it cannot be had."""
    try:
        return (directory / file).read_text("utf-8-sig")
    except FileNotFoundError:
        return Fault("the file is missing.", file)
    except UnicodeDecodeError:
        return Fault("the file is not UTF-8.", file)
    except OSError as error:
        return Fault(f"the file cannot be read: {error.strerror}.", file)


def read_table(directory: Path, file: str, row_type: type[RowT]) -> CsvTable[RowT]:
    """Every row of `file` as `row_type`; an empty cell is an absent value. Never raises for bad content."""
    text = read_text(directory, file)
    if isinstance(text, Fault):
        return CsvTable(file, (), (text,))
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    lines: list[CsvLine[RowT]] = []
    faults: list[Fault] = []
    try:
        header = next(reader, [])
        faults.extend(Fault(sentence, file, 1) for sentence in _header_faults(header, row_type))
        if faults:
            return CsvTable(file, (), tuple(faults))
        for cells in reader:
            number = reader.line_num
            row, wrong = _row(header, cells, row_type)
            faults.extend(Fault(sentence, file, number) for sentence in wrong)
            if row is not None:
                lines.append(CsvLine(number, row))
    except csv.Error as error:
        faults.append(Fault(f"this is not CSV: {error}.", file, reader.line_num))
    return CsvTable(file, tuple(lines), tuple(faults))


def _header_faults(header: Sequence[str], row_type: type[Frozen]) -> Iterator[str]:
    known = list(row_type.model_fields)
    yield from (f"the column {name} is missing." for name in known if name not in header)
    yield from (f'the column "{name}" is not known here.' for name in header if name not in known)
    yield from (f"the column {name} is there twice." for name in known if header.count(name) > 1)


def _row(header: Sequence[str], cells: Sequence[str], row_type: type[RowT]) -> tuple[RowT | None, list[str]]:
    if len(cells) != len(header):
        return None, [f"the line has {len(cells)} cells, the header has {len(header)}."]
    padded = [
        f'{name} "{cell}" has a space at an end.'
        for name, cell in zip(header, cells, strict=True)
        if cell != cell.strip()
    ]
    if padded:
        return None, padded
    try:
        given = {name: cell for name, cell in zip(header, cells, strict=True) if cell}
        return row_type.model_validate_strings(given, strict=True), []
    except ValidationError as error:
        return None, [sentence for _, sentence in sentences(error)]
