"""Every metric in one table, and the registry that holds their values. No label holds anything about a person.

`docs/metrics.md` is made from the table; the alert rules in `ops/alerts.yaml` may name nothing else.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge

from ops.audit.report import Audit, Missing


class Kind(StrEnum):
    """How a metric moves."""

    GAUGE = "gauge"
    COUNTER = "counter"


@dataclass(frozen=True, slots=True)
class Metric:
    """One row of the table."""

    name: str
    kind: Kind
    about: str
    labels: tuple[str, ...] = ()


TOTAL: Final = Metric("frafaldsvarsel_audit_total", Kind.GAUGE, "What goes into the hop.", ("hop",))
PART: Final = Metric(
    "frafaldsvarsel_audit_part", Kind.GAUGE, "What comes out of it, in one of its parts.", ("hop", "part")
)
BESIDE: Final = Metric(
    "frafaldsvarsel_audit_beside",
    Kind.GAUGE,
    "What is counted and is no part of the sum: the same said again, possible copies of a mail.",
    ("hop", "what"),
)
UNDER_WAY: Final = Metric(
    "frafaldsvarsel_audit_under_way", Kind.GAUGE, "What is missing and younger than the grace time.", ("hop",)
)
UNACCOUNTED: Final = Metric(
    "frafaldsvarsel_audit_unaccounted",
    Kind.GAUGE,
    "What is missing for longer, contradicts itself, or does not add up. Anything but 0 is an alarm.",
    ("hop",),
)
EXCEPTIONS: Final = Metric(
    "frafaldsvarsel_audit_exceptions", Kind.GAUGE, "The same by its cause, as far as listed.", ("hop", "what")
)
OLDEST: Final = Metric(
    "frafaldsvarsel_audit_oldest_under_way_seconds",
    Kind.GAUGE,
    "The age of the oldest record that is still under way.",
)
ROUNDS: Final = Metric("frafaldsvarsel_audit_rounds_total", Kind.COUNTER, "Audits that came to their end.")
FAILURES: Final = Metric(
    "frafaldsvarsel_audit_failures_total",
    Kind.COUNTER,
    "Audits that could not count: a server did not answer.",
)
ROUND_SECONDS: Final = Metric("frafaldsvarsel_audit_round_seconds", Kind.GAUGE, "How long the last one took.")
ROUND_READ: Final = Metric(
    "frafaldsvarsel_audit_round_records", Kind.GAUGE, "How many records of the log the last one read."
)
ROUND_AT: Final = Metric(
    "frafaldsvarsel_audit_round_timestamp_seconds", Kind.GAUGE, "When the last one came to its end."
)
HEALINGS: Final = Metric(
    "frafaldsvarsel_healings_total",
    Kind.COUNTER,
    "Records driven again, by what was missing. A run without faults needs none.",
    ("hop", "what"),
)
GIVEN_UP: Final = Metric(
    "frafaldsvarsel_healings_given_up",
    Kind.GAUGE,
    "What is still missing after the last healing: for people.",
)
LAG: Final = Metric(
    "frafaldsvarsel_consumer_lag_records",
    Kind.GAUGE,
    "Offsets between what a group has committed and the end of the log.",
    ("group", "topic", "partition"),
)
HEADROOM: Final = Metric(
    "frafaldsvarsel_retention_headroom_records",
    Kind.GAUGE,
    "Offsets between the start of the log, which retention moves, and what a group has committed; "
    "below 0 records were removed unread.",
    ("group", "topic", "partition"),
)
HEARTBEAT_AT: Final = Metric(
    "frafaldsvarsel_heartbeat_timestamp_seconds",
    Kind.GAUGE,
    "When the last heartbeat was sent. None is sent while anything is unaccounted for.",
)
HEARTBEAT_FAILURES: Final = Metric(
    "frafaldsvarsel_heartbeat_failures_total", Kind.COUNTER, "Heartbeats that did not reach their place."
)
CANARY_AGE: Final = Metric(
    "frafaldsvarsel_canary_age_seconds",
    Kind.GAUGE,
    "How long ago the last canary that came home had been sent, as the books say; 0 where none is expected.",
)
CANARY_HOME: Final = Metric(
    "frafaldsvarsel_canaries_home_total", Kind.COUNTER, "Canaries that came all the way in time."
)
CANARY_LOST: Final = Metric(
    "frafaldsvarsel_canaries_lost_total",
    Kind.COUNTER,
    "Canaries that did not, by the leg over which they did not come.",
    ("leg",),
)
CANARY_LEG: Final = Metric(
    "frafaldsvarsel_canary_leg_seconds",
    Kind.GAUGE,
    "How long the last canary took over each leg that it came over.",
    ("leg",),
)
CANARY_SECONDS: Final = Metric(
    "frafaldsvarsel_canary_seconds",
    Kind.GAUGE,
    "How long the last canary that came home took for all of them.",
)
CANARY_LEFT: Final = Metric(
    "frafaldsvarsel_canaries_left",
    Kind.GAUGE,
    "Messages of earlier canaries that still stand, though they are taken back.",
)
AUDIT_METRICS: Final = (
    TOTAL,
    PART,
    BESIDE,
    UNDER_WAY,
    UNACCOUNTED,
    EXCEPTIONS,
    OLDEST,
    ROUNDS,
    FAILURES,
    ROUND_SECONDS,
    ROUND_READ,
    ROUND_AT,
    HEALINGS,
    GIVEN_UP,
    LAG,
    HEADROOM,
    HEARTBEAT_AT,
    HEARTBEAT_FAILURES,
    CANARY_AGE,
)
"""What the auditor serves."""
CANARY_METRICS: Final = (CANARY_HOME, CANARY_LOST, CANARY_LEG, CANARY_SECONDS, CANARY_LEFT)
"""What the canary serves."""
METRICS: Final = (*AUDIT_METRICS, *CANARY_METRICS)


class Metrics:
    """The values of one process."""

    def __init__(self, served: Sequence[Metric] = AUDIT_METRICS) -> None:
        self.registry = CollectorRegistry(auto_describe=True)
        self._gauges = {
            metric: Gauge(metric.name, metric.about, metric.labels, registry=self.registry)
            for metric in served
            if metric.kind is Kind.GAUGE
        }
        self._counters = {
            metric: Counter(metric.name, metric.about, metric.labels, registry=self.registry)
            for metric in served
            if metric.kind is Kind.COUNTER
        }

    def set(self, metric: Metric, value: float, *labels: str) -> None:
        """A gauge's value."""
        gauge = self._gauges[metric]
        (gauge.labels(*labels) if labels else gauge).set(value)

    def count(self, metric: Metric, *labels: str, by: int = 1) -> None:
        """One more."""
        counter = self._counters[metric]
        (counter.labels(*labels) if labels else counter).inc(by)

    def clear(self, metric: Metric) -> None:
        """Forget a gauge's values, whatever their labels."""
        self._gauges[metric].clear()

    def show(self, result: Audit, *, seconds: float, at: float) -> None:
        """An audit that took `seconds` and ended `at` (Unix time). What it does not name is gone."""
        for metric in (TOTAL, PART, BESIDE, UNDER_WAY, UNACCOUNTED, EXCEPTIONS, LAG, HEADROOM):
            self._gauges[metric].clear()
        for account in result.accounts:
            hop = account.hop.value
            self.set(TOTAL, account.total, hop)
            self.set(UNDER_WAY, account.under_way, hop)
            self.set(UNACCOUNTED, account.unaccounted + (not account.balances), hop)
            for part, number in account.parts.items():
                self.set(PART, number, hop, part)
            for what, number in account.beside.items():
                self.set(BESIDE, number, hop, what)
        for cause, number in causes(result.exceptions).items():
            self.set(EXCEPTIONS, number, *cause)
        for lag in result.lags:
            place = (lag.group, lag.topic, str(lag.partition))
            self.set(LAG, lag.behind, *place)
            self.set(HEADROOM, lag.headroom, *place)
        self.set(OLDEST, result.oldest_seconds)
        self.set(ROUND_SECONDS, seconds)
        self.set(ROUND_READ, result.read)
        self.set(ROUND_AT, at)
        self.count(ROUNDS)


def causes(missing: Iterable[Missing]) -> dict[tuple[str, str], int]:
    """How often each cause occurs."""
    found: dict[tuple[str, str], int] = {}
    for one in missing:
        found[one.cause] = found.get(one.cause, 0) + 1
    return found
