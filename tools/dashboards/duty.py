"""How the municipalities stand with their duties. Counts alone."""

from typing import Final

from tools.dashboards.model import EVERY_RED, Choice, Dashboard, Look, Panel, PanelRow, PromQuery, ValueUnit

_CHOSEN: Final = 'municipality=~"$municipality"'


def _tasks(state: str) -> str:
    return f'max by (municipality) (frafaldsvarsel_duty_tasks{{{_CHOSEN},state="{state}"}})'


DUTY: Final = Dashboard(
    name="duty-by-municipality",
    title="duty by municipality",
    choices=(Choice(name="municipality", metric="frafaldsvarsel_duty_tasks", label="municipality"),),
    rows=(
        PanelRow(
            title="Of those chosen",
            height=5,
            panels=(
                Panel(
                    title="Overdue without contact",
                    about="Open tasks whose date has passed, and whose person nobody has reached.",
                    look=Look.NUMBER,
                    amber=EVERY_RED,
                    queries=(PromQuery(expr=f"sum({_tasks('overdue')})"),),
                ),
                Panel(
                    title="Waiting",
                    about="Nobody has reached the person, and the date has not passed.",
                    look=Look.NUMBER,
                    queries=(PromQuery(expr=f"sum({_tasks('waiting')})"),),
                ),
                Panel(
                    title="Reached",
                    about="The person was reached, and a decision is to be made.",
                    look=Look.NUMBER,
                    queries=(PromQuery(expr=f"sum({_tasks('reached')})"),),
                ),
                Panel(
                    title="Figures read",
                    about="Long ago, or unknown: no ledger reads the database, and all of this page is old.",
                    look=Look.NUMBER,
                    unit=ValueUnit.AGO,
                    queries=(PromQuery(expr="max(frafaldsvarsel_duty_timestamp_seconds) * 1000"),),
                ),
            ),
        ),
        PanelRow(
            title="By municipality",
            height=12,
            panels=(
                Panel(
                    title="Overdue without contact",
                    about="By the municipality's code; an empty one is a unit that the tables do not name any more.",
                    look=Look.TABLE,
                    queries=(PromQuery(expr=f"sort_desc({_tasks('overdue')})"),),
                ),
                Panel(
                    title="Days until the earliest date",
                    about="Of tasks whose person nobody has reached; below 0 it has passed.",
                    look=Look.TABLE,
                    unit=ValueUnit.DAYS,
                    queries=(
                        PromQuery(
                            expr=f"sort(min by (municipality) (frafaldsvarsel_duty_react_by_headroom_days{{{_CHOSEN}}}))"
                        ),
                    ),
                ),
            ),
        ),
        PanelRow(
            title="Over time",
            panels=(
                Panel(
                    title="Open tasks",
                    about="Of those chosen, by state.",
                    queries=(
                        PromQuery(
                            expr=f"sum by (state) (max by (municipality, state) (frafaldsvarsel_duty_tasks{{{_CHOSEN}}}))",
                            named="{{state}}",
                        ),
                    ),
                ),
                Panel(
                    title="Working days until first contact",
                    about="Of the whole country, of those reached in the last 30 days: half, and nine of ten.",
                    unit=ValueUnit.DAYS,
                    queries=(
                        PromQuery(
                            expr="max by (quantile) (frafaldsvarsel_duty_first_contact_working_days)",
                            named="{{quantile}}",
                        ),
                    ),
                ),
                Panel(
                    title="First contacts in 30 days",
                    about="Of the whole country.",
                    queries=(PromQuery(expr="max(frafaldsvarsel_duty_first_contacts)", named="people"),),
                ),
            ),
        ),
    ),
)
