"""Commits offsets in the generation of the group in which the commit began, or not at all.

aiokafka reads its generation when it sends a request, and retries by itself. A commit that began before a rebalance
could be sent under the next generation and move a partition's offset back (faust.md, 19).
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

from faust.types import TP

from streams.engine.consumer_watchdog import WatchedThread


class ConsumerThread(WatchedThread):
    """Faust's thread, with a commit for one generation."""

    async def commit_in(self, generation: int, offsets: Mapping[TP, int]) -> bool:
        """Commit; returns False, also if `generation` ended before the request was sent."""
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
