"""The auditor as a process: it counts for ever, says when something changes, and heals, but nothing for ever.

What is still missing after a few healings is a fault for people: driving it again would only fill the log of events.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final, NoReturn

import psycopg
from aiokafka.errors import KafkaError

from config.settings import Settings
from frafaldsvarsel.heal import heal
from ops.accounts import Audit, Missing
from ops.audit import audit
from ops.log import Log, LogUnreachable

log = logging.getLogger(__name__)

MOST_HEALINGS: Final = 3


class Healings:
    """How often each missing thing has been driven again."""

    def __init__(self) -> None:
        self._driven: Counter[Missing] = Counter()

    def due(self, missing: Sequence[Missing]) -> list[Missing]:
        """Those that may be driven once more. What is missing no longer is forgotten."""
        self._driven = Counter({one: self._driven[one] for one in missing})
        return [one for one in missing if self._driven[one] < MOST_HEALINGS]

    def count(self, driven: Iterable[Missing]) -> None:
        """Note what was really driven: an attempt that failed is not one."""
        self._driven.update(driven)

    @property
    def given_up(self) -> int:
        """How many will not be driven again."""
        return sum(times >= MOST_HEALINGS for times in self._driven.values())


def once(settings: Settings, grace: timedelta) -> Audit:
    """One audit."""
    counting = Log(settings.kafka)
    try:
        with psycopg.connect(settings.database_url.get_secret_value()) as connection:
            # All hops are counted at one moment, or rows that arrive meanwhile would upset the sums.
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            return audit(counting, connection, grace=grace)
    finally:
        counting.close()


def watch(settings: Settings, *, grace: timedelta, seconds: int, healing: bool) -> NoReturn:
    """Audit every `seconds`; waits, and says so, while Kafka or PostgreSQL cannot be reached."""
    said: tuple[int, int] | None = None
    healings = Healings()
    while True:
        try:
            result = once(settings, grace)
            due = healings.due(result.exceptions)
            if (now := (result.unaccounted, healings.given_up)) != said:
                level = logging.ERROR if result.unaccounted else logging.INFO
                log.log(
                    level,
                    "unaccounted %d, under way %d, given up %d",
                    result.unaccounted,
                    result.under_way,
                    healings.given_up,
                )
                said = now
            if healing and due:
                healings.count(asyncio.run(heal(settings, due)))
        except (psycopg.Error, LogUnreachable, KafkaError, TimeoutError) as error:
            log.warning("waiting; cannot count: %s", type(error).__name__)
        time.sleep(seconds)
