"""What the auditor last said, read from its metrics: nobody else may count what is unaccounted for."""

from dataclasses import dataclass
from datetime import UTC, datetime

from prometheus_client.parser import text_string_to_metric_families

from doctor.readers.machine import read_page
from doctor.side_by_side import NotSeen
from ops.audit.metrics import HEARTBEAT_AT, ROUND_AT, UNACCOUNTED


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
    try:
        values = {
            (sample.name, tuple(sample.labels.values())): sample.value
            for family in text_string_to_metric_families(page)
            for sample in family.samples
        }
    except ValueError:
        raise NotSeen("What answers there serves no metrics.") from None
    if (ROUND_AT.name, ()) not in values:
        raise NotSeen("What answers there is not the auditor.")
    return AuditSaid(
        unaccounted=round(sum(value for (name, _), value in values.items() if name == UNACCOUNTED.name)),
        at=_moment(values[ROUND_AT.name, ()]),
        heartbeat_at=_moment(values.get((HEARTBEAT_AT.name, ()), 0)),
    )


def _moment(seconds: float) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
