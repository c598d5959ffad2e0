"""Holds the rule sets against each other and against what people have confirmed of them."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from config.errors import Fault
from config.reference.confirmed_law import confirmed_until
from config.reference.csv_reader import CsvLine
from config.reference.rows import LawConfirmationRow
from config.reference.rule_sets import RuleSetRow
from config.reference.tables import Reference

LONGEST_DAYS: Final = 366
"""A confirmation is of another period, not for ever."""


def law_faults(reference: Reference) -> Iterator[Fault]:
    """Rule sets in order, each pair once, an end to what is known of the last, and confirmations that hold."""
    table = reference.rule_sets
    for before, line in zip(table.lines, table.lines[1:], strict=False):
        if line.row.in_force_from <= before.row.in_force_from:
            yield table.fault(
                line.number,
                f"rule set {line.row.version} is in force from {line.row.in_force_from}, "
                f"which is not after {before.row.in_force_from} of the one before it",
            )
    for line in table.lines:
        yield from _one_rule_set(reference, line)
    if table.sound and table.lines[-1].row.known_until is None:
        last = table.lines[-1]
        yield table.fault(last.number, f"rule set {last.row.version} is the last one and has no known_until")
    yield from _early_successors(reference)
    yield from _confirmation_faults(reference)


def _one_rule_set(reference: Reference, line: CsvLine[RuleSetRow]) -> Iterator[Fault]:
    row, table = line.row, reference.rule_sets
    pairs = (*row.target_groups, *row.open_groups)
    for benefit, group in sorted({pair for pair in pairs if pairs.count(pair) > 1}):
        yield table.fault(line.number, f"rule set {row.version} names {benefit} {group} twice")
    if row.known_until is not None and row.known_until < row.in_force_from:
        yield table.fault(
            line.number, f"rule set {row.version} is known until {row.known_until}, before it is in force"
        )


def _early_successors(reference: Reference) -> Iterator[Fault]:
    """What was decided by a confirmed law stands: the rule set that follows begins after what was confirmed."""
    table = reference.rule_sets
    for before, line in zip(table.lines, table.lines[1:], strict=False):
        confirmed = confirmed_until(before.row.version, reference.law_confirmations.rows)
        if confirmed is not None and line.row.in_force_from <= confirmed:
            yield table.fault(
                line.number,
                f"rule set {line.row.version} begins on {line.row.in_force_from}, though {before.row.version} is "
                f"confirmed until {confirmed}: confirm it until a shorter day, and begin after that",
            )


def _confirmation_faults(reference: Reference) -> Iterator[Fault]:
    table = reference.law_confirmations
    versions = {row.version for row in reference.rule_sets.rows}
    for line in table.lines:
        row = line.row
        if reference.rule_sets.sound and row.version not in versions:
            yield table.fault(line.number, f"rule set {row.version} is not in law.toml")
        if row.confirmed_until < row.confirmed_on:
            yield table.fault(
                line.number,
                f"a confirmation of {row.confirmed_on} ends on {row.confirmed_until}, before it was signed",
            )
        if row.confirmed_until > row.confirmed_on + timedelta(days=LONGEST_DAYS):
            yield table.fault(
                line.number,
                f"a confirmation holds for {LONGEST_DAYS} days at most, and this one of {row.confirmed_on} "
                f"until {row.confirmed_until}",
            )
        if reference.law_confirmers.sound and not _may_confirm(reference, row, row.confirmed_on):
            yield table.fault(
                line.number, f"{row.confirmed_by} may not confirm on {row.confirmed_on} by law_confirmers.csv"
            )


def confirmations_to_come(reference: Reference, today: date) -> Iterator[Fault]:
    """Confirmations that are dated after `today`. No process asks a clock of them: only who checks the tables does."""
    table = reference.law_confirmations
    for line in table.lines:
        if line.row.confirmed_on > today:
            yield table.fault(
                line.number,
                f"{line.row.confirmed_by} has confirmed on {line.row.confirmed_on}, which is after today",
            )


def _may_confirm(reference: Reference, row: LawConfirmationRow, day: date) -> bool:
    return any(
        one.person.lower() == row.confirmed_by.lower() and one.in_force(day)
        for one in reference.law_confirmers.rows
    )
