"""Offset commits that belong to one generation of the group, and never to the one after it.

aiokafka takes its generation when it sends a request, and tries again by itself. A commit that was begun before a
rebalance could stand under the next generation, and move a partition's offset back (faust.md, 19).
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

from faust.types import TP

from streams.engine.consumer_watchdog import WatchedThread


class ConsumerThread(WatchedThread):
    """Faust's thread, which commits for a generation."""

    async def commit_in(self, generation: int, offsets: Mapping[TP, int]) -> bool:
        """Whether the offsets were committed; not when `generation` is over before the broker is asked."""
        committed: bool = await self.call_thread(self._commit_in, generation, offsets)
        return committed

    async def _commit_in(self, generation: int, offsets: Mapping[TP, int]) -> bool:
        consumer = self._ensure_consumer()
        assignment = consumer._subscription.subscription.assignment
        if assignment is None or consumer._coordinator.generation != generation:
            return False
        commit = asyncio.ensure_future(self._commit(offsets))
        await asyncio.wait({commit, assignment.unassign_future}, return_when=asyncio.FIRST_COMPLETED)
        if not commit.done():
            commit.cancel()
            with suppress(asyncio.CancelledError):
                await commit
            return False
        return commit.result()
