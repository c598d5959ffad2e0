"""Whether units are told: attempts, ways out, what waits."""

from typing import Final

from tools.dashboards.model import EVERY_RED, Dashboard, Look, Panel, PanelRow, PromQuery, ValueUnit

DELIVERIES: Final = Dashboard(
    name="deliveries",
    title="deliveries",
    rows=(
        PanelRow(
            title="Now",
            height=5,
            panels=(
                Panel(
                    title="Way out",
                    about="Of each channel. 0: relay or network cannot be used, and the notifier waits; its log says why.",
                    look=Look.NUMBER,
                    low_is_bad=True,
                    red=1,
                    queries=(
                        PromQuery(
                            expr="min by (channel) (frafaldsvarsel_delivery_way_out)", named="{{channel}}"
                        ),
                    ),
                ),
                Panel(
                    title="Due",
                    about="Deliveries that are due now.",
                    look=Look.NUMBER,
                    queries=(
                        PromQuery(
                            expr="max by (channel) (frafaldsvarsel_deliveries_due)", named="{{channel}}"
                        ),
                    ),
                ),
                Panel(
                    title="Oldest undelivered",
                    about="Also between two attempts.",
                    look=Look.NUMBER,
                    unit=ValueUnit.SECONDS,
                    amber=300,
                    red=3600,
                    queries=(
                        PromQuery(
                            expr="max by (channel) (frafaldsvarsel_delivery_oldest_seconds)",
                            named="{{channel}}",
                        ),
                    ),
                ),
                Panel(
                    title="Endpoints that do not take notices",
                    about="`frafaldsvarsel webhooks` names them.",
                    look=Look.NUMBER,
                    amber=EVERY_RED,
                    queries=(PromQuery(expr="max by (state) (frafaldsvarsel_endpoints)", named="{{state}}"),),
                ),
                Panel(
                    title="Tasks of which nobody could be told",
                    about="Every address was refused or exhausted: docs/runbooks/nobody-told.md.",
                    look=Look.NUMBER,
                    red=EVERY_RED,
                    queries=(
                        PromQuery(expr='max(frafaldsvarsel_audit_beside{hop="steps",what="nobody_left"})'),
                    ),
                ),
            ),
        ),
        PanelRow(
            title="Attempts",
            panels=(
                Panel(
                    title="By outcome",
                    about="misconfigured: mend relay or settings; refused: the recipient's address.",
                    unit=ValueUnit.PER_SECOND,
                    queries=(
                        PromQuery(
                            expr="sum by (channel, outcome) (rate(frafaldsvarsel_delivery_attempts_total[$__rate_interval]))",
                            named="{{channel}} {{outcome}}",
                        ),
                    ),
                ),
                Panel(
                    title="Ended without a delivery, in 24 hours",
                    about="refused and exhausted are told to the next level at once.",
                    look=Look.TABLE,
                    queries=(
                        PromQuery(
                            expr='sum by (channel, status) (increase(frafaldsvarsel_delivery_attempts_total{status=~"refused|exhausted|lost"}[24h])) > 0'
                        ),
                    ),
                ),
                Panel(
                    title="Deadline passed",
                    about="While nobody could hand it over.",
                    queries=(
                        PromQuery(
                            expr="sum(increase(frafaldsvarsel_deliveries_expired_total[1h]))",
                            named="in an hour",
                        ),
                    ),
                ),
            ),
        ),
        PanelRow(
            title="How late",
            panels=(
                Panel(
                    title="From due to handed over",
                    about="Half of the notices, and 99 of 100.",
                    unit=ValueUnit.SECONDS,
                    queries=tuple(
                        PromQuery(
                            expr=f"histogram_quantile({share}, sum by (channel, le) (increase(frafaldsvarsel_delivery_handed_over_seconds_bucket[1h])))",
                            named=f"{{{{channel}}}} {name}",
                        )
                        for share, name in ((0.5, "half"), (0.99, "99 of 100"))
                    ),
                ),
                Panel(
                    title="The oldest, over time",
                    about="It rises by a second a second while nothing goes out.",
                    unit=ValueUnit.SECONDS,
                    queries=(
                        PromQuery(
                            expr="max by (channel) (frafaldsvarsel_delivery_oldest_seconds)",
                            named="{{channel}}",
                        ),
                    ),
                ),
                Panel(
                    title="The ledger's outbox",
                    about="How long the oldest record has waited that is to go to Kafka.",
                    unit=ValueUnit.SECONDS,
                    queries=(
                        PromQuery(expr="max(frafaldsvarsel_ledger_outbox_oldest_seconds)", named="outbox"),
                    ),
                ),
            ),
        ),
    ),
)
