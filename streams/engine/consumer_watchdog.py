"""Looks after aiokafka's consumer, in its own thread: the engine asks it for records alone, and never how it is."""

import asyncio
from typing import Final

from faust.transport.drivers import aiokafka as driver

from infra.consumer_health import check_consumer
from streams.engine.fail_stop import fail_stop

_SECONDS: Final = 1.0


class WatchedThread(driver.AIOKafkaConsumerThread):
    """Faust's thread. Where its consumer does nothing any more, the process ends (faust.md, 22)."""

    _watching: asyncio.Task[None] | None = None

    async def on_start(self) -> None:
        """Start the consumer, and look after it."""
        await super().on_start()
        self._watching = asyncio.create_task(self._watch(), name="watching the consumer")

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_SECONDS)
            if self.should_stop or self.app.should_stop:
                return
            try:
                self._look()
            except Exception as error:
                fail_stop("the engine's consumer", error)

    def _look(self) -> None:
        consumer = self._ensure_consumer()
        check_consumer(consumer)
        # It waits until somebody takes the failure from it. The engine does while it fetches, and not in a rebalance.
        failure = consumer._coordinator._pending_exception
        if failure is not None:
            raise failure
