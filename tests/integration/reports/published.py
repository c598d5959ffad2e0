"""A released file held against plain counts: every number that it shows, and merged lines by their members."""

import csv
from collections import Counter, defaultdict
from collections.abc import Sequence
from fractions import Fraction
from io import StringIO
from typing import Final

from tests.integration.reports.plain_count import HORIZONS, PlainCounts

Row = dict[str, str]
Line = tuple[str, str, str]
"""Family, breakdown and the value's code."""
_DAYS: Final = {"median_days": Fraction(1, 2), "ninth_days": Fraction(9, 10)}
_LINE_OF: Final = {"contact": "target", "decision": "initiative.none"}
"""Working days have no lines of their own: those of the family whose people they are of."""


def differences(file: bytes, counts: PlainCounts) -> tuple[Counter[str], list[str]]:
    """How many numbers of each measure were shown, and those that are not what was counted."""
    rows = list(csv.DictReader(StringIO(file.decode())))
    members, groups = _members(rows)
    shown: Counter[str] = Counter()
    wrong: list[str] = []
    for row in rows:
        if row["status"] != "shown":
            assert not row["number"]
            continue
        family, breakdown = row["family"], row["breakdown"]
        line_family = _LINE_OF[family] if row["measure"] in _DAYS else family
        line = (line_family, breakdown, row["value_code"])
        values = members.get(line, (row["value_code"],))
        shown[row["measure"]] += 1
        codes = groups.get((*line, row["category_code"]), (row["category_code"],))
        expected = _number(counts, row, values, codes)
        if int(row["number"]) != expected:
            name = " ".join((family, breakdown, row["value_code"], row["category_code"], row["measure"]))
            wrong.append(f"{name}: {row['number']}, and counted were {expected}")
    return shown, wrong


def _members(rows: Sequence[Row]) -> tuple[dict[Line, list[str]], dict[tuple[str, ...], list[str]]]:
    lines: dict[Line, list[str]] = {}
    groups: dict[tuple[str, ...], list[str]] = {}
    for row in rows:
        line = (row["family"], row["breakdown"], row["value_code"])
        if row["members"] and row["measure"] == "base" and row["status"] == "shown":
            lines[line] = row["members"].split()
        elif row["members"] and row["measure"] == "count":
            groups[(*line, row["category_code"])] = row["members"].split()
    return lines, groups


def _number(counts: PlainCounts, row: Row, values: Sequence[str], codes: Sequence[str]) -> int | None:
    family, breakdown, measure = row["family"], row["breakdown"], row["measure"]
    if measure in _DAYS:
        days = [day for value in values for day in counts.days[family, (breakdown, value)]]
        return _quantile(days, _DAYS[measure])
    if measure == "still_enrolled_percent":
        limit = dict(HORIZONS)[row["category_code"].removeprefix("after_")]
        lives = [life for value in values for life in counts.lives[breakdown, value]]
        return round(100 * stayed(lives, limit))
    number = sum(counts.found[family, breakdown, value, code] for value in values for code in codes)
    if measure == "count":
        return number
    found: dict[str, int] = defaultdict(int)
    for (a_family, a_breakdown, value, _), each in counts.found.items():
        if (a_family, a_breakdown) == (family, breakdown) and value in values:
            found[value] += each
    base = sum(found.values())
    return base if measure == "base" else int(Fraction(100 * number, base) + Fraction(1, 2))


def _quantile(days: list[int], part: Fraction) -> int | None:
    """The smallest number of days by which `part` of all were done."""
    return next((day for day in sorted(days) if sum(one <= day for one in days) >= part * len(days)), None)


def stayed(lives: Sequence[tuple[int, bool]], limit: int) -> Fraction:
    """Kaplan and Meier by Efron's way: who is seen no longer hands his share on to those who are seen longer.

    >>> stayed([(10, True), (20, False), (30, True), (40, False)], 30)
    Fraction(3, 8)
    """
    share = Fraction(1, len(lives))
    left = Fraction(0)
    waiting = sorted(lives, key=lambda one: (one[0], not one[1]))
    for nth, (day, has_left) in enumerate(waiting):
        if has_left and day <= limit:
            left += share
        elif not has_left and nth + 1 < len(waiting):
            share += share / (len(waiting) - nth - 1)
    return 1 - left
