"""The page for the wall: the promises as numbers, and where it hurts."""

from typing import Final

from tools.dashboards.model import EVERY_RED, Dashboard, Look, Panel, PanelRow, PromQuery, ValueUnit

ANSWERED_IN_TIME: Final = (
    'sum(increase(frafaldsvarsel_answer_seconds_bucket{le="60.0"}[24h]))'
    " / sum(increase(frafaldsvarsel_answer_seconds_count[24h]))"
)
HANDED_OVER_IN_TIME: Final = (
    'sum(increase(frafaldsvarsel_delivery_handed_over_seconds_bucket{channel="email",le="300.0"}[24h]))'
    ' / (sum(increase(frafaldsvarsel_delivery_handed_over_seconds_count{channel="email"}[24h]))'
    " + sum(increase(frafaldsvarsel_deliveries_expired_total[24h])))"
)

OVERVIEW: Final = Dashboard(
    name="overview",
    title="overview",
    rows=(
        PanelRow(
            title="The promises",
            height=5,
            panels=(
                Panel(
                    title="Unaccounted",
                    about="Records that a step has passed by, or sums that are none. Anything but 0: run `frafaldsvarsel audit`.",
                    look=Look.NUMBER,
                    red=EVERY_RED,
                    queries=(PromQuery(expr="sum(frafaldsvarsel_audit_unaccounted)"),),
                ),
                Panel(
                    title="Duty lag",
                    about="How long the oldest record that may make a duty has been without an answer. `frafaldsvarsel lag --once` names the step.",
                    look=Look.NUMBER,
                    unit=ValueUnit.SECONDS,
                    amber=120,
                    red=600,
                    queries=(PromQuery(expr="max(frafaldsvarsel_duty_lag_seconds)"),),
                ),
                Panel(
                    title="Overdue without contact",
                    about="Open tasks whose date has passed and whose person nobody has reached. The jobcentres' work, not the service's.",
                    look=Look.NUMBER,
                    amber=EVERY_RED,
                    queries=(
                        PromQuery(
                            expr='sum(max by (municipality) (frafaldsvarsel_duty_tasks{state="overdue"}))'
                            " or 0 * max(frafaldsvarsel_duty_timestamp_seconds)"
                        ),
                    ),
                ),
                Panel(
                    title="Oldest undelivered",
                    about="How long the oldest notice has waited to be handed over. Look at the page *deliveries*.",
                    look=Look.NUMBER,
                    unit=ValueUnit.SECONDS,
                    amber=300,
                    red=3600,
                    queries=(PromQuery(expr="max(frafaldsvarsel_delivery_oldest_seconds)"),),
                ),
            ),
        ),
        PanelRow(
            title="The objectives, of the last 24 hours",
            height=5,
            panels=(
                Panel(
                    title="Messages answered within 60 s",
                    about="Objective: 99.9 %. Unknown on a day without a message. What has no answer yet is in *duty lag*.",
                    look=Look.NUMBER,
                    unit=ValueUnit.SHARE,
                    low_is_bad=True,
                    red=0.999,
                    queries=(PromQuery(expr=ANSWERED_IN_TIME),),
                ),
                Panel(
                    title="Notices at the relay within 5 min",
                    about="Objective: 99.9 %. Unknown on a day without a notice. What waits is in *oldest undelivered*.",
                    look=Look.NUMBER,
                    unit=ValueUnit.SHARE,
                    low_is_bad=True,
                    red=0.999,
                    queries=(PromQuery(expr=HANDED_OVER_IN_TIME),),
                ),
                Panel(
                    title="Undecided past review",
                    about="Messages that people must look at, and the date for it has passed: `frafaldsvarsel decisions --outcome undecided`.",
                    look=Look.NUMBER,
                    amber=EVERY_RED,
                    queries=(PromQuery(expr="max(frafaldsvarsel_duty_undecided_past_review)"),),
                ),
                Panel(
                    title="Earliest date ahead",
                    about="Days until the earliest date of a task whose person nobody has reached; below 0 it has passed.",
                    look=Look.NUMBER,
                    unit=ValueUnit.DAYS,
                    low_is_bad=True,
                    red=0,
                    amber=1,
                    queries=(PromQuery(expr="min(frafaldsvarsel_duty_react_by_headroom_days)"),),
                ),
            ),
        ),
        PanelRow(
            title="From topic to mail",
            panels=(
                Panel(
                    title="Lag of each step",
                    about="The age of the first record that a group has not finished. It rises by a second a second where a step stands still.",
                    unit=ValueUnit.SECONDS,
                    queries=(
                        PromQuery(
                            expr="max by (group) (kafka_consumergroup_group_max_lag_seconds)",
                            named="{{group}}",
                        ),
                        PromQuery(expr="max(frafaldsvarsel_ledger_outbox_oldest_seconds)", named="outbox"),
                        PromQuery(
                            expr="max by (channel) (frafaldsvarsel_delivery_oldest_seconds)",
                            named="{{channel}}",
                        ),
                    ),
                ),
                Panel(
                    title="Not ok",
                    about="Partitions of a group by what Burrow's rules say. stopped: no process reads; stalled: one does and does not come on.",
                    queries=(
                        PromQuery(
                            expr='sum by (group, status) (frafaldsvarsel_consumer_status{status!="ok"})',
                            named="{{group}} {{status}}",
                        ),
                    ),
                ),
                Panel(
                    title="The canary's way",
                    about="How long the last made-up message took from the sender to the mail.",
                    unit=ValueUnit.SECONDS,
                    queries=(PromQuery(expr="max(frafaldsvarsel_canary_seconds)", named="canary"),),
                ),
            ),
        ),
        PanelRow(
            title="The processes",
            panels=(
                Panel(
                    title="Scraped",
                    about="1: Prometheus reads the process's metrics. The job's name is the process's.",
                    queries=(PromQuery(expr='min by (job) (up{job=~"frafaldsvarsel.*"})', named="{{job}}"),),
                ),
                Panel(
                    title="CPR struck out of logs, in an hour",
                    about="Anything but 0 is a fault of the code.",
                    queries=(
                        PromQuery(
                            expr="sum by (job) (increase(frafaldsvarsel_log_cpr_found_total[1h]))",
                            named="{{job}}",
                        ),
                    ),
                ),
                Panel(
                    title="Requests that failed",
                    about="Answers of the inbox and the interface with a status of 500 and above.",
                    unit=ValueUnit.PER_SECOND,
                    queries=(
                        PromQuery(
                            expr='sum by (route) (rate(frafaldsvarsel_http_requests_total{status=~"5.."}[$__rate_interval]))',
                            named="{{route}}",
                        ),
                    ),
                ),
            ),
        ),
    ),
)
