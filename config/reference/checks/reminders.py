"""Whether every unit has steps that no duty can slip through, hours to tell it in, and somebody above it."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise

from config.errors import Fault
from config.reference.csv_reader import CsvLine, CsvTable
from config.reference.reminder_rows import HoursRow, ReminderRow
from config.reference.tables import Reference
from models.notifications.delivery import Audience, Channel
from models.tasks.reminders import ReminderKind


def reminder_faults(reference: Reference) -> Iterator[Fault]:
    """Unknown names, holes in a policy, and a service that nobody answers for."""
    yield from _unknown(reference)
    duty_from = min((row.in_force_from for row in reference.rule_sets.rows), default=date.max)
    yield from _defaults(reference.steps, duty_from, "steps")
    yield from _defaults(reference.working_hours, duty_from, "hours")
    if reference.steps.sound:
        policies: dict[tuple[str, date], list[CsvLine[ReminderRow]]] = defaultdict(list)
        for line in reference.steps.lines:
            policies[line.row.unit_id or "", line.row.valid_from].append(line)
        for lines in policies.values():
            yield from _holes(reference.steps, lines)
    recipients = reference.recipients
    if recipients.sound and all(row.audience is not Audience.SERVICE for row in recipients.rows):
        yield recipients.fault(
            None, "nobody answers for the service: a row with the audience service is needed"
        )


def _unknown(reference: Reference) -> Iterator[Fault]:
    units = {row.unit_id for row in reference.units.rows}
    if reference.units.sound:
        for table in (reference.steps, reference.working_hours, reference.recipients, reference.digests):
            for line in table.lines:
                if line.row.unit_id is not None and line.row.unit_id not in units:
                    yield table.fault(line.number, f"unit {line.row.unit_id} is not in units.csv")
    if reference.municipalities.sound:
        known = {row.code for row in reference.municipalities.rows}
        for line in reference.recipients.lines:
            code = line.row.municipality_code
            if code is not None and code not in known:
                yield reference.recipients.fault(
                    line.number, f"municipality {code} is not in municipalities.csv"
                )


def _defaults(
    table: CsvTable[ReminderRow] | CsvTable[HoursRow], duty_from: date, what: str
) -> Iterator[Fault]:
    if not table.sound:
        return
    first = min((row.valid_from for row in table.rows if row.unit_id is None), default=None)
    if first is None:
        yield table.fault(
            None, f"there are no {what} for units without rows of their own: leave unit_id empty"
        )
    elif first > duty_from:
        yield table.fault(None, f"units without rows of their own have no {what} from {duty_from} to {first}")


def _holes(table: CsvTable[ReminderRow], lines: Sequence[CsvLine[ReminderRow]]) -> Iterator[Fault]:
    """One policy: the rows of one unit and one day. Each sentence stands at its first row."""
    first = lines[0]
    whose = f"the policy of {first.row.unit_id or 'all other units'} from {first.row.valid_from}"
    by_kind: dict[ReminderKind, list[CsvLine[ReminderRow]]] = defaultdict(list)
    for line in sorted(lines, key=lambda line: line.row.level):
        by_kind[line.row.kind].append(line)
    for kind, ordered in by_kind.items():
        levels = [line.row.level for line in ordered]
        if len(set(levels)) == len(levels) and levels != list(range(1, len(levels) + 1)):
            yield table.fault(first.number, f"{whose}: the levels of {kind} are not 1, 2, …")
        for before, line in pairwise(ordered):
            if line.row.level > before.row.level and line.row.working_days <= before.row.working_days:
                yield table.fault(
                    line.number, f"{kind} level {line.row.level} does not come after level {before.row.level}"
                )
    for line in lines:
        if Channel.EMAIL not in line.row.channels:
            yield table.fault(line.number, "channels must name email: it is what cannot be switched off")
    overdue = by_kind[ReminderKind.OVERDUE]
    if not overdue or Audience.UNIT not in overdue[0].row.to:
        yield table.fault(
            first.number, f"{whose}: no overdue goes to the unit, so its date would pass in silence"
        )
    late = [line for line in by_kind[ReminderKind.ESCALATION] if line.row.working_days > 0]
    if not late or not {Audience.MUNICIPALITY, Audience.SERVICE} <= set(late[-1].row.to):
        yield table.fault(
            first.number,
            f"{whose}: the last escalation after the date must go to municipality and service",
        )
