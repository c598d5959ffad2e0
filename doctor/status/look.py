"""One look at everything that the status page shows. What is away says so, and the rest is still seen."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from config.kafka import KafkaSettings
from config.sections.servers import DatabaseAddress
from config.told_sections import SectionT, ToldSections
from doctor.readers.auditor import AuditSaid, read_audit
from doctor.readers.lag import one_look
from doctor.readers.work import ledger_work, utc_now
from doctor.side_by_side import NotSeen, side_by_side
from models.calendar import copenhagen_date
from ops.lag.sample import LagSample

SECONDS: Final = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerSeen:
    """What PostgreSQL says of the last step, and of what waits for people. None: it is not known."""

    at: datetime
    attempts: int | None = None
    """Attempts to send so far; of two looks the difference counts."""
    waiting: int | None = None
    """Notices that should have gone out."""
    oldest_seconds: float | None = None
    """How long the oldest of them has waited; 0 where none does."""
    overdue: int | None = None
    """Tasks past their date without contact."""
    quarantine: Mapping[str, int] | None = None
    """Things by their kind."""
    undecided: int | None = None
    """Messages past their date."""
    failed_units: int | None = None
    """Units whose last mail nobody took."""
    read_only: bool = False
    """Whether PostgreSQL takes nothing."""


@dataclass(slots=True, kw_only=True)
class StatusLook:
    """What was seen; None: see `away`."""

    at: datetime
    sample: LagSample | None = None
    duty_lag_seconds: float | None = None
    """How long the oldest record has waited that may make a duty; 0 where none does."""
    ledger: LedgerSeen | None = None
    audit: AuditSaid | None = None
    away: dict[str, str] = field(default_factory=dict)
    """Why, by what could not be seen: ``kafka``, ``postgresql``, ``audit``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusReader:
    """Looks again and again, with connections that last for one look."""

    told: ToldSections
    audit_metrics: str | None
    """Where the auditor serves its metrics; None: it is not known, and not asked."""
    clock: Callable[[], datetime] = utc_now
    seconds: float = SECONDS

    def look(self) -> StatusLook:
        """All at once; never raises."""
        seen = StatusLook(at=self.clock())

        def kafka() -> None:
            sample = one_look(self._section(KafkaSettings), self.clock)
            seen.duty_lag_seconds = sample.duty_age(sample.taken_at)
            seen.sample = sample

        def postgresql() -> None:
            seen.ledger = self._ledger()

        def audit() -> None:
            seen.audit = None if self.audit_metrics is None else read_audit(self.audit_metrics)

        why = side_by_side([kafka, postgresql, audit], self.seconds)
        away = {name: said for name, said in zip(("kafka", "postgresql", "audit"), why, strict=True) if said}
        # A copy: a look that hung may still come to its end, and must change nothing that is shown.
        return replace(seen, away=away)

    def _ledger(self) -> LedgerSeen:
        with ledger_work(self._section(DatabaseAddress), self.clock) as ledger:
            at = self.clock()
            today = copenhagen_date(at)
            deliveries = ledger.deliveries()
            return LedgerSeen(
                at=at,
                read_only=ledger.server().read_only,
                attempts=ledger.attempts(),
                waiting=sum(one.number for one in deliveries),
                oldest_seconds=max(
                    (max(0.0, (at - one.waits_since).total_seconds()) for one in deliveries), default=0.0
                ),
                overdue=ledger.overdue(today).number,
                quarantine={kind: one.number for kind, one in ledger.quarantine().items()},
                undecided=ledger.undecided(today).number,
                failed_units=len(ledger.failed_last()),
            )

    def _section(self, kind: type[SectionT]) -> SectionT:
        found = self.told.get(kind)
        if found is None:
            raise NotSeen("Its settings are missing or not valid: `frafaldsvarsel doctor` says which.")
        return found
