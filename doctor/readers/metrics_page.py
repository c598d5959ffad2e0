"""A page of metrics, as a process of the service serves it. Nothing of it is trusted. Pure."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Final

from prometheus_client.parser import text_string_to_metric_families

from doctor.side_by_side import NotSeen
from infra.metrics import Metric

_MOST_ROWS: Final = 20_000
_LONGEST_LINE: Final = 2_000
_LARGEST: Final = 1e13
"""Of a value: no count and no moment of ours is larger."""
_NAME: Final = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")


@dataclass(frozen=True, slots=True)
class MetricsPage:
    """The values by metric name, each with its labels."""

    rows: Mapping[str, tuple[tuple[Mapping[str, str], float], ...]]

    def has(self, metric: Metric) -> bool:
        """Whether there is any value of it."""
        return metric.name in self.rows

    def values(self, metric: Metric) -> Iterator[tuple[tuple[str, ...], float]]:
        """Label values, in the order of the metric's labels, and the value; what has other labels is passed over."""
        for labels, value in self.rows.get(metric.name, ()):
            if labels.keys() == set(metric.labels):
                yield tuple(labels[name] for name in metric.labels), value

    def one(self, metric: Metric) -> float | None:
        """The value of a metric without labels; None: there is none."""
        return next((value for _, value in self.values(metric)), None)

    def sum(self, metric: Metric) -> float:
        """Of all its values; 0 where there is none."""
        return sum(value for _, value in self.values(metric))


def read_metrics(text: str, wanted: Collection[Metric]) -> MetricsPage:
    """What `text` says of `wanted`; raises `NotSeen` where it is no page of metrics.

    What is no number is left out: it says as little as an absent one.
    """
    names = {metric.name for metric in wanted}
    lines = [line for line in text.split("\n") if (found := _NAME.match(line)) and found[0] in names]
    if len(lines) > _MOST_ROWS or any(len(line) > _LONGEST_LINE for line in lines):
        raise NotSeen("What answers there serves more than any process of the service does.")
    rows: dict[str, list[tuple[Mapping[str, str], float]]] = {}
    try:
        for family in text_string_to_metric_families("\n".join(lines) + "\n"):
            for sample in family.samples:
                if isfinite(sample.value) and abs(sample.value) <= _LARGEST:
                    rows.setdefault(sample.name, []).append((sample.labels, sample.value))
    except (ValueError, IndexError, KeyError):
        raise NotSeen("What answers there serves no metrics.") from None
    return MetricsPage({name: tuple(found) for name, found in rows.items()})
