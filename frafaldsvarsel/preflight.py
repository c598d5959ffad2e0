"""Before a process begins: wait for the servers, and say so; refuse to begin where a person must mend something."""

import logging
import time
from collections.abc import Callable, Sequence
from typing import Final

import psycopg

from config.errors import ConfigError, Fault
from config.settings import Settings
from frafaldsvarsel import compose
from ops import topics

log = logging.getLogger(__name__)

_FIRST_WAIT: Final = 0.5
_LONGEST_WAIT: Final = 10.0


def kafka(settings: Settings, *, sleep: Callable[[float], None] = time.sleep) -> None:
    """Return when Kafka answers and has every topic; raises `ConfigError` where one is missing or made otherwise."""
    wait = _FIRST_WAIT
    while True:
        try:
            faults = topics.check(settings.kafka, compose.replication(settings))
            break
        except topics.TopicsUnreachable as error:
            log.warning("waiting: %s", error)
            sleep(wait)
            wait = min(wait * 2, _LONGEST_WAIT)
    judge(faults)


def judge(faults: Sequence[topics.Difference]) -> None:
    """Say how the topics differ; raises `ConfigError` where the promises would not hold."""
    for fault in faults:
        log.warning("%s", fault.sentence)
    if any(fault.fatal for fault in faults):
        raise ConfigError(
            [Fault(fault.sentence) for fault in faults if fault.fatal]
            + [Fault("Mend the topics first: frafaldsvarsel topics apply makes those that are missing.")]
        )


def postgres(settings: Settings, *, sleep: Callable[[float], None] = time.sleep) -> None:
    """Return when PostgreSQL answers."""
    wait = _FIRST_WAIT
    while True:
        try:
            psycopg.connect(settings.database_url.get_secret_value(), connect_timeout=10).close()
            return
        except psycopg.OperationalError:
            log.warning("waiting: PostgreSQL does not answer.")
            sleep(wait)
            wait = min(wait * 2, _LONGEST_WAIT)
