"""Whether webhooks and answers are set for units and municipalities that exist, and one at a time."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from config.errors import Fault
from config.reference.csv_reader import CsvLine, CsvTable
from config.reference.rows import DatedRow
from config.reference.tables import Reference

DatedRowT = TypeVar("DatedRowT", bound=DatedRow)


def channel_faults(reference: Reference) -> Iterator[Fault]:
    """Unknown names and overlaps in ``webhooks.csv`` and ``answers.csv``."""
    webhooks, answers = reference.webhooks, reference.answers
    if reference.units.sound:
        units = {row.unit_id for row in reference.units.rows}
        for hook in webhooks.lines:
            if hook.row.unit_id not in units:
                yield webhooks.fault(hook.number, f"unit {hook.row.unit_id} is not in units.csv")
    if reference.municipalities.sound:
        codes = {row.code for row in reference.municipalities.rows}
        for answer in answers.lines:
            code = answer.row.municipality_code
            if code not in codes:
                yield answers.fault(answer.number, f"municipality {code} is not in municipalities.csv")
    yield from _overlaps(
        webhooks,
        lambda row: (row.unit_id, row.url),
        lambda row: f"unit {row.unit_id} already has this webhook",
    )
    yield from _overlaps(
        answers,
        lambda row: row.municipality_code,
        lambda row: f"municipality {row.municipality_code} already has its answers set",
    )


def _overlaps(
    table: CsvTable[DatedRowT], key: Callable[[DatedRowT], object], words: Callable[[DatedRowT], str]
) -> Iterator[Fault]:
    lines: Sequence[CsvLine[DatedRowT]] = table.lines
    for index, line in enumerate(lines):
        for before in lines[:index]:
            if key(before.row) == key(line.row) and _meet(before.row, line.row):
                yield table.fault(
                    line.number,
                    f"{words(line.row)} on {max(before.row.valid_from, line.row.valid_from)}, "
                    f"by line {before.number}",
                )
                break


def _meet(one: DatedRow, other: DatedRow) -> bool:
    ends_after = one.valid_to is None or one.valid_to > other.valid_from
    return ends_after and (other.valid_to is None or other.valid_to > one.valid_from)
