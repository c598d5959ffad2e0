"""What the lag process serves. The names that begin with `kafka_` are those of the known lag exporters."""

from typing import Final

from infra.metrics import Metric, MetricKind

_PLACE: Final = ("group", "topic", "partition")


def _gauge(name: str, about: str, *labels: str) -> Metric:
    return Metric(name, MetricKind.GAUGE, about, labels)


GROUP_OFFSET: Final = _gauge(
    "kafka_consumergroup_group_offset",
    "The offset that the group has committed; absent where it never has.",
    *_PLACE,
)
GROUP_LAG: Final = _gauge(
    "kafka_consumergroup_group_lag",
    "Offsets between what the group has committed and the end of the log.",
    *_PLACE,
)
GROUP_LAG_SECONDS: Final = _gauge(
    "kafka_consumergroup_group_lag_seconds",
    "The age of the first record that the group has not finished, by the record's own timestamp; 0 where none waits.",
    *_PLACE,
)
GROUP_MAX_LAG: Final = _gauge(
    "kafka_consumergroup_group_max_lag", "The largest of the group's partitions.", "group"
)
GROUP_MAX_LAG_SECONDS: Final = _gauge(
    "kafka_consumergroup_group_max_lag_seconds", "The largest of the group's partitions.", "group"
)
GROUP_SUM_LAG: Final = _gauge("kafka_consumergroup_group_sum_lag", "Of all the group's partitions.", "group")
GROUP_TOPIC_SUM_LAG: Final = _gauge(
    "kafka_consumergroup_group_topic_sum_lag", "Of the topic's partitions.", "group", "topic"
)
GROUP_STATE: Final = _gauge(
    "kafka_consumergroup_group_state",
    "1 for the state that the coordinator gives it.",
    "group",
    "state",
)
MEMBERS: Final = _gauge("kafka_consumergroup_members", "Members of the group.", "group")
LATEST: Final = _gauge("kafka_partition_latest_offset", "Offset after the last record.", "topic", "partition")
EARLIEST: Final = _gauge(
    "kafka_partition_earliest_offset", "The first offset still there.", "topic", "partition"
)
STATUS: Final = _gauge(
    "frafaldsvarsel_consumer_status",
    "1 for what ten samples say of a consumer: ok; slow: it works and its lag does not become smaller; stalled: "
    "there is work and nothing moves; stopped: the same, and the group has no member. No threshold is in it.",
    *_PLACE,
    "status",
)
RETENTION_HEADROOM: Final = _gauge(
    "frafaldsvarsel_retention_headroom_seconds",
    "How long until retention may remove the first record that waits; absent where none waits, or nothing is removed.",
    *_PLACE,
)
DUTY_LAG: Final = _gauge(
    "frafaldsvarsel_duty_lag_seconds",
    "How long the oldest record that may make a message a duty has been without a decision in the ledger: from when "
    "the broker had the sender's record until now, across all steps; 0 where none waits, absent where it is unknown.",
)
SAMPLE_AT: Final = _gauge(
    "frafaldsvarsel_lag_sample_timestamp_seconds", "When Kafka was last asked with success; 0: never."
)
SAMPLE_SECONDS: Final = _gauge("frafaldsvarsel_lag_sample_seconds", "How long that took.")
LAG_METRICS: Final = (
    GROUP_OFFSET,
    GROUP_LAG,
    GROUP_LAG_SECONDS,
    GROUP_MAX_LAG,
    GROUP_MAX_LAG_SECONDS,
    GROUP_SUM_LAG,
    GROUP_TOPIC_SUM_LAG,
    GROUP_STATE,
    MEMBERS,
    LATEST,
    EARLIEST,
    STATUS,
    RETENTION_HEADROOM,
    DUTY_LAG,
    SAMPLE_AT,
    SAMPLE_SECONDS,
)
"""What the lag process serves."""
