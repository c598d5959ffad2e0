"""What the auditor last said, read from its metrics: nobody else may count what is unaccounted for."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from doctor.readers.machine import read_page
from doctor.readers.metrics_page import MetricsPage, read_metrics
from doctor.side_by_side import NotSeen
from ops.audit.metrics import HEARTBEAT_AT, ROUND_AT, UNACCOUNTED

WANTED: Final = (HEARTBEAT_AT, ROUND_AT, UNACCOUNTED)


@dataclass(frozen=True, slots=True)
class AuditSaid:
    """The last round that came to its end."""

    unaccounted: int
    at: datetime | None
    """None: no round has come to its end yet."""
    heartbeat_at: datetime | None
    """None: no place for it is set."""


def read_audit(url: str) -> AuditSaid:
    """Ask ``/metrics`` of the auditor; raises `NotSeen`, also where somebody else answers there."""
    return said_in(read_page(url))


def said_in(page: str) -> AuditSaid:
    """What a page of metrics says; raises `NotSeen` where it is not the auditor's."""
    said = audit_said(read_metrics(page, WANTED))
    if said is None:
        raise NotSeen("What answers there is not the auditor.")
    return said


def audit_said(page: MetricsPage) -> AuditSaid | None:
    """What a page says; None: it is not the auditor's."""
    at = page.one(ROUND_AT)
    if at is None:
        return None
    return AuditSaid(round(page.sum(UNACCOUNTED)), moment(at), moment(page.one(HEARTBEAT_AT)))


def moment(seconds: float | None) -> datetime | None:
    """Seconds since 1970 as metrics have them; None: never, or no moment at all."""
    try:
        return datetime.fromtimestamp(seconds, UTC) if seconds else None
    except (OverflowError, ValueError, OSError):
        return None
