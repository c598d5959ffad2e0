"""The auditor as a process: it counts for ever, says when something changes, and heals, but nothing for ever.

What is still missing after a few healings is a fault for people: driving it again would only fill the log of events.
"""

import asyncio
import logging
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Final, NoReturn

import psycopg
from aiokafka.errors import KafkaError

from config.settings import Settings
from frafaldsvarsel import compose
from frafaldsvarsel.heal import heal
from ops.accounts import Audit, Missing
from ops.audit import audit
from ops.log import Log, LogUnreachable
from ops.notes import Notes
from ops.oracle import Oracle

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
    """One audit. With the setting AUDIT_FILE it reads only what is new since the last one."""
    with auditor(settings) as count:
        return count(grace)


@contextmanager
def auditor(settings: Settings) -> Iterator[Callable[[timedelta], Audit]]:
    """Something that audits again and again, and reads the log once."""
    counting, notes = Log(settings.kafka), Notes(settings.audit_file)

    def count(grace: timedelta) -> Audit:
        oracle = Oracle(compose.reference_dir(settings))
        with psycopg.connect(settings.database_url.get_secret_value()) as connection:
            try:
                return audit(counting, connection, grace=grace, notes=notes, oracle=oracle)
            except sqlite3.OperationalError:
                raise
            except sqlite3.DatabaseError:
                # Damaged under our hands: what it held is on the log, and is read again.
                notes.forget()
                raise

    try:
        yield count
    finally:
        counting.close()
        notes.close()


def watch(settings: Settings, *, grace: timedelta, seconds: int, healing: bool) -> NoReturn:
    """Audit every `seconds`; waits, and says so, while Kafka or PostgreSQL cannot be reached."""
    said: tuple[int, int] | None = None
    healings = Healings()
    with auditor(settings) as count:
        while True:
            try:
                result = count(grace)
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
            except (psycopg.Error, sqlite3.Error, LogUnreachable, KafkaError, TimeoutError) as error:
                log.warning("waiting; cannot count: %s", type(error).__name__)
            time.sleep(seconds)
