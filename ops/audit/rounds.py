"""One audit after another: count, show, say what has changed, redrive, and give a heartbeat while all holds."""

import logging
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import psycopg
from aiokafka.errors import KafkaError

from infra.metrics import Metrics
from ops.audit import metrics
from ops.audit.heartbeat import Heartbeat, HeartbeatFailed
from ops.audit.kafka_log import LogUnreachable
from ops.audit.metrics_export import show
from ops.audit.report import CHECK_OF, AuditReport, GapKind, Missing

log = logging.getLogger(__name__)


_GAPS: Final = frozenset(GapKind)
AWAY: Final = (psycopg.Error, sqlite3.Error, LogUnreachable, KafkaError, TimeoutError)


RunAudit = Callable[[timedelta], AuditReport]


Redrive = Callable[[Sequence[Missing]], list[Missing]]
"""Drives again what it can of them, remembers it, and returns it."""


def drive_nothing(due: Sequence[Missing]) -> list[Missing]:
    """For an audit that only looks."""
    return []


class Rounds:
    """One round after another: count, show, say what has changed, redrive, and give a heartbeat while all holds."""

    def __init__(
        self,
        *,
        redrive: Redrive = drive_nothing,
        heartbeat: Heartbeat,
        shown: Metrics,
        canary_within: timedelta | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`canary_within`: how old the last canary that came home may be; None: none is expected."""
        self.redriven: Counter[tuple[str, str]] = Counter()
        """Every redrive of this process by check and cause. A run without faults must need none."""
        self._redrive = redrive
        self._heartbeat = heartbeat
        self._shown = shown
        self._said: tuple[object, ...] | None = None
        self._canary_within = canary_within
        self._clock = clock
        self._since = clock()
        shown.set(metrics.HEARTBEAT_AT, self._since.timestamp() if heartbeat.is_set else 0)
        for lack, hop in CHECK_OF.items():
            # Of a series that begins with a redrive, Prometheus could not say that it has grown.
            shown.count(metrics.HEALINGS, hop.value, lack.value, by=0)

    def round(self, count: RunAudit, grace: timedelta) -> AuditReport | None:
        """One round; None when nothing could be counted, and then no heartbeat is sent either."""
        began = time.monotonic()
        try:
            result = count(grace)
            show(self._shown, result, seconds=time.monotonic() - began, at=time.time())
            due = due_of(result)
            self._say(result)
            if due:
                self._drive(self._redrive(due))
        except AWAY as error:
            log.warning("waiting; cannot count: %s", type(error).__name__)
            self._shown.count(metrics.FAILURES)
            return None
        self._shown.set(metrics.GIVEN_UP, _given_up(result))
        canary_is_home = self._canary_is_home(result.canary_home_at)
        if result.unaccounted == 0 and canary_is_home and not result.stuck:
            self._beat()
        return result

    def _canary_is_home(self, home_at: datetime | None) -> bool:
        """Whether the last canary came home in time; before the first one there is no sign of life."""
        if self._canary_within is None:
            return True
        age = self._clock() - (self._since if home_at is None else home_at)
        self._shown.set(metrics.CANARY_AGE, age.total_seconds())
        return home_at is not None and age <= self._canary_within

    def _drive(self, driven: list[Missing]) -> None:
        for cause, number in metrics.causes(driven).items():
            self.redriven[cause] += number
            self._shown.count(metrics.HEALINGS, *cause, by=number)
            log.error("redriven: %s: %s: %d records; find out why", *cause, number)

    def _say(self, result: AuditReport) -> None:
        causes = metrics.causes(result.exceptions)
        away = not self._canary_is_home(result.canary_home_at)
        stuck = [f"{one.topic}/{one.partition}" for one in result.stuck]
        now = (result.unaccounted, _given_up(result), tuple(causes.items()), away, tuple(stuck))
        if now == self._said:
            return
        self._said = now
        log.log(
            logging.ERROR if result.unaccounted or stuck else logging.WARNING if away else logging.INFO,
            "unaccounted %d, under way %d, given up %d, redriven so far %d%s%s%s",
            result.unaccounted,
            result.under_way,
            _given_up(result),
            self.redriven.total(),
            "; no canary has come home in time" if away else "",
            f"; work waits, and nothing moves in {', '.join(stuck)}" if stuck else "",
            "".join(f"; {hop}: {what}: {number}" for (hop, what), number in causes.items()),
        )

    def _beat(self) -> None:
        try:
            if self._heartbeat.beat():
                self._shown.set(metrics.HEARTBEAT_AT, time.time())
        except HeartbeatFailed as error:
            log.warning("heartbeat: %s", error)
            self._shown.count(metrics.HEARTBEAT_FAILURES)


def due_of(result: AuditReport) -> list[Missing]:
    """What may be driven again: a gap that was not yet."""
    return [one for one in result.exceptions if one.what in _GAPS and not one.redriven]


def _given_up(result: AuditReport) -> int:
    """What was driven again and is missing all the same."""
    return sum(one.redriven is True for one in result.exceptions)
