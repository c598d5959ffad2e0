"""What the keeper of the trail exports: `docs/metrics.md` is made from it."""

from typing import Final

from infra.metrics import Metric, MetricKind

LINKS: Final = Metric(
    "frafaldsvarsel_trail_links", MetricKind.GAUGE, "Rows of the audit trail that are chained."
)
ROUND_AT: Final = Metric(
    "frafaldsvarsel_trail_round_timestamp_seconds",
    MetricKind.GAUGE,
    "When the keeper last saw that no row of the audit trail is without its link.",
)
SIGNED_AT: Final = Metric(
    "frafaldsvarsel_trail_signed_timestamp_seconds",
    MetricKind.GAUGE,
    "When each place outside the database last had the signed root of all rows; absent until it did.",
    ("sink",),
)
BROKEN: Final = Metric(
    "frafaldsvarsel_trail_broken",
    MetricKind.GAUGE,
    "1: the audit trail is not what was signed, or a row of it is not what was chained. Anything but 0 is an alarm.",
)
VERIFIED_AT: Final = Metric(
    "frafaldsvarsel_trail_verified_timestamp_seconds",
    MetricKind.GAUGE,
    "When the keeper last read the whole trail and held it against its chain.",
)
BUSIEST: Final = Metric(
    "frafaldsvarsel_looks_of_busiest_person",
    MetricKind.GAUGE,
    "How often the busiest person has opened or looked up people within the last hour.",
)
TRAIL_METRICS: Final = (LINKS, ROUND_AT, SIGNED_AT, BROKEN, VERIFIED_AT, BUSIEST)
"""What the keeper serves."""
