"""Whether every class of data has one rule on every day, the last of them without an end."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from config.errors import Fault
from config.reference.csv_reader import CsvLine
from config.reference.retention_rows import RetentionRow
from config.reference.tables import Reference
from models.retention import RetentionClass


def retention_faults(reference: Reference) -> Iterator[Fault]:
    """A class without a rule would be kept for ever, and nobody would see it."""
    table = reference.retention
    if not table.sound:
        return
    lines: dict[RetentionClass, list[CsvLine[RetentionRow]]] = defaultdict(list)
    for line in sorted(table.lines, key=lambda line: line.row.valid_from):
        lines[line.row.kind].append(line)
    for kind in RetentionClass:
        of_kind = lines[kind]
        if not of_kind:
            yield table.fault(None, f"the class {kind} is missing")
            continue
        for before, line in pairwise(of_kind):
            if before.row.valid_to != line.row.valid_from:
                yield table.fault(line.number, f"{kind} does not begin where the row before it ends")
        if of_kind[-1].row.valid_to is not None:
            yield table.fault(of_kind[-1].number, f"the last row of {kind} has an end")
