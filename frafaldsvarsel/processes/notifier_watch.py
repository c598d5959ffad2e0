"""What a notifier says of its own work, as metrics and health."""

from collections.abc import Iterable
from typing import Final

from infra.health import Health
from infra.metrics import Metrics
from infra.traces import NO_TRACES
from models.notifications.delivery import Channel, SendOutcome
from notifiers import metrics
from notifiers.delivery_spans import delivery_span
from notifiers.told import Attempted, Hearers

_DATABASE: Final = "database"
_LOST: Final = "lost"


class NotifierWatch:
    """Told by the notifier's runs."""

    def __init__(self, channels: Iterable[Channel]) -> None:
        self.traces = NO_TRACES
        self.health = Health(_DATABASE)
        self.metrics = Metrics(metrics.NOTIFIER_METRICS)
        for channel in channels:
            self.metrics.begin(metrics.HANDED_OVER_SECONDS, channel)
            self._way_out(channel, True)

    @property
    def told(self) -> Hearers:
        """What a run of the notifier is handed."""
        return Hearers(
            attempted=self._attempted,
            expired=self._expired,
            way_out=self._way_out,
            database=self.database,
            traced=self.traces.is_on,
        )

    def database(self, answers: bool) -> None:
        """Whether it has its database."""
        self.health.set(_DATABASE, answers)

    def _attempted(self, attempt: Attempted) -> None:
        status = attempt.status or _LOST
        self.metrics.count(metrics.ATTEMPTS, attempt.channel, attempt.outcome, status)
        if attempt.outcome is SendOutcome.DELIVERED:
            self.metrics.observe(metrics.HANDED_OVER_SECONDS, max(0.0, attempt.seconds), attempt.channel)
        if self.traces.is_on and (span := delivery_span(attempt, self.traces)) is not None:
            self.traces.tell([span])

    def _expired(self, number: int) -> None:
        self.metrics.count(metrics.EXPIRED, by=number)

    def _way_out(self, channel: Channel, is_open: bool) -> None:
        self.metrics.set(metrics.WAY_OUT, float(is_open), channel)
