"""What the probe exports."""

from typing import Final

from infra.metrics import Metric, MetricKind

CANARY_HOME: Final = Metric(
    "frafaldsvarsel_canaries_home_total", MetricKind.COUNTER, "Canaries that came all the way in time."
)


CANARY_LOST: Final = Metric(
    "frafaldsvarsel_canaries_lost_total",
    MetricKind.COUNTER,
    "Canaries that did not, by the leg over which they did not come.",
    ("leg",),
)


CANARY_LEG: Final = Metric(
    "frafaldsvarsel_canary_leg_seconds",
    MetricKind.GAUGE,
    "How long the last canary took over each leg that it came over.",
    ("leg",),
)


CANARY_SECONDS: Final = Metric(
    "frafaldsvarsel_canary_seconds",
    MetricKind.GAUGE,
    "How long the last canary that came home took for all of them.",
)


CANARY_LEFT: Final = Metric(
    "frafaldsvarsel_canaries_left",
    MetricKind.GAUGE,
    "Messages of earlier canaries that still stand, though they are taken back.",
)


CANARY_METRICS: Final = (CANARY_HOME, CANARY_LOST, CANARY_LEG, CANARY_SECONDS, CANARY_LEFT)
"""What the canary serves."""
