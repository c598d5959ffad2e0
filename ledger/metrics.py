"""What the ledger serves. One of several ledgers waits; what both say of the database is the same."""

from typing import Final

from infra.metrics import Metric, MetricKind

DUTY_TASKS: Final = Metric(
    "frafaldsvarsel_duty_tasks",
    MetricKind.GAUGE,
    "Open tasks. waiting: nobody has reached the person; overdue: the same, and the date has passed; reached.",
    ("municipality", "state"),
)
DUTY_HEADROOM: Final = Metric(
    "frafaldsvarsel_duty_react_by_headroom_days",
    MetricKind.GAUGE,
    "Days until the earliest date of a task whose person nobody has reached; below 0 it has passed. "
    "Absent where there is none.",
    ("municipality",),
)
UNDECIDED: Final = Metric(
    "frafaldsvarsel_duty_undecided_past_review",
    MetricKind.GAUGE,
    "Undecided messages past the date on which people must look at them.",
)
CONTACT_DAYS: Final = Metric(
    "frafaldsvarsel_duty_first_contact_working_days",
    MetricKind.GAUGE,
    "Working days from the first message until the person was reached, of those reached in the last 30 days. "
    "Absent where nobody was.",
    ("quantile",),
)
CONTACTS: Final = Metric(
    "frafaldsvarsel_duty_first_contacts",
    MetricKind.GAUGE,
    "People who were first reached in the last 30 days.",
)
OUTBOX_OLDEST: Final = Metric(
    "frafaldsvarsel_ledger_outbox_oldest_seconds",
    MetricKind.GAUGE,
    "How long the oldest record has waited that is to go to Kafka; 0 where none does.",
)
FIGURES_AT: Final = Metric(
    "frafaldsvarsel_duty_timestamp_seconds", MetricKind.GAUGE, "When the figures above were last read."
)
RECORDS: Final = Metric(
    "frafaldsvarsel_ledger_records_total",
    MetricKind.COUNTER,
    "Records that were projected, by their topic, after their transaction was committed.",
    ("topic",),
)
TRANSACTION_SECONDS: Final = Metric(
    "frafaldsvarsel_ledger_transaction_seconds",
    MetricKind.HISTOGRAM,
    "How long the transaction of a batch took that was committed.",
)
POSITION_AT: Final = Metric(
    "frafaldsvarsel_ledger_position_timestamp_seconds",
    MetricKind.GAUGE,
    "When this ledger last moved a position; 0: not since the start. Without input none moves.",
)
ANSWER_SECONDS: Final = Metric(
    "frafaldsvarsel_answer_seconds",
    MetricKind.HISTOGRAM,
    "From when the broker had a message until the ledger had its first answer: obliged, not_obliged, undecided, or "
    "rejected. A message without an answer is not in it: see frafaldsvarsel_duty_lag_seconds.",
    ("answer",),
    (1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 3600.0),
)
LEDGER_METRICS: Final = (RECORDS, TRANSACTION_SECONDS, POSITION_AT, ANSWER_SECONDS)
"""Of one ledger's own work."""
DUTY_METRICS: Final = (
    DUTY_TASKS,
    DUTY_HEADROOM,
    UNDECIDED,
    CONTACT_DAYS,
    CONTACTS,
    OUTBOX_OLDEST,
    FIGURES_AT,
)
"""Read from the database together."""
