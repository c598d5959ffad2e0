"""What the inbox exports: `docs/metrics.md` is made from it."""

from typing import Final

from infra.metrics import Metric, MetricKind
from infra.request_metrics import HTTP_METRICS

OPENED_UNCHAINED: Final = Metric(
    "frafaldsvarsel_opened_unchained_total",
    MetricKind.COUNTER,
    "People who were opened before their line in the audit trail was chained: its keeper was away. An alarm.",
)
INBOX_METRICS: Final = (*HTTP_METRICS, OPENED_UNCHAINED)
"""What the inbox serves."""
