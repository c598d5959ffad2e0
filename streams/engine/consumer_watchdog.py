"""Checks aiokafka's consumer every second, in the consumer's own thread. Faust never checks it."""

import asyncio
from typing import Final

from infra.consumer_health import check_consumer
from streams.engine.fail_stop import fail_stop
from streams.engine.fetch_wait import FetchingThread
from streams.watch import StreamWatch

_SECONDS: Final = 1.0


class WatchedThread(FetchingThread):
    """Faust's thread. If its consumer has stopped working, the process ends (faust.md, 22)."""

    _watching: asyncio.Task[None] | None = None

    async def on_start(self) -> None:
        """Start the consumer and the check."""
        await super().on_start()
        self._watching = asyncio.create_task(self._watch(), name="consumer watchdog")

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_SECONDS)
            if self.should_stop or self.app.should_stop:
                return
            try:
                self._check()
            except Exception as error:
                fail_stop("the engine's consumer", error)

    def _check(self) -> None:
        consumer = self._ensure_consumer()
        check_consumer(consumer)
        watch: StreamWatch = self.app.watch  # type: ignore[attr-defined]  # of our own application
        watch.coordinator(consumer._coordinator.coordinator_id is not None)
        # aiokafka waits until somebody takes this error. Faust does so while it fetches, and not in a rebalance.
        failure = consumer._coordinator._pending_exception
        if failure is not None:
            raise failure
