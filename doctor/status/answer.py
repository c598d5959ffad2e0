"""What the status page shows and its JSON holds, made of two looks. Pure."""

from typing import Final

from doctor.status.flow import flow
from doctor.status.look import LedgerSeen, StatusLook
from models.service_status import ForPeople, Promises, StatusAnswer

READ_ONLY: Final = "PostgreSQL takes nothing: it is read-only. What waits for the ledger waits for that."


def status_answer(before: StatusLook | None, now: StatusLook) -> StatusAnswer:
    """What two looks say."""
    audit, ledger = now.audit, now.ledger or LedgerSeen(at=now.at)
    return StatusAnswer(
        taken_at=now.at,
        flow=flow(before, now),
        promises=Promises(
            unaccounted=None if audit is None or audit.at is None else audit.unaccounted,
            counted_at=None if audit is None else audit.at,
            duty_lag_seconds=_rounded(now.duty_lag_seconds),
            overdue_without_contact=ledger.overdue,
            oldest_undelivered_seconds=_rounded(ledger.oldest_seconds),
        ),
        people=ForPeople(
            quarantine=ledger.quarantine,
            undecided_past_review=ledger.undecided,
            units_not_reached=ledger.failed_units,
        ),
        away={**now.away, "postgresql": READ_ONLY} if ledger.read_only else now.away,
    )


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)
