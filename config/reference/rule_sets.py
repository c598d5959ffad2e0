"""Reads ``law.toml``: the dated versions of the rules, each with what its numbers rest on.

It must not soften a rule: every value is written out in every version, nothing is inherited.
"""

import json
import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

from pydantic import AfterValidator, Field, StringConstraints, ValidationError

from config.errors import Fault
from config.reference.csv_reader import Certainty, CsvLine, CsvTable, Source, read_text
from config.sentences import sentences
from models.base import Frozen
from models.events.contract import BenefitType, TargetGroup

FILE: Final = "law.toml"
_KEY: Final = "rule_sets"
_HEADER: Final = re.compile(rf"\s*\[\[\s*{_KEY}\s*\]\]")

Positive = Annotated[int, Field(gt=0, le=999)]
Values = TypeVar("Values", bound=tuple[object, ...])


def _not_empty(values: Values) -> Values:
    if not values:
        raise ValueError("should hold one or more")
    return values


class RuleCertainty(Frozen):
    """How far each value of a rule set can be trusted."""

    in_force_from: Certainty
    window_months: Certainty
    window_includes_last_day: Certainty
    look_back_days: Certainty
    mentor_months: Certainty
    review_days: Certainty
    target_groups: Certainty
    open_groups: Certainty


class RuleSetRow(Frozen):
    """One version of the rules as written in the file."""

    version: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}$")]
    in_force_from: date
    known_until: date | None = None
    """The last day for which the law was read; absent: until the next rule set begins."""
    sources: Annotated[tuple[Source, ...], AfterValidator(_not_empty)]
    certainty: RuleCertainty
    window_months: Positive
    window_includes_last_day: bool
    """Whether the day of the same number, months later, still counts."""
    look_back_days: Positive
    mentor_months: Positive
    review_days: Positive
    target_groups: Annotated[tuple[tuple[BenefitType, TargetGroup], ...], AfterValidator(_not_empty)]
    open_groups: tuple[tuple[BenefitType, TargetGroup], ...]
    """Of which it is open whether the duty covers them; may be empty."""


def read_rule_sets(directory: Path) -> CsvTable[RuleSetRow]:
    """Every rule set of the file, in its order, with the line of its header. Never raises for bad content."""
    text = read_text(directory, FILE)
    if isinstance(text, Fault):
        return CsvTable(FILE, (), (text,))
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"line (\d+)", str(error))
        number = int(place[1]) if place else None
        return CsvTable(FILE, (), (Fault(f"this is not TOML: {error}.", FILE, number),))
    except (ValueError, RecursionError):  # the parser's own limits, of which it says no line
        return CsvTable(FILE, (), (Fault("it has a number that is too long, or is nested too deep.", FILE),))
    blocks = content.pop(_KEY, [])
    faults = [Fault(f"{key} is not known here.", FILE) for key in content]
    source = text.splitlines()
    headers = [number for number, line in enumerate(source, 1) if _HEADER.match(line)]
    if not isinstance(blocks, list) or not blocks or len(blocks) != len(headers):
        faults.append(Fault(f"rule sets are written as [[{_KEY}]], one or more.", FILE))
        return CsvTable(FILE, (), tuple(faults))
    lines: list[CsvLine[RuleSetRow]] = []
    for header, end, block in zip(headers, [*headers[1:], len(source) + 1], blocks, strict=True):
        try:
            lines.append(CsvLine(header, _rule_set(block)))
        except ValidationError as error:
            faults.extend(
                Fault(sentence, FILE, _line_of(field, source, header, end))
                for field, sentence in sentences(error)
            )
    return CsvTable(FILE, tuple(lines), tuple(faults))


def _rule_set(block: dict[str, Any]) -> RuleSetRow:
    """Through JSON, because only there strict means: a number stays a number and an enum is its value."""
    return RuleSetRow.model_validate_json(json.dumps(block, default=str), strict=True)


def _line_of(field: str, source: list[str], header: int, end: int) -> int:
    """The line of `field`'s assignment inside the block, or the block's header where it has none."""
    assignment = re.compile(rf"\s*{re.escape(field)}\s*=")
    return next((number for number in range(header, end) if assignment.match(source[number - 1])), header)
