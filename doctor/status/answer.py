"""What the status page shows and its JSON holds, made of two looks. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from doctor.status.flow import FlowStep, flow, oldest_undelivered_seconds
from doctor.status.look import StatusLook

READ_ONLY: Final = "PostgreSQL takes nothing: it is read-only. What waits for the ledger waits for that."


@dataclass(frozen=True, slots=True, kw_only=True)
class Promises:
    """What is promised, in numbers; None: it could not be seen."""

    unaccounted: int | None
    counted_at: datetime | None
    """When the auditor said it."""
    duty_lag_seconds: float | None
    overdue_without_contact: int | None
    oldest_undelivered_seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ForPeople:
    """What waits for a person; None: it could not be seen."""

    quarantine: Mapping[str, int] | None
    """Things by their kind."""
    undecided_past_review: int | None
    units_not_reached: int | None
    """Whose last mail nobody took."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusAnswer:
    """`status --once --json`."""

    taken_at: datetime
    flow: Sequence[FlowStep]
    promises: Promises
    people: ForPeople
    away: Mapping[str, str]


def status_answer(before: StatusLook | None, now: StatusLook) -> StatusAnswer:
    """What two looks say."""
    audit, ledger, sample = now.audit, now.ledger, now.sample
    duty = None if sample is None else sample.duty_age(sample.taken_at)
    return StatusAnswer(
        taken_at=now.at,
        flow=flow(before, now),
        promises=Promises(
            unaccounted=None if audit is None or audit.at is None else audit.unaccounted,
            counted_at=None if audit is None else audit.at,
            duty_lag_seconds=None if duty is None else round(duty, 3),
            overdue_without_contact=None if ledger is None else ledger.overdue,
            oldest_undelivered_seconds=(
                None if ledger is None else round(oldest_undelivered_seconds(ledger), 3)
            ),
        ),
        people=ForPeople(
            quarantine=(
                None if ledger is None else {kind: one.number for kind, one in ledger.quarantine.items()}
            ),
            undecided_past_review=None if ledger is None else ledger.undecided,
            units_not_reached=None if ledger is None else ledger.failed_units,
        ),
        away=now.away if ledger is None or not ledger.read_only else {**now.away, "postgresql": READ_ONLY},
    )
