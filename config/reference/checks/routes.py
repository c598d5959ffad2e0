"""Whether every municipality has exactly one unit on every day since the duty came into force."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise

from config.errors import Fault
from config.reference.csv_reader import CsvLine, CsvTable
from config.reference.rows import RouteRow
from config.reference.tables import Reference


def route_faults(reference: Reference) -> Iterator[Fault]:
    """Unknown names, overlaps and gaps in ``routes.csv``."""
    routes = reference.routes
    yield from _unknown(reference)
    by_municipality: dict[str, list[CsvLine[RouteRow]]] = defaultdict(list)
    for line in routes.lines:
        by_municipality[line.row.municipality_code].append(line)
    duty_from = min((row.in_force_from for row in reference.rule_sets.rows), default=date.max)
    for code, lines in by_municipality.items():
        ordered = sorted(lines, key=lambda line: (line.row.valid_from, line.number))
        yield from _overlaps(routes, code, ordered)
        if routes.sound:
            yield from _gaps(routes, code, ordered, duty_from)
    if routes.sound:
        for municipality in reference.municipalities.rows:
            if municipality.code not in by_municipality:
                yield routes.fault(None, f"municipality {municipality.code} {municipality.name} has no route")


def _unknown(reference: Reference) -> Iterator[Fault]:
    municipalities = {row.code for row in reference.municipalities.rows}
    units = {row.unit_id for row in reference.units.rows}
    for line in reference.routes.lines:
        if reference.municipalities.sound and line.row.municipality_code not in municipalities:
            yield reference.routes.fault(
                line.number, f"municipality {line.row.municipality_code} is not in municipalities.csv"
            )
        if reference.units.sound and line.row.unit_id not in units:
            yield reference.routes.fault(line.number, f"unit {line.row.unit_id} is not in units.csv")


def _overlaps(routes: CsvTable[RouteRow], code: str, ordered: Sequence[CsvLine[RouteRow]]) -> Iterator[Fault]:
    reaching = ordered[0]
    for line in ordered[1:]:
        end = reaching.row.valid_to
        if end is None or line.row.valid_from < end:
            yield routes.fault(
                line.number,
                f"municipality {code} already has a unit on {line.row.valid_from}, by line {reaching.number}",
            )
        if end is not None and (line.row.valid_to is None or line.row.valid_to > end):
            reaching = line


def _gaps(
    routes: CsvTable[RouteRow], code: str, ordered: Sequence[CsvLine[RouteRow]], duty_from: date
) -> Iterator[Fault]:
    first = ordered[0]
    if first.row.valid_from > duty_from:
        yield routes.fault(
            first.number, f"municipality {code} has no unit from {duty_from} to {first.row.valid_from}"
        )
    covered: date | None = first.row.valid_to
    for before, line in pairwise(ordered):
        if covered is not None and line.row.valid_from > covered:
            yield routes.fault(
                line.number,
                f"municipality {code} has no unit from {covered} to {line.row.valid_from}, "
                f"between line {before.number} and this one",
            )
        ends = line.row.valid_to
        covered = None if covered is None or ends is None else max(covered, ends)
    if covered is not None:
        yield routes.fault(ordered[-1].number, f"municipality {code} has no unit from {covered} on")
