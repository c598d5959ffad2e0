"""The lag as Prometheus reads it. A whole sample is shown at once, and ages are those of the moment of reading."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from infra.metrics import Metric
from ops.lag.consumer_status import ConsumerStatus
from ops.lag.metrics import (
    DUTY_LAG,
    EARLIEST,
    GROUP_LAG,
    GROUP_LAG_SECONDS,
    GROUP_MAX_LAG,
    GROUP_MAX_LAG_SECONDS,
    GROUP_OFFSET,
    GROUP_STATE,
    GROUP_SUM_LAG,
    GROUP_TOPIC_SUM_LAG,
    LAG_METRICS,
    LATEST,
    MEMBERS,
    RETENTION_HEADROOM,
    SAMPLE_AT,
    SAMPLE_SECONDS,
    STATUS,
)
from ops.lag.sample import LagSample
from ops.lag.watch import LagWatch


class LagCollector(Collector):
    """Shows what a `LagWatch` knows. What is unknown is absent: a number that froze would look like a quiet topic."""

    def __init__(self, watch: LagWatch, clock: Callable[[], datetime]) -> None:
        self._watch = watch
        self._clock = clock

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """The names; so that registering asks for no values."""
        for metric in LAG_METRICS:
            yield GaugeMetricFamily(metric.name, metric.about, labels=metric.labels)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The values of this moment."""
        now, sample = self._clock(), self._watch.sample
        values = _Values()
        values.add(SAMPLE_AT, 0.0 if sample is None else sample.taken_at.timestamp())
        if sample is not None:
            values.add(SAMPLE_SECONDS, self._watch.seconds)
            if self._watch.is_current(now):
                _fill(values, self._watch, sample, now)
        yield from values.families.values()


class _Values:
    """The families of one reading."""

    def __init__(self) -> None:
        self.families: dict[str, GaugeMetricFamily] = {}

    def add(self, metric: Metric, value: float | None, *labels: str) -> None:
        """None: the series is absent."""
        family = self.families.setdefault(
            metric.name, GaugeMetricFamily(metric.name, metric.about, labels=metric.labels)
        )
        if value is not None:
            family.add_metric(labels, value)


def _fill(values: _Values, watch: LagWatch, sample: LagSample, now: datetime) -> None:
    statuses = watch.statuses()
    records: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    seconds: dict[str, list[float]] = defaultdict(list)
    for one in sample.partitions:
        place = (one.group, one.topic, str(one.partition))
        age = watch.lag_seconds(one, now)
        records[one.group][one.topic].append(one.records)
        if age is not None:
            seconds[one.group].append(age)
        values.add(GROUP_OFFSET, one.committed, *place)
        values.add(GROUP_LAG, one.records, *place)
        values.add(GROUP_LAG_SECONDS, age, *place)
        values.add(RETENTION_HEADROOM, watch.headroom_seconds(one, now), *place)
        values.add(LATEST, one.end, *place[1:])
        values.add(EARLIEST, one.first, *place[1:])
        found = statuses.get(one.place)
        for status in ConsumerStatus if found is not None else ():
            values.add(STATUS, float(status is found), *place, status.value)
    for group, topics in records.items():
        values.add(GROUP_MAX_LAG, max(max(each) for each in topics.values()), group)
        values.add(GROUP_SUM_LAG, sum(sum(each) for each in topics.values()), group)
        values.add(GROUP_MAX_LAG_SECONDS, max(seconds[group], default=None), group)
        for topic, each in topics.items():
            values.add(GROUP_TOPIC_SUM_LAG, sum(each), group, topic)
    for group, state in sample.groups.items():
        values.add(GROUP_STATE, 1, group, state.state)
        values.add(MEMBERS, state.members, group)
    values.add(DUTY_LAG, watch.duty_seconds(now))


def registry(watch: LagWatch, clock: Callable[[], datetime]) -> CollectorRegistry:
    """What the process serves."""
    served = CollectorRegistry()
    served.register(LagCollector(watch, clock))
    return served
