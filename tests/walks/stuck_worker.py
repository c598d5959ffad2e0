"""``python -m tests.walks.stuck_worker``: a worker that never gets one partition from its client library.

Such faults of the engine are known (docs/faust.md). The service reads beside the engine what it does not deliver for
some minutes; that is taken away here too, or the partition would come on again by itself.
"""

import asyncio
import sys
from collections.abc import Collection, Mapping
from typing import Any, Final

from aiokafka.consumer.fetcher import Fetcher
from aiokafka.structs import TopicPartition

from config.topics import Topic
from frafaldsvarsel.commands import main
from streams.batch_driver import BatchDriver
from tests.faults.planted_bugs.replace import replace_attribute

STUCK: Final = (str(Topic.PERSON_EVENTS), 3)


def stick() -> None:
    """From now on the client asks for every partition but one."""
    real = Fetcher.fetched_records

    async def fetched(
        fetcher: Any, partitions: Collection[TopicPartition], *much: Any, **more: Any
    ) -> Mapping[TopicPartition, Any]:
        others = [one for one in partitions if (one.topic, one.partition) != STUCK]
        if partitions and not others:  # none would mean all
            await asyncio.sleep(0.2)
            return {}
        found: Mapping[TopicPartition, Any] = await real(fetcher, others, *much, **more)
        return found

    async def nothing(_: BatchDriver) -> None:
        """What lies behind the engine is not looked at."""

    replace_attribute(Fetcher, "fetched_records", fetched)
    replace_attribute(BatchDriver, "_process_rests", nothing)


if __name__ == "__main__":
    stick()
    sys.argv = ["frafaldsvarsel", "worker"]
    main()
