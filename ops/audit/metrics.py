"""What the auditor exports: `docs/metrics.md` is made from it, and `ops/alerts.yaml` may name nothing else."""

from collections.abc import Iterable
from typing import Final

from infra.metrics import Metric, MetricKind
from ops.audit.report import Missing

TOTAL: Final = Metric("frafaldsvarsel_audit_total", MetricKind.GAUGE, "What goes into the hop.", ("hop",))
PART: Final = Metric(
    "frafaldsvarsel_audit_part",
    MetricKind.GAUGE,
    "What comes out of it, in one of its parts.",
    ("hop", "part"),
)
BESIDE: Final = Metric(
    "frafaldsvarsel_audit_beside",
    MetricKind.GAUGE,
    "What is counted and is no part of the sum: the same said again, possible copies of a mail.",
    ("hop", "what"),
)
UNDER_WAY: Final = Metric(
    "frafaldsvarsel_audit_under_way",
    MetricKind.GAUGE,
    "What waits: its step has yet to come to it, or it is younger than the grace time.",
    ("hop",),
)
UNACCOUNTED: Final = Metric(
    "frafaldsvarsel_audit_unaccounted",
    MetricKind.GAUGE,
    "What its step has passed by, contradicts itself, or does not add up. Anything but 0 is an alarm.",
    ("hop",),
)
EXCEPTIONS: Final = Metric(
    "frafaldsvarsel_audit_exceptions",
    MetricKind.GAUGE,
    "The same by its cause, as far as listed.",
    ("hop", "what"),
)
OLDEST: Final = Metric(
    "frafaldsvarsel_audit_oldest_under_way_seconds",
    MetricKind.GAUGE,
    "The age of the oldest record that is still under way.",
)
STUCK: Final = Metric(
    "frafaldsvarsel_audit_not_moved_seconds",
    MetricKind.GAUGE,
    "How long a step has not moved though it has work; absent where nothing waits. "
    "topic: what the step reads; or deliveries/CHANNEL, steps/due, steps/unplanned, steps/failed, maildir.",
    ("topic", "partition"),
)
ROUNDS: Final = Metric(
    "frafaldsvarsel_audit_rounds_total", MetricKind.COUNTER, "Audits that came to their end."
)
FAILURES: Final = Metric(
    "frafaldsvarsel_audit_failures_total",
    MetricKind.COUNTER,
    "Audits that could not count: a server did not answer.",
)
ROUND_SECONDS: Final = Metric(
    "frafaldsvarsel_audit_round_seconds", MetricKind.GAUGE, "How long the last one took."
)
ROUND_READ: Final = Metric(
    "frafaldsvarsel_audit_round_records", MetricKind.GAUGE, "How many records of the log the last one read."
)
ROUND_AT: Final = Metric(
    "frafaldsvarsel_audit_round_timestamp_seconds", MetricKind.GAUGE, "When the last one came to its end."
)
HEALINGS: Final = Metric(
    "frafaldsvarsel_healings_total",
    MetricKind.COUNTER,
    "Records driven again, by what was missing. A run without faults needs none.",
    ("hop", "what"),
)
GIVEN_UP: Final = Metric(
    "frafaldsvarsel_healings_given_up",
    MetricKind.GAUGE,
    "What is missing though it was driven again: for people.",
)
HEARTBEAT_AT: Final = Metric(
    "frafaldsvarsel_heartbeat_timestamp_seconds",
    MetricKind.GAUGE,
    "When the last heartbeat was sent, or the auditor started; 0 where no place for it is set. "
    "None is sent while anything is unaccounted for.",
)
HEARTBEAT_FAILURES: Final = Metric(
    "frafaldsvarsel_heartbeat_failures_total",
    MetricKind.COUNTER,
    "Heartbeats that did not reach their place.",
)
CANARY_AGE: Final = Metric(
    "frafaldsvarsel_canary_age_seconds",
    MetricKind.GAUGE,
    "How long ago the last canary that came home had been sent, as the ledger says; 0 where none is expected.",
)
AUDIT_METRICS: Final = (
    TOTAL,
    PART,
    BESIDE,
    UNDER_WAY,
    UNACCOUNTED,
    EXCEPTIONS,
    OLDEST,
    STUCK,
    ROUNDS,
    FAILURES,
    ROUND_SECONDS,
    ROUND_READ,
    ROUND_AT,
    HEALINGS,
    GIVEN_UP,
    HEARTBEAT_AT,
    HEARTBEAT_FAILURES,
    CANARY_AGE,
)
"""What the auditor serves."""


def causes(missing: Iterable[Missing]) -> dict[tuple[str, str], int]:
    """How often each cause occurs."""
    found: dict[tuple[str, str], int] = {}
    for one in missing:
        found[one.cause] = found.get(one.cause, 0) + 1
    return found
