"""What a worker says of itself, as metrics and health."""

import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from config.topics import Topic
from infra.health import Health
from infra.metrics import Metrics
from infra.traces import NO_TRACES
from models.events.event_types import InputTopic
from streams import metrics
from streams.tally import StepTally

_PARTITIONS: Final = "partitions"
_COORDINATOR: Final = "the group's coordinator"
_LOOK_SECONDS: Final = 60.0
_TOPICS: Final = (*map(str, InputTopic), str(Topic.PERSON_EVENTS))


class WorkerWatch:
    """A `streams.watch.StreamWatch`."""

    def __init__(
        self,
        on_assigned: Callable[[frozenset[tuple[str, int]]], None],
        *,
        sealed_until: Callable[[datetime], datetime],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`on_assigned` is called with the partitions at every assignment; `clock`: seconds since 1970.

        `sealed_until` says of a moment when the first month begins that no key seals.
        """
        self.health = Health(_PARTITIONS, _COORDINATOR)
        self.metrics = Metrics(metrics.WORKER_METRICS)
        self._on_assigned = on_assigned
        self._sealed_until = sealed_until
        self._clock = clock
        self._looked_at = 0.0
        self.traces = NO_TRACES
        self._hold(frozenset())

    def turned(self) -> None:
        """See `StreamWatch`; so the others."""
        self.health.turn()
        if (now := self._clock()) - self._looked_at >= _LOOK_SECONDS:
            self._looked_at = now
            until = self._sealed_until(datetime.fromtimestamp(now, UTC))
            self.metrics.set(metrics.SEALED_UNTIL, until.timestamp())

    def assigned(self, partitions: frozenset[tuple[str, int]]) -> None:
        """A worker to whom no partition fell is as ready as the others: it waits for one of them to end."""
        self._hold(partitions)
        self.health.set(_PARTITIONS, True)
        self._on_assigned(partitions)

    def revoked(self) -> None:
        self._hold(frozenset())
        self.health.set(_PARTITIONS, False)

    def coordinator(self, known: bool) -> None:
        self.health.set(_COORDINATOR, known)

    def committed(self) -> None:
        self.metrics.set(metrics.COMMIT_AT, self._clock())

    def tally(self, step: str, tally: StepTally, seconds: float | None) -> None:
        for (outcome, reason), number in tally.records.items():
            self.metrics.count(metrics.RECORDS, step, outcome, reason, by=number)
        for (outcome, reason), number in tally.decisions.items():
            self.metrics.count(metrics.DECISIONS, outcome, reason, by=number)
        if tally.people is not None:
            self.metrics.set(metrics.PEOPLE, tally.people)
        if seconds is not None:
            self.metrics.observe(metrics.BATCH_SECONDS, seconds, step)
        if tally.spans:
            self.traces.tell(tally.spans)

    def _hold(self, partitions: frozenset[tuple[str, int]]) -> None:
        held = Counter(topic for topic, _ in partitions)
        for topic in _TOPICS:
            self.metrics.set(metrics.PARTITIONS, held[topic], topic)
