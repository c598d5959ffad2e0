"""What a worker serves."""

from typing import Final

from infra.metrics import Metric, MetricKind

RECORDS: Final = Metric(
    "frafaldsvarsel_worker_records_total",
    MetricKind.COUNTER,
    "Records that a step has processed, after the brokers have its output. intake: accepted, or rejected with its "
    "reason; match: changed, unchanged, erased, passed_on, left_out and foreign with theirs. What comes again counts "
    "again.",
    ("step", "outcome", "reason"),
)
DECISIONS: Final = Metric(
    "frafaldsvarsel_worker_decisions_total",
    MetricKind.COUNTER,
    "Decisions that match has published, each revision of a message's.",
    ("outcome", "reason"),
)
BATCH_SECONDS: Final = Metric(
    "frafaldsvarsel_worker_batch_seconds",
    MetricKind.HISTOGRAM,
    "How long a batch took, from its records until the brokers had acknowledged all output.",
    ("step",),
)
COMMIT_AT: Final = Metric(
    "frafaldsvarsel_worker_commit_timestamp_seconds",
    MetricKind.GAUGE,
    "When offsets were last committed; 0: not since the start. A worker without input commits nothing.",
)
PARTITIONS: Final = Metric(
    "frafaldsvarsel_worker_partitions",
    MetricKind.GAUGE,
    "Partitions of the topic that are this worker's; 0 during a rebalance.",
    ("topic",),
)
PEOPLE: Final = Metric(
    "frafaldsvarsel_worker_people",
    MetricKind.GAUGE,
    "Records of people in this worker's memory; they are loaded with the first batch, or in the first minute.",
)
SEALED_UNTIL: Final = Metric(
    "frafaldsvarsel_worker_sealed_until_timestamp_seconds",
    MetricKind.GAUGE,
    "When the first month begins whose key for sealing this worker lacks; a year ahead at most. Then it stands still.",
)
WORKER_METRICS: Final = (RECORDS, DECISIONS, BATCH_SECONDS, COMMIT_AT, PARTITIONS, PEOPLE, SEALED_UNTIL)
