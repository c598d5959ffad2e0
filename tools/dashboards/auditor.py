"""What the auditor counts, and whether it counts at all."""

from typing import Final

from tools.dashboards.model import EVERY_RED, Dashboard, Look, Panel, PanelRow, PromQuery, ValueUnit

AUDITOR: Final = Dashboard(
    name="auditor",
    title="the auditor",
    rows=(
        PanelRow(
            title="Now",
            height=5,
            panels=(
                Panel(
                    title="Unaccounted",
                    about="Anything but 0 is an alarm: docs/runbooks/unaccounted.md.",
                    look=Look.NUMBER,
                    red=EVERY_RED,
                    queries=(PromQuery(expr="sum(frafaldsvarsel_audit_unaccounted)"),),
                ),
                Panel(
                    title="Last count",
                    about="Long ago: nobody is counting, and the numbers here are old.",
                    look=Look.NUMBER,
                    unit=ValueUnit.AGO,
                    queries=(PromQuery(expr="max(frafaldsvarsel_audit_round_timestamp_seconds) * 1000"),),
                ),
                Panel(
                    title="Last heartbeat",
                    about="Unknown: no place for it is set.",
                    look=Look.NUMBER,
                    unit=ValueUnit.AGO,
                    queries=(PromQuery(expr="(max(frafaldsvarsel_heartbeat_timestamp_seconds) > 0) * 1000"),),
                ),
                Panel(
                    title="Driven again in 24 hours",
                    about="A run without faults needs none: docs/runbooks/healed.md.",
                    look=Look.NUMBER,
                    amber=EVERY_RED,
                    queries=(
                        PromQuery(
                            expr="sum(increase(frafaldsvarsel_healings_total[24h]))"
                            " or 0 * max(frafaldsvarsel_audit_rounds_total)"
                        ),
                    ),
                ),
                Panel(
                    title="Given up",
                    about="Missing though it was driven again: for people.",
                    look=Look.NUMBER,
                    red=EVERY_RED,
                    queries=(PromQuery(expr="max(frafaldsvarsel_healings_given_up)"),),
                ),
                Panel(
                    title="Canary home",
                    about="How long ago the last canary that came home was sent; 0 where none is expected.",
                    look=Look.NUMBER,
                    unit=ValueUnit.SECONDS,
                    amber=180,
                    red=300,
                    queries=(PromQuery(expr="max(frafaldsvarsel_canary_age_seconds)"),),
                ),
            ),
        ),
        PanelRow(
            title="The hops",
            height=14,
            panels=(
                Panel(
                    title="Unaccounted, by hop",
                    about="What each hop promises: docs/metrics.md.",
                    look=Look.TABLE,
                    queries=(PromQuery(expr="sort_desc(max by (hop) (frafaldsvarsel_audit_unaccounted))"),),
                ),
                Panel(
                    title="By cause",
                    about="As far as listed.",
                    look=Look.TABLE,
                    queries=(PromQuery(expr="max by (hop, what) (frafaldsvarsel_audit_exceptions) > 0"),),
                ),
                Panel(
                    title="Under way, by hop",
                    about="Its step has yet to come to it, or it is younger than the grace time.",
                    look=Look.TABLE,
                    queries=(PromQuery(expr="sort_desc(max by (hop) (frafaldsvarsel_audit_under_way))"),),
                ),
            ),
        ),
        PanelRow(
            title="Over time",
            panels=(
                Panel(
                    title="Oldest under way",
                    about="The age of the oldest record that is not through.",
                    unit=ValueUnit.SECONDS,
                    queries=(
                        PromQuery(expr="max(frafaldsvarsel_audit_oldest_under_way_seconds)", named="oldest"),
                    ),
                ),
                Panel(
                    title="Has not moved",
                    about="A step that has work: docs/runbooks/consumer-stands-still.md.",
                    unit=ValueUnit.SECONDS,
                    queries=(
                        PromQuery(
                            expr="max by (topic) (frafaldsvarsel_audit_not_moved_seconds)", named="{{topic}}"
                        ),
                    ),
                ),
                Panel(
                    title="A round",
                    about="How long it takes, and how often it could not count.",
                    unit=ValueUnit.SECONDS,
                    queries=(
                        PromQuery(expr="max(frafaldsvarsel_audit_round_seconds)", named="seconds"),
                        PromQuery(
                            expr="sum(increase(frafaldsvarsel_audit_failures_total[15m]))",
                            named="failures in 15 min",
                        ),
                    ),
                ),
                Panel(
                    title="The canary, by leg",
                    about="How long the last one took over each.",
                    unit=ValueUnit.SECONDS,
                    queries=(
                        PromQuery(expr="max by (leg) (frafaldsvarsel_canary_leg_seconds)", named="{{leg}}"),
                    ),
                ),
            ),
        ),
    ),
)
