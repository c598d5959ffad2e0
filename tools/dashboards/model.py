"""What a dashboard is made of, and nothing of how Grafana writes it."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class Look(StrEnum):
    """How a panel shows its values, by Grafana's name."""

    NUMBER = "stat"
    """The value now."""
    CURVE = "timeseries"
    TABLE = "table"
    """A line for each series, its value now."""


class ValueUnit(StrEnum):
    """Of a panel's values, by Grafana's name."""

    NUMBER = "short"
    SECONDS = "s"
    PER_SECOND = "cps"
    SHARE = "percentunit"
    DAYS = "d"
    AGO = "dateTimeFromNow"
    """Of milliseconds since 1970."""


EVERY_RED: Final = 1.0
"""The bound of what must be 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromQuery:
    """PromQL over metrics of `docs/metrics.md`; `named` is Grafana's pattern for a series, ``{{label}}``."""

    expr: str
    named: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One picture."""

    title: str
    about: str
    """What it means and what to do: shown at the panel's title."""
    queries: tuple[PromQuery, ...]
    look: Look = Look.CURVE
    unit: ValueUnit = ValueUnit.NUMBER
    amber: float | None = None
    """From here on; None: never."""
    red: float | None = None
    low_is_bad: bool = False
    """Whether what is below the bounds is bad, not what is above."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelRow:
    """Panels side by side, of one height and equal widths."""

    title: str
    panels: tuple[Panel, ...]
    height: int = 8
    """In Grafana's grid; a number needs 4."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A label by which whoever looks may choose; used in queries as ``$name``."""

    name: str
    metric: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """One page."""

    name: str
    """Of the file, and in Grafana's address."""
    title: str
    rows: tuple[PanelRow, ...]
    choices: tuple[Choice, ...] = field(default=())

    @property
    def queries(self) -> tuple[PromQuery, ...]:
        """Of all its panels."""
        return tuple(query for row in self.rows for panel in row.panels for query in panel.queries)
