"""What would go today, class by class: how much of each month, what is held back and why, and what is overdue."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from infra.postgres import SyncConnection
from ledger.store.retention import accepted
from models.retention import (
    LATE_AFTER,
    HeldBack,
    PersonDue,
    RetentionClass,
    RetentionRule,
    RetentionRules,
    is_late,
    objection,
)
from ops.retention import people
from ops.retention.log import LogView
from ops.retention.rows import ROW_CLASSES, months_due


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassPlan:
    """Of one class; of people, a person counts in the class that has ended last."""

    rule: RetentionRule
    objection: HeldBack | None
    """Why nothing of it goes yet."""
    months: Mapping[str, int]
    """What would go, by the month (YYYY-MM) from which it counts; of people, in which their time was over."""
    held: Mapping[HeldBack, int]
    """People who stay, and why; one may stay for several reasons."""
    overdue: int

    @property
    def would_go(self) -> int:
        """All of them."""
        return sum(self.months.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionPlan:
    """Of a day."""

    classes: Sequence[ClassPlan]
    ready: Sequence[PersonDue]
    """Whom nothing holds back."""


def plan(
    connection: SyncConnection,
    log: LogView,
    rules: RetentionRules,
    *,
    today: date,
    now: datetime,
) -> RetentionPlan:
    """Reads, and changes nothing. `log`: `ops.retention.log.look`; `now`: by the database's clock."""
    seen = accepted(connection)
    objections = {of: objection(rule, seen.get(rule.version), now) for of, rule in rules.items()}
    months: dict[RetentionClass, Counter[str]] = {of: Counter() for of in rules}
    held: dict[RetentionClass, Counter[HeldBack]] = {of: Counter() for of in rules}
    overdue: Counter[RetentionClass] = Counter()
    ready = []
    for one in people.due(connection, log.facts, rules, today):
        against = {reason for rule in one.rules if (reason := objections[rule.of]) is not None}
        if not one.held:
            months[one.of][f"{one.since:%Y-%m}"] += 1
        held[one.of].update(one.held | against)
        overdue[one.of] += is_late(one.since, one.held, today)
        if not one.held and not against:
            ready.append(one)
    for of in ROW_CLASSES:
        months[of].update(months_due(connection, of, rules[of].counted_before(today), log.first_held))
        late = rules[of].counted_before(today - LATE_AFTER)
        overdue[of] = sum(months_due(connection, of, late, log.first_held).values())
    classes = [
        ClassPlan(
            rule=rules[of],
            objection=objections[of],
            months=dict(sorted(months[of].items())),
            held=dict(sorted(held[of].items())),
            overdue=overdue[of],
        )
        for of in RetentionClass
    ]
    return RetentionPlan(classes=classes, ready=ready)
