"""One look at the consumer groups, as the lag process takes it."""

import asyncio
import time
from collections.abc import Callable
from datetime import datetime
from typing import Final

from config.kafka import KafkaSettings
from doctor.side_by_side import NotSeen
from ops.audit.consumer_groups import READS
from ops.lag.log_reader import LagReader, LagUnknown
from ops.lag.run import look
from ops.lag.sample import LagSample

_AGAIN_WITHIN: Final = 4.0
"""A refusal that comes so soon is asked again: a group's coordinator moves, or is just being made. Silence is not."""
_PAUSE: Final = 0.5


def one_look(kafka: KafkaSettings, clock: Callable[[], datetime]) -> LagSample:
    """A sample; raises `NotSeen`."""
    reader, began = LagReader(kafka, READS), time.monotonic()
    try:
        while True:
            try:
                return asyncio.run(look(kafka, reader, clock))
            except LagUnknown as error:
                if time.monotonic() - began > _AGAIN_WITHIN:
                    raise NotSeen(str(error)) from None
            time.sleep(_PAUSE)
    finally:
        reader.close()
