"""Looks at the lag again and again; waits, and says so, while Kafka cannot be reached."""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Final

from config.kafka import KafkaSettings
from ops.audit.consumer_groups import READS
from ops.lag.group_states import group_states
from ops.lag.log_reader import LagReader, LagUnknown
from ops.lag.sample import LagSample
from ops.lag.watch import LagWatch

log = logging.getLogger(__name__)
_SAY_AGAIN: Final = 60.0
"""Seconds between two lines about the same outage."""


async def look(kafka: KafkaSettings, reader: LagReader, clock: Callable[[], datetime]) -> LagSample:
    """One sample; raises `LagUnknown`."""
    states = await group_states(kafka, READS)
    kept = await asyncio.to_thread(reader.kept)
    partitions = await asyncio.to_thread(reader.look)
    return LagSample(taken_at=clock(), partitions=partitions, groups=states, kept=kept)


async def keep_looking(
    kafka: KafkaSettings,
    watch: LagWatch,
    stop: asyncio.Event,
    clock: Callable[[], datetime],
    answered: Callable[[bool], None],
) -> None:
    """A sample each interval until `stop`; `answered` is told whether Kafka gave one."""
    reader, said_at = LagReader(kafka, READS), -_SAY_AGAIN
    try:
        while not stop.is_set():
            began = time.monotonic()
            try:
                sample = await look(kafka, reader, clock)
            except LagUnknown as error:
                answered(False)
                if time.monotonic() - said_at >= _SAY_AGAIN:
                    log.warning("the lag is unknown: %s", error)
                    said_at = time.monotonic()
            else:
                watch.take(sample, time.monotonic() - began)
                answered(True)
                said_at = -_SAY_AGAIN
            rest = watch.interval.total_seconds() - (time.monotonic() - began)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), max(0.1, rest))
    finally:
        reader.close()
