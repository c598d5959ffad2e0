"""One row for each metric, and the registry with its values. No label holds personal data."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Upper bounds that serve for a request as for a batch."""


class MetricKind(StrEnum):
    """What a metric's values do."""

    GAUGE = "gauge"
    COUNTER = "counter"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Metric:
    """One row of the table."""

    name: str
    kind: MetricKind
    about: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = SECONDS
    """Of a histogram: the upper bounds."""


LOG_CPR_FOUND: Final = Metric(
    "frafaldsvarsel_log_cpr_found_total",
    MetricKind.COUNTER,
    "Log lines in which something like a CPR was struck out. Anything but 0 is a fault of the code, and an alarm.",
)
"""Of every process that serves metrics."""
TRACE_SPANS: Final = Metric(
    "frafaldsvarsel_trace_spans_total",
    MetricKind.COUNTER,
    "Spans of traces, where they are on: exported; dropped, because too many waited or the process ended; refused, "
    "because the collector was away, too slow or did not take them. Nothing but traces is lost by it.",
    ("outcome",),
)
"""Of every process that traces."""


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
        self._histograms = {
            metric: Histogram(
                metric.name, metric.about, metric.labels, buckets=metric.buckets, registry=self.registry
            )
            for metric in served
            if metric.kind is MetricKind.HISTOGRAM
        }

    def set(self, metric: Metric, value: float, *labels: str) -> None:
        """A gauge's value."""
        gauge = self._gauges[metric]
        (gauge.labels(*labels) if labels else gauge).set(value)

    def count(self, metric: Metric, *labels: str, by: int = 1) -> None:
        """One more."""
        counter = self._counters[metric]
        (counter.labels(*labels) if labels else counter).inc(by)

    def observe(self, metric: Metric, value: float, *labels: str) -> None:
        """One value of a histogram."""
        self.observe_all(metric, (value,), *labels)

    def observe_all(self, metric: Metric, values: Iterable[float], *labels: str) -> None:
        """Values of a histogram with the same labels: to find it by them costs as much as to count a value."""
        histogram = self._histograms[metric]
        if labels:
            histogram = histogram.labels(*labels)
        for value in values:
            histogram.observe(value)

    def begin(self, metric: Metric, *labels: str) -> None:
        """Serve a counter or a histogram from 0: what is first seen at 1 has not grown for Prometheus."""
        (self._histograms.get(metric) or self._counters[metric]).labels(*labels)

    def clear(self, metric: Metric) -> None:
        """Forget a gauge's values, whatever their labels."""
        self._gauges[metric].clear()


class Snapshot(Collector):
    """Gauges of one reading: a scrape sees all of it, or all of the one before. What it does not name is absent."""

    def __init__(self, served: Sequence[Metric]) -> None:
        self._served = served
        self._families: Sequence[GaugeMetricFamily] = ()

    def show(self, values: Iterable[tuple[Metric, Sequence[str], float]]) -> None:
        """The values of a reading: metric, labels, value."""
        families = {metric: _family(metric) for metric in self._served}
        for metric, labels, value in values:
            families[metric].add_metric(labels, value)
        self._families = tuple(families.values())

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """The names."""
        return [_family(metric) for metric in self._served]

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """The last reading."""
        return self._families


def _family(metric: Metric) -> GaugeMetricFamily:
    return GaugeMetricFamily(metric.name, metric.about, labels=metric.labels)
