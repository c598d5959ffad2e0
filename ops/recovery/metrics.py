"""What waits for people, as the auditor's process serves it."""

from typing import Final

from infra.metrics import Metric, MetricKind

QUARANTINE: Final = Metric(
    "frafaldsvarsel_quarantine",
    MetricKind.GAUGE,
    "Things in quarantine about which a person has still to decide, by their kind.",
    ("kind",),
)
UNITS_NOT_REACHED: Final = Metric(
    "frafaldsvarsel_units_not_reached",
    MetricKind.GAUGE,
    "Units whose last mail was refused, or taken by nobody before its deadline.",
)
FOR_PEOPLE_AT: Final = Metric(
    "frafaldsvarsel_for_people_timestamp_seconds",
    MetricKind.GAUGE,
    "When the figures above were last read: they are absent while the database is away.",
)
FOR_PEOPLE_METRICS: Final = (QUARANTINE, UNITS_NOT_REACHED, FOR_PEOPLE_AT)
"""Read from the database together, once a round of the audit."""
