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
RETENTION_OVERDUE: Final = Metric(
    "frafaldsvarsel_retention_overdue",
    MetricKind.GAUGE,
    "People and rows that should have gone more than two weeks ago, and that neither a hold nor an open task keeps; "
    "as the last night has found it. Absent before the first one.",
    ("kind",),
)
RETENTION_AT: Final = Metric(
    "frafaldsvarsel_retention_timestamp_seconds",
    MetricKind.GAUGE,
    "When the last `retention run` came to its end; 0: never.",
)
FOR_PEOPLE_AT: Final = Metric(
    "frafaldsvarsel_for_people_timestamp_seconds",
    MetricKind.GAUGE,
    "When the figures above were last read: they are absent while the database is away.",
)
FOR_PEOPLE_METRICS: Final = (QUARANTINE, UNITS_NOT_REACHED, RETENTION_OVERDUE, RETENTION_AT, FOR_PEOPLE_AT)
"""Read from the database together, once a round of the audit."""
