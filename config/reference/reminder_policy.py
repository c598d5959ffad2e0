"""The units' policies of what falls due, for `models.tasks.reminders`: dated, with defaults, without a gap."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from functools import partial
from typing import Final

from config.reference.dated import Dated, dated
from config.reference.days_off import days_off_of
from config.reference.reminder_rows import DigestMode, Weekday
from config.reference.tables import Reference
from models.events.probe_identity import UNIT as CANARY
from models.notifications.delivery import Audience, Channel
from models.tasks.office_hours import OfficeHours, Week
from models.tasks.reminders import Digest, ReminderPolicy, ReminderRule


def reminder_policy_of(reference: Reference) -> ReminderPolicy:
    """What every unit has set, or has by default."""
    days_off, weeks, digests = days_off_of(reference), _weeks(reference), _digests(reference)

    def hours_of(unit: str) -> OfficeHours:
        return OfficeHours(partial(weeks.on, unit), days_off)

    return ReminderPolicy(
        rules=_rules(reference).on,
        hours=hours_of,
        days_off=days_off,
        addresses=Addresses(reference).of,
        digest=digests.on,
        digest_units=tuple(sorted(digests.by_unit)),
        fingerprint=_fingerprint(
            [*reference.steps.rows, *reference.working_hours.rows, *reference.days_off.rows]
        ),
    )


_CLOSED: Final[Week] = (None,) * 7


def _rules(reference: Reference) -> Dated[tuple[ReminderRule, ...]]:
    found: dict[tuple[str | None, date], list[ReminderRule]] = defaultdict(list)
    for row in reference.steps.rows:
        found[row.unit_id, row.valid_from].append(
            ReminderRule(
                kind=row.kind,
                level=row.level,
                working_days=row.working_days,
                to=row.to,
                channels=row.channels,
            )
        )
    return dated(((unit, start, tuple(rules)) for (unit, start), rules in found.items()), ())


def _weeks(reference: Reference) -> Dated[Week]:
    found: dict[tuple[str | None, date], Week] = {}
    for row in reference.working_hours.rows:
        key, day = (row.unit_id, row.valid_from), list(Weekday).index(row.weekday)
        week = found.get(key, _CLOSED)
        found[key] = (*week[:day], (row.opens, row.closes), *week[day + 1 :])  # type: ignore[assignment]  # seven
    return dated(((unit, start, week) for (unit, start), week in found.items()), _CLOSED)


def _digests(reference: Reference) -> Dated[Digest | None]:
    rows = (
        (
            row.unit_id,
            row.valid_from,
            None if row.mode is DigestMode.NONE else Digest(instead=row.mode is DigestMode.INSTEAD),
        )
        for row in reference.digests.rows
    )
    return dated(rows, None)


class Addresses:
    """Where each audience of a unit is reached by mail."""

    def __init__(self, reference: Reference) -> None:
        self._found: dict[tuple[Audience, str], tuple[str, ...]] = defaultdict(tuple)
        self._municipality: dict[str, str] = {}
        for unit in reference.units.rows:
            self._found[Audience.UNIT, unit.unit_id] += (unit.email,)
            self._municipality[unit.unit_id] = unit.municipality_code
        for row in reference.recipients.rows:
            self._found[row.audience, row.unit_id or row.municipality_code or ""] += (row.email,)

    def of(self, unit: str, audience: Audience, channel: Channel) -> Sequence[str]:
        """In the order of the data, each once; empty for a unit that is not known, but for the service."""
        if channel is not Channel.EMAIL:
            return ()
        if unit == CANARY:
            # A canary's notices never leave its cage: the heartbeat tells of one that does not come home.
            return self._of(Audience.UNIT, unit)
        match audience:
            case Audience.UNIT:
                return self._of(Audience.UNIT, unit)
            case Audience.LEAD:
                return self._of(Audience.LEAD, unit) or self._of(Audience.UNIT, unit)
            case Audience.MUNICIPALITY:
                code = self._municipality.get(unit, "")
                return self._of(Audience.MUNICIPALITY, code) or self._of(Audience.SERVICE, "")
            case Audience.SERVICE:
                return self._of(Audience.SERVICE, "")

    def _of(self, audience: Audience, whose: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self._found.get((audience, whose), ())))


_WRITTEN_AS: Final = (("ReminderRow(", "StepRow("), ("<ReminderKind.", "<StepKind."))
"""The fingerprint stands in `plans.policy`, and two versions that run side by side compare it: another text for the
same rules would make each of them plan all open tasks anew, again and again."""


def _fingerprint(rows: Iterable[object]) -> str:
    text = "\n".join(sorted(map(repr, rows)))
    for name, written in _WRITTEN_AS:
        text = text.replace(name, written)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
