"""One look at the consumer groups, as the lag process takes it."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from config.kafka import KafkaSettings
from doctor.side_by_side import NotSeen
from ops.audit.consumer_groups import READS
from ops.lag.log_reader import LagReader, LagUnknown
from ops.lag.run import look
from ops.lag.sample import LagSample


def one_look(kafka: KafkaSettings, clock: Callable[[], datetime]) -> LagSample:
    """A sample; raises `NotSeen`."""
    reader = LagReader(kafka, READS)
    try:
        return asyncio.run(look(kafka, reader, clock))
    except LagUnknown as error:
        raise NotSeen(str(error)) from None
    finally:
        reader.close()
