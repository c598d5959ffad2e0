"""One row for each metric, and the registry with its values. No label holds personal data."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from prometheus_client import CollectorRegistry, Counter, Gauge


class MetricKind(StrEnum):
    """Whether a metric can fall."""

    GAUGE = "gauge"
    COUNTER = "counter"


@dataclass(frozen=True, slots=True)
class Metric:
    """One row of the table."""

    name: str
    kind: MetricKind
    about: str
    labels: tuple[str, ...] = ()


class Metrics:
    """The values of one process."""

    def __init__(self, served: Sequence[Metric]) -> None:
        self.registry = CollectorRegistry(auto_describe=True)
        self._gauges = {
            metric: Gauge(metric.name, metric.about, metric.labels, registry=self.registry)
            for metric in served
            if metric.kind is MetricKind.GAUGE
        }
        self._counters = {
            metric: Counter(metric.name, metric.about, metric.labels, registry=self.registry)
            for metric in served
            if metric.kind is MetricKind.COUNTER
        }

    def set(self, metric: Metric, value: float, *labels: str) -> None:
        """A gauge's value."""
        gauge = self._gauges[metric]
        (gauge.labels(*labels) if labels else gauge).set(value)

    def count(self, metric: Metric, *labels: str, by: int = 1) -> None:
        """One more."""
        counter = self._counters[metric]
        (counter.labels(*labels) if labels else counter).inc(by)

    def clear(self, metric: Metric) -> None:
        """Forget a gauge's values, whatever their labels."""
        self._gauges[metric].clear()
