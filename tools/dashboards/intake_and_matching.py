"""What comes in, what is refused and why, what is decided, and whether the worker and the ledger keep up."""

from typing import Final

from tools.dashboards.model import Dashboard, Look, Panel, PanelRow, PromQuery, ValueUnit

INTAKE_AND_MATCHING: Final = Dashboard(
    name="intake-and-matching",
    title="intake and matching",
    rows=(
        PanelRow(
            title="What comes",
            panels=(
                Panel(
                    title="Records on the log",
                    about="New records of each topic that the steps read, from the ends of the log.",
                    unit=ValueUnit.PER_SECOND,
                    queries=(
                        PromQuery(
                            expr="sum by (topic) (clamp_min(deriv(kafka_partition_latest_offset[5m]), 0))",
                            named="{{topic}}",
                        ),
                    ),
                ),
                Panel(
                    title="Intake's answers",
                    about="Of all workers. A rise of rejected is a sender with a fault: see beside.",
                    unit=ValueUnit.PER_SECOND,
                    queries=(
                        PromQuery(
                            expr='sum by (outcome) (rate(frafaldsvarsel_worker_records_total{step="intake"}[$__rate_interval]))',
                            named="{{outcome}}",
                        ),
                    ),
                ),
                Panel(
                    title="Refused in 24 hours, by reason",
                    about="docs/reasons.md says what each means, `frafaldsvarsel quarantine list` who sent it.",
                    look=Look.TABLE,
                    queries=(
                        PromQuery(
                            expr='sum by (reason) (increase(frafaldsvarsel_worker_records_total{step="intake",outcome="rejected"}[24h])) > 0'
                        ),
                    ),
                ),
            ),
        ),
        PanelRow(
            title="What is decided",
            panels=(
                Panel(
                    title="Match's work",
                    about="Person events by what they changed. left_out: the sender is over its bound; foreign: not written by the service.",
                    unit=ValueUnit.PER_SECOND,
                    queries=(
                        PromQuery(
                            expr='sum by (outcome) (rate(frafaldsvarsel_worker_records_total{step="match"}[$__rate_interval]))',
                            named="{{outcome}}",
                        ),
                    ),
                ),
                Panel(
                    title="Decisions in 24 hours",
                    about="Each revision counts.",
                    look=Look.TABLE,
                    queries=(
                        PromQuery(
                            expr="sum by (outcome, reason) (increase(frafaldsvarsel_worker_decisions_total[24h])) > 0"
                        ),
                    ),
                ),
                Panel(
                    title="From the broker to the answer",
                    about="The age of messages when the ledger had their first answer: half of them, and 99 of 100.",
                    unit=ValueUnit.SECONDS,
                    queries=tuple(
                        PromQuery(
                            expr=f"histogram_quantile({share}, sum by (le) (increase(frafaldsvarsel_answer_seconds_bucket[1h])))",
                            named=name,
                        )
                        for share, name in ((0.5, "half"), (0.99, "99 of 100"))
                    ),
                ),
            ),
        ),
        PanelRow(
            title="Whether they keep up",
            panels=(
                Panel(
                    title="Records behind",
                    about="Of each group and topic.",
                    queries=(
                        PromQuery(
                            expr="max by (group, topic) (kafka_consumergroup_group_topic_sum_lag)",
                            named="{{group}} {{topic}}",
                        ),
                    ),
                ),
                Panel(
                    title="A batch of the worker, 99 of 100",
                    about="From its records until the brokers had acknowledged all output.",
                    unit=ValueUnit.SECONDS,
                    queries=(
                        PromQuery(
                            expr="histogram_quantile(0.99, sum by (step, le) (rate(frafaldsvarsel_worker_batch_seconds_bucket[$__rate_interval])))",
                            named="{{step}}",
                        ),
                    ),
                ),
                Panel(
                    title="A transaction of the ledger, 99 of 100",
                    about="One batch in PostgreSQL.",
                    unit=ValueUnit.SECONDS,
                    queries=(
                        PromQuery(
                            expr="histogram_quantile(0.99, sum by (le) (rate(frafaldsvarsel_ledger_transaction_seconds_bucket[$__rate_interval])))",
                            named="transaction",
                        ),
                    ),
                ),
            ),
        ),
        PanelRow(
            title="The workers",
            panels=(
                Panel(
                    title="Partitions held",
                    about="By worker. All 0 for long: a rebalance does not end.",
                    queries=(
                        PromQuery(
                            expr="sum by (instance) (frafaldsvarsel_worker_partitions)", named="{{instance}}"
                        ),
                    ),
                ),
                Panel(
                    title="People in memory",
                    about="By worker.",
                    queries=(PromQuery(expr="frafaldsvarsel_worker_people", named="{{instance}}"),),
                ),
                Panel(
                    title="Since the last commit",
                    about="It grows while no record comes; with lag beside it, the worker stands still.",
                    unit=ValueUnit.SECONDS,
                    queries=(
                        PromQuery(
                            expr="time() - (frafaldsvarsel_worker_commit_timestamp_seconds > 0)",
                            named="worker {{instance}}",
                        ),
                        PromQuery(
                            expr="time() - (frafaldsvarsel_ledger_position_timestamp_seconds > 0)",
                            named="ledger {{instance}}",
                        ),
                    ),
                ),
            ),
        ),
        PanelRow(
            title="Retention",
            panels=(
                Panel(
                    title="Until records are removed unread",
                    about="Absent where none waits.",
                    unit=ValueUnit.SECONDS,
                    queries=(
                        PromQuery(
                            expr="min by (group, topic) (frafaldsvarsel_retention_headroom_seconds)",
                            named="{{group}} {{topic}}",
                        ),
                    ),
                ),
                Panel(
                    title="Projected by the ledger",
                    about="Records, by their topic.",
                    unit=ValueUnit.PER_SECOND,
                    queries=(
                        PromQuery(
                            expr="sum by (topic) (rate(frafaldsvarsel_ledger_records_total[$__rate_interval]))",
                            named="{{topic}}",
                        ),
                    ),
                ),
            ),
        ),
    ),
)
