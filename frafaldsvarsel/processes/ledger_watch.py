"""What a ledger says of its own work, as metrics and health."""

import time
from collections.abc import Callable
from typing import Final

from infra.health import Health
from infra.metrics import Metrics
from infra.traces import NO_TRACES
from ledger import metrics
from ledger.consume.book_spans import book_spans
from ledger.consume.consumer import TOPICS
from ledger.consume.projected import ANSWERS, Projected

_POSITIONS: Final = "positions"


class LedgerWatch:
    """Told by the ledger."""

    def __init__(self, on_ready: Callable[[], None], *, clock: Callable[[], float] = time.time) -> None:
        """`on_ready` is called each time the positions were read; `clock`: seconds since 1970."""
        self.health = Health(_POSITIONS)
        self.metrics = Metrics(metrics.LEDGER_METRICS)
        self._on_ready = on_ready
        self._clock = clock
        self.traces = NO_TRACES
        for answer in ANSWERS:
            self.metrics.begin(metrics.ANSWER_SECONDS, answer)
        for topic in TOPICS:
            self.metrics.begin(metrics.RECORDS, topic)

    def ready(self) -> None:
        """The positions are read."""
        self.health.set(_POSITIONS, True)
        self._on_ready()

    def lost(self) -> None:
        """They are not any more: a server is away, or a rebalance began."""
        self.health.set(_POSITIONS, False)

    def projected(self, batch: Projected) -> None:
        """A batch was committed."""
        now = self._clock()
        self.metrics.set(metrics.POSITION_AT, now)
        self.metrics.observe(metrics.TRANSACTION_SECONDS, batch.seconds)
        for topic, number in batch.records.items():
            self.metrics.count(metrics.RECORDS, topic, by=number)
        for answer, times in batch.answers.items():
            waited = (max(0.0, now - appended_at.timestamp()) for appended_at in times)
            self.metrics.observe_all(metrics.ANSWER_SECONDS, waited, answer)
        if self.traces.is_on:
            self.traces.tell(book_spans(batch, self.traces))
