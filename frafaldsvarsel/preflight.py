"""Before a process begins: wait for the servers, and say so; refuse to begin where a person must mend something."""

import logging
import time
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from config.errors import ConfigError, Fault
from config.kafka import KafkaSettings
from config.sections.servers import ReplicationSection
from config.sections.stream_keys import StreamKeySection
from frafaldsvarsel.wiring import common as common_wiring
from infra import topic_admin

log = logging.getLogger(__name__)

ServerAnswer = TypeVar("ServerAnswer")

_FIRST_WAIT: Final = 0.5
_LONGEST_WAIT: Final = 10.0


def kafka(
    settings: KafkaSettings,
    copies: ReplicationSection,
    stream: StreamKeySection | None,
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Return when Kafka answers and has every topic; raises `ConfigError` where one is missing or made otherwise.

    `stream` is None for a process that holds no key of the stream.
    """
    made, required = (
        common_wiring.replication(copies),
        stream is not None and stream.mac_required,
    )
    faults = wait_for(lambda: topic_admin.check(settings, made, mac_required=required), sleep)
    judge(faults)


def judge(faults: Sequence[topic_admin.TopicDifference]) -> None:
    """Say how the topics differ; raises `ConfigError` where the promises would not hold."""
    for fault in faults:
        log.warning("%s", fault.sentence)
    if any(fault.fatal for fault in faults):
        raise ConfigError(
            [Fault(fault.sentence) for fault in faults if fault.fatal]
            + [
                Fault(
                    "Mend the topics first: frafaldsvarsel topics apply makes those that are missing, and gives "
                    "the others the brokers' clock where MACs are required."
                )
            ]
        )


class Away(Exception):
    """A server does not answer; the message says which."""


def wait_for(ask: Callable[[], ServerAnswer], sleep: Callable[[float], None]) -> ServerAnswer:
    """Ask until a server answers, at longer and longer intervals, and say each time that it does not."""
    wait = _FIRST_WAIT
    while True:
        try:
            return ask()
        except (topic_admin.TopicsUnreachable, Away) as error:
            log.warning("waiting: %s", error)
        sleep(wait)
        wait = min(wait * 2, _LONGEST_WAIT)
