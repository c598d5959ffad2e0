"""What the notifier serves. One of several notifiers says of the database what the others say."""

from typing import Final

from infra.metrics import Metric, MetricKind

ATTEMPTS: Final = Metric(
    "frafaldsvarsel_delivery_attempts_total",
    MetricKind.COUNTER,
    "Attempts to hand a notice over, once they are recorded; status: where the delivery stands then, `lost` where "
    "another notifier had it by then.",
    ("channel", "outcome", "status"),
)
HANDED_OVER_SECONDS: Final = Metric(
    "frafaldsvarsel_delivery_handed_over_seconds",
    MetricKind.HISTOGRAM,
    "From when a notice was due until relay or endpoint took it: one that was tried before since it was made out, "
    "one that was put off to gather messages since its time came.",
    ("channel",),
    (1.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0, 3600.0, 21600.0),
)
EXPIRED: Final = Metric(
    "frafaldsvarsel_deliveries_expired_total",
    MetricKind.COUNTER,
    "Deliveries that reached their deadline while nobody could hand them over; others are told.",
)
WAY_OUT: Final = Metric(
    "frafaldsvarsel_delivery_way_out",
    MetricKind.GAUGE,
    "1: what was tried last went out, or failed for itself alone; 0: the relay, or the service's own way to endpoints, "
    "cannot be used.",
    ("channel",),
)
DUE: Final = Metric(
    "frafaldsvarsel_deliveries_due", MetricKind.GAUGE, "Deliveries that are due now.", ("channel",)
)
WAITING: Final = Metric(
    "frafaldsvarsel_deliveries_waiting",
    MetricKind.GAUGE,
    "Deliveries that should have gone out: due now, or tried without success and to be tried again.",
    ("channel",),
)
OLDEST: Final = Metric(
    "frafaldsvarsel_delivery_oldest_seconds",
    MetricKind.GAUGE,
    "How long the oldest notice has waited to be handed over, counted as in "
    "frafaldsvarsel_delivery_handed_over_seconds, also between two attempts; 0 where none waits.",
    ("channel",),
)
ENDPOINTS: Final = Metric(
    "frafaldsvarsel_endpoints",
    MetricKind.GAUGE,
    "Webhook endpoints of units that do not take notices. failing: tried on, for five days; off: until an operator "
    "switches it on.",
    ("state",),
)
FIGURES_AT: Final = Metric(
    "frafaldsvarsel_deliveries_timestamp_seconds",
    MetricKind.GAUGE,
    "When the figures of the database were last read: they are absent while it is away.",
)
NOTIFIER_METRICS: Final = (ATTEMPTS, HANDED_OVER_SECONDS, EXPIRED, WAY_OUT)
"""Of one notifier's own work."""
DELIVERY_METRICS: Final = (DUE, WAITING, OLDEST, ENDPOINTS, FIGURES_AT)
"""Read from the database together."""
